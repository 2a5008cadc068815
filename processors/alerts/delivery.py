"""When a message is tried again, when it is given up, and when an endpoint is left alone: values in, values out.

The schedule is that of the Standard Webhooks specification
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Deliverability and
reliability"), as are the answers that mean something of their own: 410 ends a subscription, 429 and 503 slow it down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from processors.alerts.notices import Notice

SCHEDULE: tuple[timedelta, ...] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long to wait after the first attempt that failed, after the second, …; after the last there is none."""
JITTER = 0.2
"""By at most such a part a wait is longer than that, so that what failed together is not tried together again."""
MOST_ASKED = timedelta(hours=24)
"""A longer `Retry-After` is not obeyed."""
LONGEST_LIFE = timedelta(days=5)
"""What has not arrived by then is given up, however often it was tried."""

OPEN_AFTER = 5
"""Attempts in a row that failed, after which an endpoint is left alone."""
FIRST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)

GONE = 410
_SLOW_DOWN = (429, 503)


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up. It can be replayed by hand."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    status: int = 0
    """HTTP's; 0: there was no answer."""
    error: str = ""
    """A short, stable word: `timeout`, `dns`, `refused`, `tls`, `not_allowed`, `http_503`, …; empty: it was taken."""
    seconds: float = 0.0
    """How long it took."""
    retry_after: timedelta | None = None
    """How long the endpoint asked us to wait."""

    @property
    def delivered(self) -> bool:
        return not self.error

    @property
    def ends_subscription(self) -> bool:
        """Whether nothing is wanted there any more."""
        return self.status == GONE


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one subscription; (subscription, message_id) identifies it."""

    subscription: str
    message_id: str
    """`webhook-id`: the same for every attempt."""
    notice: Notice
    queued_at: datetime
    next_at: datetime
    """When it is due."""
    place: int = 0
    """Among what was queued at the same time."""
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    """Made so far, since it was queued or replayed."""
    last: Outcome = Outcome()
    """Of the last attempt."""
    revision: int = 0
    """Counts its changes: of two rows of it the higher one holds."""

    @property
    def key(self) -> tuple[str, str]:
        return self.subscription, self.message_id

    @property
    def order(self) -> tuple[datetime, int]:
        """By which messages about the same alert go one after the other."""
        return self.queued_at, self.place


def after_attempt(delivery: Delivery, outcome: Outcome, now: datetime, jitter: float) -> Delivery:
    """The delivery after an attempt that ended `now`.

    Args:
        jitter: from [0, 1), at random.
    """
    done = replace(delivery, attempts=delivery.attempts + 1, last=outcome, revision=delivery.revision + 1)
    if outcome.delivered:
        return replace(done, state=DeliveryState.DELIVERED, next_at=now)
    if outcome.ends_subscription or done.attempts > len(SCHEDULE):
        return replace(done, state=DeliveryState.DEAD, next_at=now)
    wait = SCHEDULE[done.attempts - 1]
    if outcome.retry_after is not None:
        wait = max(wait, min(outcome.retry_after, MOST_ASKED))
    return replace(done, next_at=now + wait * (1 + JITTER * jitter))


def given_up(delivery: Delivery, now: datetime, error: str = "") -> Delivery:
    """The delivery as a dead letter, without another attempt."""
    last = replace(delivery.last, error=error) if error else delivery.last
    return replace(delivery, state=DeliveryState.DEAD, next_at=now, last=last, revision=delivery.revision + 1)


def too_old(delivery: Delivery, now: datetime) -> bool:
    """Whether it is given up although attempts are left: its endpoint has been left alone for days."""
    return now - delivery.queued_at > LONGEST_LIFE


def replayed(delivery: Delivery, now: datetime) -> Delivery:
    """The same message once more, from its first attempt on."""
    return replace(
        delivery,
        state=DeliveryState.PENDING,
        queued_at=now,
        next_at=now,
        attempts=0,
        last=Outcome(),
        revision=delivery.revision + 1,
    )


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of an endpoint. Open, it is left alone; then one attempt shows whether it is closed again."""

    failures: int = 0
    """In a row."""
    open_until: datetime | None = None
    """None: closed."""
    slow: bool = False
    """Its last attempt took long."""

    @property
    def doubtful(self) -> bool:
        """Whether attempts are likely to take long: they may not take all room from others."""
        return self.failures > 0 or self.slow

    def allows(self, now: datetime) -> bool:
        """Whether an attempt may be made. One at a time is made, so the first after a rest is a probe."""
        return self.open_until is None or now >= self.open_until


SLOW = 2.0
"""Seconds from which an attempt took long."""


def after_outcome(circuit: Circuit, outcome: Outcome, now: datetime, jitter: float) -> Circuit:
    """The circuit of an endpoint after an attempt; `jitter` as in `after_attempt`."""
    slow = outcome.seconds >= SLOW
    if outcome.delivered:
        return Circuit(slow=slow)
    failures = circuit.failures + 1
    rest = timedelta(0)
    if failures >= OPEN_AFTER:
        # Doubled no further than it counts, or it would not fit after weeks.
        rest = min(FIRST_REST * 2 ** min(failures - OPEN_AFTER, 10), LONGEST_REST) * (1 + JITTER * jitter)
    if outcome.retry_after is not None and outcome.status in _SLOW_DOWN:
        rest = max(rest, min(outcome.retry_after, MOST_ASKED))
    return Circuit(failures, now + rest if rest else None, slow)
