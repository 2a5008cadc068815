"""The shapes of what is sent to and answered by the API of program events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.models import FreshAnswer


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReasonBody(Body):
    reason: str = Field(default="", max_length=1000, description="why: it stays in the history")


class JoinBody(Body):
    user: str = Field(max_length=255)
    team: str = Field(default="", max_length=255)
    since: AwareDatetime | None = Field(default=None, description="null: it counts back to the first session")


class ParticipantBody(Body):
    team: str | None = Field(default=None, max_length=255, description="null: as it is; empty: none")
    hidden: bool | None = Field(default=None, description="show a pseudonym; null: as it is")


class ExclusionBody(ReasonBody):
    user: str | None = None
    page: str | None = None
    rev_id: int | None = Field(default=None, ge=1, lt=2**63)
    wiki: str = Field(default="", description="of page or rev_id: en.wikipedia.org")
    excluded: bool = Field(default=True, description="false: it counts again")

    @model_validator(mode="after")
    def _one_thing(self) -> ExclusionBody:
        if [self.user, self.page, self.rev_id].count(None) != 2:
            raise ValueError("name one of user, page and rev_id")
        if self.rev_id is not None and not self.wiki:
            raise ValueError("rev_id needs wiki beside it")
        return self


class FreezeBody(ReasonBody):
    name: str = Field(max_length=255, description="what the result is called: final")
    as_of: AwareDatetime | None = Field(default=None, description="null: now")


class CloneBody(Body):
    slug: str = Field(description="of the copy")
    changes: dict[str, Any] = Field(default={}, description="keys of a definition with what is to stand there instead")


class MergeBody(ReasonBody):
    into: str = Field(description="slug of the program that stays")


class EventAnswer(BaseModel):
    event_id: str
    program: str
    version: int
    kind: str
    recorded_at: datetime
    actor: str
    reason: str
    sentences: list[str]


class ProgramNowAnswer(BaseModel):
    slug: str
    version: int
    status: str


class CarriedAnswer(FreshAnswer):
    programs: list[ProgramNowAnswer] = Field(description="those concerned, as they are now")
    events: list[EventAnswer] = Field(description="receipts; empty where all was so already")


class EnrolmentAnswer(BaseModel):
    program: str
    user: str
    event_id: str | None = Field(description="null: they took part already")
    since: datetime | None = Field(description="null: from the first session on")
    already: bool
    note: str = Field(description="organiser: they run the program too")


class EnrolledAnswer(CarriedAnswer):
    enrolments: list[EnrolmentAnswer]


class HistoryAnswer(FreshAnswer):
    program: str
    events: list[EventAnswer] = Field(description="the newest last")


class PreviewExampleAnswer(BaseModel):
    wiki: str
    title: str
    user: str
    rev_id: int
    occurred_at: datetime
    byte_delta: int | None
    before: str | None = Field(description="verdict; null: it was not looked at")
    after: str | None = Field(description="verdict; null: it would not be looked at")


class PreviewReasonAnswer(BaseModel):
    verdict: str | None
    contributions: int


class AmountsAnswer(BaseModel):
    edits: int
    uploads: int
    editors: int
    pages: int
    bytes_added: int


class PreviewHalfAnswer(AmountsAnswer):
    reasons: list[PreviewReasonAnswer]
    examples: list[PreviewExampleAnswer]


class PreviewAnswer(BaseModel):
    program: str
    now: AmountsAnswer
    plus: PreviewHalfAnswer
    minus: PreviewHalfAnswer
    warnings: list[str]
    notes: list[str]
    needs_confirmation: bool


class PreviewsAnswer(FreshAnswer):
    previews: list[PreviewAnswer]
