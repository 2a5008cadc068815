"""The shapes of explanations in JSON, as OpenAPI documents them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.models import FreshAnswer
from processors.facts.facts import ActionKind
from processors.judging.judge import Verdict
from processors.why.unseen import Missing


class SentencesAnswer(FreshAnswer):
    program: str
    title: str
    sentences: list[str]


class CheckAnswer(BaseModel):
    reason: Verdict = Field(description="why it would not count")
    holds: bool = Field(description="the test speaks against the edit")
    detail: str = Field(description="a sentence with the data that decided")


class ExplainedEdit(BaseModel):
    user: str | None = Field(description="as it was called then; null: nameless")
    user_now: str | None
    occurred_at: datetime
    page: str = Field(description="title at the time")
    page_now: str
    namespace: int = Field(description="of page_now")
    byte_delta: int | None
    url: str


class ExplanationAnswer(FreshAnswer):
    program: str
    title: str
    wiki: str
    rev_id: int
    verdict: Verdict = Field(description="counted, or the first reason that holds")
    reason: str = Field(description="the same in a sentence")
    missing: Missing | None = Field(description="of not_seen: what kind of not seen; else null")
    edit: ExplainedEdit | None = Field(description="null for not_seen")
    checks: list[CheckAnswer] = Field(description="every test in order")
    history: list[str] = Field(description="what became of the page since")


class EntryAnswer(BaseModel):
    wiki: str
    kind: ActionKind
    rev_id: int = Field(description="revision; of an upload, the id of its log entry")
    occurred_at: datetime
    page: str
    namespace: int
    byte_delta: int | None = Field(description="null: not known, credits nothing")
    verdict: Verdict


class SumAnswer(BaseModel):
    verdict: Verdict
    edits: int
    uploads: int
    bytes_added: int = Field(description="sum of positive differences")


class TotalAnswer(BaseModel):
    edits: int
    uploads: int
    bytes_added: int


class EntryAroundAnswer(BaseModel):
    wiki: str
    rev_id: int
    occurred_at: datetime
    page: str


class AroundAnswer(BaseModel):
    """The nearest actions, where there is none while the program runs."""

    before: EntryAroundAnswer | None
    after: EntryAroundAnswer | None


class ParticipantAnswer(FreshAnswer):
    program: str
    title: str
    user: str = Field(description="what they are called now")
    names: list[str] = Field(description="every name that they had")
    enrolled: bool
    team: str
    rank: int | None = Field(description="on the board by bytes added; null: no contribution")
    sums: list[SumAnswer] = Field(description="by verdict; together they are total")
    total: TotalAnswer = Field(description="all that was seen from the first session's start to the last one's end")
    entries: list[EntryAnswer] = Field(description="every edit and upload, oldest first")
    around: AroundAnswer
    nearest: list[str] = Field(description="names most like this one, where nothing was ever seen of it")


class LedgerLineAnswer(BaseModel):
    at: datetime = Field(description="when the books changed")
    user: str
    wiki: str
    kind: ActionKind
    rev_id: int
    page: str = Field(description="where it was by then")
    byte_delta: int | None
    before: Verdict | None = Field(description="null: the entry is new")
    verdict: Verdict | None = Field(description="from then on; null: taken out of the books")
    cause: str = Field(description="what brought it about, in words")
    caused_at: datetime | None
    cause_kind: str
    cause_id: str = Field(description="of the event of the stream, or of the decision")


class LedgerAnswer(FreshAnswer):
    program: str
    title: str
    lines: list[LedgerLineAnswer] = Field(description="newest first")
