"""The outbox's way in: alerts that changed become messages, one for each subscription that is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from deploy.answers.board_people import BoardPeople
from processors.alerts.changes import AlertChange
from processors.alerts.delivery import Delivery
from processors.alerts.notices import Notice
from processors.alerts.payloads import notices, webhook_id
from processors.alerts.subscriptions import Subscribed
from processors.ports.programs import States
from processors.privacy.pseudonyms import ENROLLED, Masks
from processors.programs.program import Program, Visibility
from storage.clickhouse import ClickHouseStore
from storage.webhooks import ClickHouseWebhooks

_CACHED = timedelta(seconds=1)
_AT_ONCE = 5_000


class Outbox:
    """Belongs to whoever judges. Synchronous; call it off the event loop, one call at a time.

    Args:
        states: all programs as they are now.
        base_url: where boards are reached; empty: messages have no link to them.
    """

    def __init__(
        self,
        store: ClickHouseStore,
        states: Callable[[], States],
        *,
        clock: Callable[[], datetime],
        base_url: str = "",
    ) -> None:
        self.on_queued: Callable[[], object] = lambda: None
        """Told when something was queued, from the thread that queued it."""
        self._webhooks = ClickHouseWebhooks(store.connections)
        self._people = BoardPeople(store, clock)
        self._states = states
        self._clock = clock
        self._base_url = base_url
        self._subscribed = Subscribed([])
        self._read_at: datetime | None = None

    def enqueue(self, changes: Sequence[AlertChange], version: int) -> int:
        """Queue what is to be told of these changes; durable on return. Returns how many messages that are.

        Call it before the checkpoint that covers their causes. Repeated, it queues nothing twice: a message that was
        sent meanwhile stays sent.

        Args:
            version: microseconds; growing from call to call, it orders messages.

        Raises:
            StoreUnavailable: call it again.
        """
        if not changes or not self._anybody():
            return 0
        at = datetime.fromtimestamp(version / 1_000_000, UTC)
        queued = list(self._deliveries(changes, at))
        for start in range(0, len(queued), _AT_ONCE):
            self._webhooks.write(queued[start : start + _AT_ONCE])
        if queued:
            self.on_queued()
        return len(queued)

    def _anybody(self) -> bool:
        now = self._clock()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < _CACHED:
            self._subscribed = Subscribed(self._webhooks.subscriptions())
            self._read_at = now
        return bool(self._subscribed)

    def _deliveries(self, changes: Sequence[AlertChange], at: datetime) -> Iterator[Delivery]:
        states, place = self._states(), 0
        for change in changes:
            state = states.get(change.alert.program)
            if state is None or not state.active:
                continue
            subscriptions = list(self._subscribed.of(state.program, change.alert.kind))
            if not subscriptions:
                continue
            for notice in self._notices(change, state.program, state.version):
                for one in subscriptions:
                    yield Delivery(one.id, webhook_id(one.id, notice), notice, at, at, place)
                place += 1

    def _notices(self, change: AlertChange, program: Program, version: int) -> Iterator[Notice]:
        alert = change.alert
        masks = self._masks(program, version)
        names = {user: self._people.names(user, alert.opened_at) for user in alert.users} if masks else {}
        return notices(change, program.title, self._base_url, masks, names)

    def _masks(self, program: Program, version: int) -> Masks:
        """As boards have them; and who hides is hidden although the store does not show the program so yet."""
        masks = self._people.masks([(program, version)], tuple(Visibility))
        hiding = {
            one.user: f"{ENROLLED} {number}" for number, one in enumerate(program.participants, start=1) if one.hidden
        }
        return replace(masks, names={**hiding, **masks.names})
