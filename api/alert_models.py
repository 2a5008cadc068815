"""The shapes of what is sent to and answered by the API of alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from api.models import FreshAnswer
from api.program_models import ReasonBody
from processors.alerts.alerts import AlertKind, AlertState


class StepAnswer(BaseModel):
    state: AlertState
    at: datetime = Field(description="when it happened on the wiki")
    user: str = Field(description="who did it; empty: nobody with a name, or hidden")
    rev_id: int | None
    url: str = Field(description="of that revision; empty: none")
    detail: str = Field(description="for people: the category, the summary, where the page went")


class SeenAnswer(BaseModel):
    by: str
    at: datetime


class AlertAnswer(BaseModel):
    alert_id: str = Field(description="32 hexadecimal digits")
    program: str
    kind: AlertKind
    state: AlertState = Field(description="that of the last step")
    live: bool = Field(description="somebody may want to do something about it")
    phrase: str = Field(description="what it says of the page: tagged for speedy deletion")
    wiki: str = Field(description="server name; empty: about no wiki")
    title: str = Field(description="the page, where it is now; empty: about none")
    url: str
    users: list[str] = Field(description="participants concerned; hidden names are pseudonyms")
    opened_at: datetime
    changed_at: datetime
    acknowledged: SeenAnswer | None = Field(description="who has seen it as it is; a later step undoes it")
    muted: bool
    steps: list[StepAnswer] = Field(description="in order")


class FeedAnswer(FreshAnswer):
    title: str
    alerts: list[AlertAnswer] = Field(description="what changed last first")
    counts: dict[str, int] = Field(description="by kind, also of kinds that were not asked for")
    acknowledged: int = Field(description="how many were acknowledged; state=live leaves them out")
    muted: int = Field(description="how many are muted; state=live leaves them out")
    next: str | None = Field(description="send it as cursor for the alerts that follow; null: these were all")


class MuteBody(ReasonBody):
    alert: str | None = Field(default=None, description="an alert_id")
    kind: AlertKind | None = None
    page: Annotated[str, Field(max_length=300)] | None = Field(default=None, description="prefixed title")
    wiki: str = Field(default="", description="of page: en.wikipedia.org; empty: every wiki")
    until: AwareDatetime | None = Field(default=None, description="null: until somebody decides otherwise")
    muted: bool = Field(default=True, description="false: it is heard again")

    @model_validator(mode="after")
    def _one_thing(self) -> MuteBody:
        if [self.alert, self.kind, self.page].count(None) != 2:
            raise ValueError("name one of alert, kind and page")
        return self
