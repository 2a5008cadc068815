"""The shapes of what is sent to and answered by the API of webhooks."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.models import FreshAnswer
from api.program_models import Body
from processors.alerts.alerts import AlertKind
from processors.alerts.subscriptions import Format


class WebhookBody(Body):
    url: str = Field(max_length=2048, description="https://…; mailto:… for e-mail")
    kinds: list[AlertKind] = Field(default=[], description="kinds of alerts; empty: all")
    format: Format = Format.STANDARD


class ReplayBody(Body):
    messages: list[str] = Field(default=[], max_length=1000, description="ids of dead letters; empty: all")


class WebhookAnswer(BaseModel):
    id: str
    program: str | None
    campaign: str | None
    kinds: list[str] = Field(description="empty: all")
    format: str
    url: str = Field(description="of a chat, cut: it is a secret")
    state: str = Field(description="active or ended")
    ended_because: str = Field(description="gone: the endpoint answered 410")
    created_at: datetime
    created_by: str
    former_secret_until: datetime | None = Field(description="until then the secret before signs too")
    pending: int = Field(description="messages that are still to be sent")
    dead: int = Field(description="messages that were given up")
    last_at: datetime | None = Field(description="when something was last tried")
    last_status: int = Field(description="0: there was no answer")
    last_error: str = Field(description="empty: it arrived")
    failures: int = Field(description="attempts that failed within a day")


class WebhooksAnswer(FreshAnswer):
    webhooks: list[WebhookAnswer]


class AddedAnswer(WebhookAnswer):
    secret: str = Field(description="what signs; it is shown this once. Empty for chats and e-mail")


class SecretAnswer(BaseModel):
    id: str
    secret: str = Field(description="what signs from now on, beside the one before for a day; it is shown this once")


class PingAnswer(BaseModel):
    delivered: bool
    status: int
    error: str
    seconds: float


class ReplayedAnswer(BaseModel):
    replayed: int


class AttemptAnswer(BaseModel):
    message_id: str
    type: str
    at: datetime
    attempt: int
    status: int
    error: str
    seconds: float


class WebhookLogAnswer(FreshAnswer):
    attempts: list[AttemptAnswer] = Field(description="the newest first")
