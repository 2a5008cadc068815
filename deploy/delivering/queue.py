"""What is to be sent, in memory: the oldest messages of each endpoint, and when each endpoint is due."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from heapq import heappop, heappush

from processors.alerts.delivery import Circuit, Delivery, DeliveryState, Outcome, after_attempt, after_outcome

MOST_IN_MEMORY = 100
"""Messages of one endpoint; further ones wait in the store."""
MOST_IN_FLIGHT = 64
MOST_DOUBTFUL = 16
"""Of those, to endpoints that failed or were slow the last time: all others have room at any time."""

_NONE = (datetime.min.replace(tzinfo=UTC), 0)


@dataclass(slots=True)
class _Lane:
    """One endpoint. One message at a time is under way to it."""

    held: dict[str, Delivery] = field(default_factory=dict)
    circuit: Circuit = field(default_factory=Circuit)
    under_way: Delivery | None = None
    more: bool = False
    """There are younger ones in the store."""

    def heads(self) -> list[Delivery]:
        """The oldest message about each alert, in order: the others wait for it.

        What is queued again after a crash comes with a later time, so it is first of all when the step happened.
        """
        first: dict[str, Delivery] = {}
        for one in sorted(self.held.values(), key=lambda one: (one.notice.at, *one.order)):
            first.setdefault(one.notice.alert_id, one)
        return list(first.values())

    def due_at(self) -> datetime | None:
        """When something may be sent; None: nothing is held, or is under way."""
        if not self.held or self.under_way is not None:
            return None
        due = min(one.next_at for one in self.heads())
        opens = self.circuit.open_until
        return due if opens is None else max(due, opens)


class Queue:
    """Knows nothing of time: it is told. Belongs to one thread."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._due: list[tuple[datetime, str]] = []
        """A heap; may hold what is no longer so."""
        self._sent: dict[tuple[str, str], int] = {}
        """Revision of what is done with, until the store says so too."""
        self._in_flight = 0
        self._doubtful: set[str] = set()
        """Endpoints in flight of those that failed or were slow."""
        self._held_back: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        return sum(len(lane.held) for lane in self._lanes.values())

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def add(self, deliveries: Iterable[Delivery]) -> None:
        """Take in what the store says is to be sent, again or for the first time."""
        for one in deliveries:
            lane = self._lanes.setdefault(one.subscription, _Lane())
            known = lane.held.get(one.message_id)
            if one.revision <= self._sent.get(one.key, -1) or (known is not None and one.revision <= known.revision):
                continue
            if known is None and len(lane.held) >= MOST_IN_MEMORY:
                lane.more = True
                continue
            if (
                known is None
                and lane.more
                and one.order > max((each.order for each in lane.held.values()), default=_NONE)
            ):
                # Those between it and the last are in the store.
                continue
            lane.held[one.message_id] = one
            self._note(one.subscription)

    def wanting(self) -> Collection[str]:
        """Endpoints of which more is in the store than is held, and that have come to need it."""
        return [name for name, one in self._lanes.items() if one.more and len(one.held) <= MOST_IN_MEMORY // 4]

    def refill(self, subscription: str, deliveries: Collection[Delivery]) -> None:
        """Take in the oldest that the store has of one endpoint, of at most `MOST_IN_MEMORY`."""
        lane = self._lanes.setdefault(subscription, _Lane())
        lane.more = False
        self.add(deliveries)
        lane.more = lane.more or len(deliveries) >= MOST_IN_MEMORY

    def _note(self, subscription: str) -> None:
        due = self._lanes[subscription].due_at()
        if due is not None:
            heappush(self._due, (due, subscription))

    def next_at(self) -> datetime | None:
        """When `take` may give something, as far as time decides."""
        return self._due[0][0] if self._due and self._in_flight < MOST_IN_FLIGHT else None

    def take(self, now: datetime) -> Delivery | None:
        """What is to be sent now; from here on it is under way. None: nothing can be."""
        while self._due and self._in_flight < MOST_IN_FLIGHT and self._due[0][0] <= now:
            due, name = heappop(self._due)
            lane = self._lanes.get(name)
            if lane is None or lane.due_at() != due:
                continue
            if lane.circuit.doubtful and len(self._doubtful) >= MOST_DOUBTFUL:
                self._held_back.append((due, name))
                continue
            found = next(one for one in lane.heads() if one.next_at <= now)
            lane.under_way = found
            self._in_flight += 1
            if lane.circuit.doubtful:
                self._doubtful.add(name)
            return found
        return None

    def done(self, delivery: Delivery, outcome: Outcome, now: datetime, jitter: float) -> Delivery:
        """What has become of a message that was under way."""
        lane = self._lanes[delivery.subscription]
        after = after_attempt(delivery, outcome, now, jitter)
        if outcome.delivered and lane.circuit.open_until is not None:
            # It is back: what failed because it was away need not wait any longer.
            lane.held = {name: replace(one, next_at=min(one.next_at, now)) for name, one in lane.held.items()}
        lane.circuit = after_outcome(lane.circuit, outcome, now, jitter)
        self._free(delivery.subscription)
        self.settle(after)
        return after

    def put_back(self, delivery: Delivery) -> None:
        """It was not tried after all."""
        self._free(delivery.subscription)
        self._note(delivery.subscription)

    def _free(self, subscription: str) -> None:
        self._lanes[subscription].under_way = None
        self._in_flight -= 1
        self._doubtful.discard(subscription)
        for one in self._held_back:
            heappush(self._due, one)
        self._held_back.clear()

    def settle(self, after: Delivery) -> None:
        """Hold a message as it is now, or no longer."""
        lane = self._lanes[after.subscription]
        if after.state is DeliveryState.PENDING:
            lane.held[after.message_id] = after
        else:
            lane.held.pop(after.message_id, None)
            self._sent[after.key] = after.revision
        self._note(after.subscription)

    def open_circuits(self) -> Collection[str]:
        """Endpoints that are left alone although something is held for them, or were until the attempt of now."""
        return [name for name, one in self._lanes.items() if one.held and one.circuit.open_until is not None]

    def of(self, subscription: str) -> list[Delivery]:
        """What is held of an endpoint and not under way."""
        lane = self._lanes.get(subscription)
        return [] if lane is None else [one for one in lane.held.values() if one is not lane.under_way]

    def forget(self, keys: Iterable[tuple[str, str]]) -> None:
        """The store knows by now what has become of these."""
        for key in keys:
            self._sent.pop(key, None)
