"""Subscriptions and the outbox in ClickHouse. Everything may be written twice; of a row the highest revision counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from processors.alerts.alerts import AlertKind
from processors.alerts.delivery import Delivery, DeliveryState, Outcome
from processors.alerts.payloads import diff_url, notice_text, read_notice
from processors.alerts.subscriptions import Format, Subscription, SubscriptionState
from processors.ports.webhooks import Attempt, Figures
from storage.connection import Connections
from storage.fact_rows import aware

_SUBSCRIPTION = (
    "id", "program", "campaign", "kinds", "format", "url", "state", "ended_because", "secret", "former_secret",
    "former_until", "created_at", "created_by", "version",
)  # fmt: skip
_DELIVERY = (
    "subscription", "message_id", "notice", "type", "queued_at", "place", "next_at", "state", "attempts", "status",
    "error", "seconds", "revision",
)  # fmt: skip
_ATTEMPT = ("subscription", "message_id", "revision", "type", "at", "attempt", "status", "error", "seconds")
_NEEDLES = 200
"""ClickHouse searches for 255 at once."""
_ALL = tuple(str(one) for one in DeliveryState)


class ClickHouseWebhooks:
    """A `processors.ports.webhooks.Webhooks`. Safe to share between threads; all raise StoreUnavailable."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def subscriptions(self, subscription: str = "") -> list[Subscription]:
        """All, the oldest first, those included that have ended; or only the one of that id."""
        return [_subscription(*row) for row in self._connections.rows("webhook_subscriptions", {"id": subscription})]

    def save(self, subscription: Subscription) -> None:
        """Keep a subscription as it is now; durable on return."""
        one = subscription
        row = (
            one.id, one.program, one.campaign, sorted(one.kinds), str(one.format), one.url, str(one.state),
            one.ended_because, one.secret, one.former_secret, one.former_until, one.created_at, one.created_by,
            one.version,
        )  # fmt: skip
        self._connections.insert("webhook_subscriptions", _SUBSCRIPTION, [[value] for value in row])

    def end(self, subscription: Subscription, because: str, at: datetime) -> Subscription:
        """Let nothing be told it any more."""
        version = max(int(at.timestamp() * 1_000_000), subscription.version + 1)
        ended = replace(subscription, state=SubscriptionState.ENDED, ended_because=because, version=version)
        self.save(ended)
        return ended

    def write(self, deliveries: Sequence[Delivery]) -> None:
        """Keep deliveries as they are now; durable on return."""
        if deliveries:
            rows = zip(*map(_delivery_row, deliveries), strict=True)
            self._connections.insert("deliveries", _DELIVERY, list(rows))

    def note(self, attempts: Sequence[tuple[Delivery, datetime]]) -> None:
        """Log attempts: what deliveries are after them, and when they ended."""
        if attempts:
            rows = zip(*(_attempt_row(one, at) for one, at in attempts), strict=True)
            self._connections.insert("delivery_attempts", _ATTEMPT, list(rows))

    def drop_old(self, before: datetime) -> None:
        """Drop messages and attempts that are older."""
        params = {"before": int(before.timestamp() * 1_000_000)}
        for name in ("webhook_old_deliveries", "webhook_old_attempts"):
            self._connections.everywhere(name, params)

    def newest(self, since: int) -> int:
        """When the newest row came into the outbox, in microseconds by the server's clock; `since`: none did since."""
        ((newest,),) = self._connections.rows("webhook_newest", {"since": since})
        return max(int(newest), since)

    def pending_since(self, since: int) -> list[Delivery]:
        """What is to be sent of that which came since then, in order."""
        return [_delivery(*row) for row in self._connections.rows("webhook_pending_since", {"since": since})]

    def pending(self, most: int, subscription: str = "") -> list[Delivery]:
        """What is to be sent, in order, at most so many of each subscription: the oldest."""
        params = {"most": most, "subscription": subscription}
        return [_delivery(*row) for row in self._connections.rows("webhook_pending", params)]

    def deliveries(
        self, subscription: str, states: Collection[DeliveryState] = (), message: str = "", most: int = 1000
    ) -> list[Delivery]:
        """Deliveries of a subscription, the newest first; without what has arrived already and is not kept."""
        params = {"subscription": subscription, "states": tuple(states) or _ALL, "message": message, "most": most}
        rows = self._connections.rows("webhook_deliveries", params)
        return [_delivery(*row) for row in rows if row[2]]

    def figures(self) -> dict[str, Figures]:
        """How it goes, by subscription; one that was never told anything is left out."""
        return {
            one: Figures(pending, dead, aware(at) if at.year > 1970 else None, status, error, failures)
            for one, pending, dead, at, status, error, failures in self._connections.rows("webhook_figures")
        }

    def log(self, subscription: str, most: int) -> list[Attempt]:
        """The newest attempts, the newest first."""
        rows = self._connections.rows("webhook_log", {"subscription": subscription, "most": most})
        return [Attempt(message, kind, aware(at), *rest) for message, kind, at, *rest in rows]


