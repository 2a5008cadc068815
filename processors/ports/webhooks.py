"""Subscriptions, the outbox of their messages, and whoever decides about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from processors.alerts.alerts import AlertKind
from processors.alerts.delivery import Outcome
from processors.alerts.subscriptions import Format, Subscription


@dataclass(frozen=True, slots=True)
class Figures:
    """How it goes with a subscription."""

    pending: int = 0
    """Messages that are still to be sent."""
    dead: int = 0
    """Messages that were given up."""
    last_at: datetime | None = None
    """When something was last tried; None: never."""
    last_status: int = 0
    last_error: str = ""
    failures: int = 0
    """Attempts that failed within a day."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver a message."""

    message_id: str
    type: str
    at: datetime
    attempt: int
    status: int
    error: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription as somebody asks for it."""

    url: str
    program: str = ""
    campaign: str = ""
    kinds: frozenset[AlertKind] = frozenset()
    format: Format = Format.STANDARD


class WebhookDesk(Protocol):
    """Where subscriptions are decided about and looked up. Every call raises StoreUnavailable.

    What is about one subscription raises InvalidInput where there is none of that id.
    """

    async def all(self) -> Sequence[tuple[Subscription, Figures]]:
        """All that have not ended by hand, the oldest first."""
        ...

    async def add(self, wanted: Wanted, *, by: str) -> tuple[Subscription, str]:
        """Subscribe; return it with the secret that signs, which is told nobody again (empty: nothing signs).

        Raises:
            InvalidInput: the target is not allowed, or there are too many.
        """
        ...

    async def rotate(self, subscription: str) -> str:
        """Give it another secret and return it; the one before signs too for a day."""
        ...

    async def remove(self, subscription: str) -> None:
        """End it: what is under way to it is given up."""
        ...

    async def replay(self, subscription: str, messages: Collection[str] = ()) -> int:
        """Send dead letters again, all or these; return how many."""
        ...

    async def ping(self, subscription: str) -> Outcome:
        """Send a test now and tell what became of it.

        Raises:
            Conflict: one was sent seconds ago.
        """
        ...

    async def log(self, subscription: str, most: int) -> Sequence[Attempt]:
        """The newest attempts, the newest first."""
        ...
