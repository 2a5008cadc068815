"""The shapes of JSON answers, as OpenAPI documents them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from processors.numbers.numbers import By, Division, Metric
from processors.programs.program import Visibility
from processors.programs.states import Status


class FreshAnswer(BaseModel):
    """What stands beside every answer."""

    as_of: datetime | None = Field(description="event time up to which everything is in; null before the first event")
    lag_seconds: float | None = Field(description="now minus as_of")
    gaps: int = Field(description="stretches of the stream that are known to be missing")


class SessionAnswer(BaseModel):
    start: datetime
    end: datetime = Field(description="exclusive")
    title: str


class ProgramAnswer(BaseModel):
    slug: str
    title: str
    sessions: list[SessionAnswer]
    wikis: list[str] = Field(description="server names and families such as *.wikisource.org")
    open: bool = Field(description="everyone counts, not only participants")
    participants: int


class ProgramsAnswer(FreshAnswer):
    programs: list[ProgramAnswer]


class NumbersAnswer(BaseModel):
    edits: int
    bytes_added: int = Field(description="sum of positive differences")
    bytes_removed: int = Field(description="sum of negative differences, as a positive number")
    bytes_net: int
    bytes_absolute: int
    articles_created: int
    articles_edited: int = Field(description="distinct live pages, whoever edited them")
    uploads: int = Field(description="new files, not new versions")
    reverted: int = Field(description="counted edits that were reverted")
    wikidata_actions: int = Field(description="counted edits of Wikidata whose summary says what they did")
    pages_proofread: int
    pages_validated: int
    points: float = Field(description="by the program's rules")
    last_edit_at: datetime | None


class _People(BaseModel):
    editors: int = Field(description="users with a contribution")
    new_editors: int = Field(description="with an account made shortly before the program or during it")
    temporary_editors: int = Field(description="with temporary accounts")


class _Participants(_People):
    participants: int = Field(description="enrolled users; of an open program, those who have contributed")
    new_editors: int = Field(description="participants with an account made shortly before the program or during it")


class TotalsAnswer(NumbersAnswer, _Participants):
    """Numbers as a whole."""


class _Subject(BaseModel):
    rank: int
    user: str | None = Field(None, description="by user: the name, or a pseudonym")
    hidden: bool | None = Field(None, description="by user: it is a pseudonym, and last_edit_at is kept back")
    team: str | None = Field(None, description="by user and by team; empty: no team")
    wiki: str | None = Field(None, description="by wiki and by article")
    title: str | None = Field(None, description="by article")
    editors: int | None = Field(None, description="by team, wiki and article: how many users")


class StandingAnswer(NumbersAnswer, _Subject):
    """A line. What says whose it is depends on what the board is by."""


class GoalAnswer(BaseModel):
    metric: str
    target: int
    reached: float
    share: float = Field(description="reached / target; 1: reached")


class LeaderboardAnswer(FreshAnswer):
    program: str
    title: str
    metric: Metric
    by: By
    totals: TotalsAnswer
    goals: list[GoalAnswer]
    standings: list[StandingAnswer]
    quiet: list[str] = Field(description="where nothing counts yet: why, in sentences")


class ProgramViewAnswer(ProgramAnswer, FreshAnswer):
    timezone: str
    visibility: Visibility
    version: int = Field(description="grows with every decision about the program")
    status: Status
    teams: list[str]
    hashtags: list[str]
    campaigns: list[str]
    goals: dict[str, int]
    points: dict[str, float]
    rules: list[str] = Field(description="what counts, in sentences")
    results: list[str] = Field(description="names of frozen results, the newest first")


class _Key(_People):
    key: str
    title: str


class PartAnswer(NumbersAnswer, _Key):
    """A part of a program's contributions."""


class StatisticsAnswer(FreshAnswer):
    program: str
    title: str
    by: Division
    totals: TotalsAnswer
    parts: list[PartAnswer]


class ResultAnswer(BaseModel):
    program: str
    name: str
    result_as_of: datetime = Field(description="the moment whose numbers it holds")
    frozen_at: datetime
    digest: str = Field(description="SHA-256 of what is stored, with real names")
    intact: bool = Field(description="what is stored has that digest")
    metric: Metric
    totals: TotalsAnswer


class ResultsAnswer(FreshAnswer):
    results: list[ResultAnswer]


class ThenNowAnswer(BaseModel):
    then: float
    now: float


class ChangeAnswer(BaseModel):
    user: str
    hidden: bool
    then: bool = Field(description="had a line in the result")
    now: bool = Field(description="has a line now")
    numbers: dict[str, ThenNowAnswer] = Field(description="those that are not the same")


class ComparisonAnswer(ResultAnswer, FreshAnswer):
    standings: list[StandingAnswer]
    live_totals: TotalsAnswer
    changes: list[ChangeAnswer]


class CampaignAnswer(BaseModel):
    campaign: str
    programs: list[ProgramAnswer] = Field(description="public ones")
    unlisted_programs: int = Field(description="how many take part without being named")


class CampaignsAnswer(FreshAnswer):
    campaigns: list[CampaignAnswer]


class CampaignBoardAnswer(CampaignAnswer, FreshAnswer):
    metric: Metric
    by: By
    totals: TotalsAnswer
    standings: list[StandingAnswer]


class HealthAnswer(FreshAnswer):
    ok: bool
    detail: str
    version: str


class ProblemAnswer(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