def drop_messages(
    connections: Connections, names: Collection[str] = (), revisions: Iterable[tuple[str, int]] = ()
) -> None:
    """Drop what is to be told of these people, or points at these revisions (wiki, rev_id)."""
    needles = [_json(one)[1:-1] for one in names]
    needles += [_json(diff_url(*one)) for one in revisions]
    for start in range(0, len(needles), _NEEDLES):
        some = {"needles": needles[start : start + _NEEDLES]}
        # A deletion takes longer than to see that there is nothing to delete.
        if connections.rows("webhook_saying", some):
            connections.everywhere("webhook_drop", some)


def _json(text: str) -> str:
    return orjson.dumps(text).decode()


def _subscription(
    name: str,
    program: str,
    campaign: str,
    kinds: Sequence[str],
    form: str,
    url: str,
    state: str,
    ended_because: str,
    secret: str,
    former_secret: str,
    former_until: datetime | None,
    created_at: datetime,
    created_by: str,
    version: int,
) -> Subscription:
    return Subscription(
        id=name,
        program=program,
        campaign=campaign,
        kinds=frozenset(map(AlertKind, kinds)),
        format=Format(form),
        url=url,
        created_at=aware(created_at),
        created_by=created_by,
        state=SubscriptionState(state),
        ended_because=ended_because,
        secret=secret,
        former_secret=former_secret,
        former_until=None if former_until is None else aware(former_until),
        version=version,
    )


def _delivery_row(one: Delivery) -> tuple[Any, ...]:
    notice = "" if one.state is DeliveryState.DELIVERED else notice_text(one.notice)
    last = one.last
    return (
        one.subscription, one.message_id, notice, one.notice.type, one.queued_at, one.place, one.next_at,
        str(one.state), one.attempts, last.status, last.error, last.seconds, one.revision,
    )  # fmt: skip


def _delivery(
    subscription: str,
    message_id: str,
    notice: str,
    _type: str,
    queued_at: datetime,
    place: int,
    next_at: datetime,
    state: str,
    attempts: int,
    status: int,
    error: str,
    seconds: float,
    revision: int,
) -> Delivery:
    return Delivery(
        subscription=subscription,
        message_id=message_id,
        notice=read_notice(notice),
        queued_at=aware(queued_at),
        next_at=aware(next_at),
        place=place,
        state=DeliveryState(state),
        attempts=attempts,
        last=Outcome(status, error, seconds),
        revision=revision,
    )


def _attempt_row(one: Delivery, at: datetime) -> tuple[Any, ...]:
    last = one.last
    return (
        one.subscription, one.message_id, one.revision, one.notice.type, at, one.attempts, last.status, last.error,
        last.seconds,
    )  # fmt: skip
