"""The shapes of JSON answers, as OpenAPI documents them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from processors.ports import Metric


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


class TotalsAnswer(BaseModel):
    participants: int
    editors: int = Field(description="participants with a contribution")
    edits: int
    bytes_added: int
    bytes_removed: int
    bytes_net: int
    bytes_absolute: int
    articles_created: int
    articles_edited: int = Field(description="distinct live pages, whoever edited them")
    last_edit_at: datetime | None


class StandingAnswer(BaseModel):
    rank: int
    user: str
    team: str
    edits: int
    bytes_added: int = Field(description="sum of positive differences")
    bytes_removed: int = Field(description="sum of negative differences, as a positive number")
    bytes_net: int
    bytes_absolute: int
    articles_created: int
    articles_edited: int
    last_edit_at: datetime | None


class LeaderboardAnswer(FreshAnswer):
    program: str
    title: str
    metric: Metric
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
