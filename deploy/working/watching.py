"""Supervision: whether a worker that has messages to read reads any."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from api.probes import AWAY, Health, Look
from deploy.working.shifts import Shifts
from processors.errors import WikitallyError

_log = structlog.get_logger()

LOOK_EVERY = 1.0
UNHEALTHY_SECONDS = 60.0
STALLED_SECONDS = 300.0
"""Who has read nothing for so long, although messages wait and nothing is away, ends: a crash loop looks alive."""


UNSETTLED_SECONDS = 60.0
"""A rebalance that takes so long is none any more: Faust may miss its end."""


class Stalled(WikitallyError):
    """Messages wait and none is read any more; whoever supervises this process starts it again."""


class Watch:
    """Looks at lag and at progress."""

    def __init__(self, shifts: Shifts, rebalancing: Callable[[], bool] = lambda: False) -> None:
        self._shifts = shifts
        self._rebalancing = rebalancing
        self._still = 0.0
        self._unsettled = 0.0

    async def run(self) -> None:
        """Look until it has stood still for too long.

        Raises:
            Stalled: it has.
        """
        taken = 0
        while self._still < STALLED_SECONDS:
            await asyncio.sleep(LOOK_EVERY)
            shifts = self._shifts
            stands = shifts.lag > 0 and shifts.taken == taken and not shifts.busy and not shifts.log_away
            self._still = self._still + LOOK_EVERY if stands else 0.0
            taken = shifts.taken
            self._unsettled = self._unsettled + LOOK_EVERY if self._rebalancing() and not shifts.log_away else 0.0
            if self._unsettled >= UNSETTLED_SECONDS:
                raise Stalled(f"the group has been rebalancing for {UNSETTLED_SECONDS:.0f} seconds without end")
        raise Stalled(f"{self._shifts.lag} messages wait, and none has been read for {STALLED_SECONDS:.0f} seconds")

    def health(self) -> Health:
        """Whether it works, in words."""
        shifts = self._shifts
        if shifts.log_away:
            return Health(ok=False, detail="Kafka does not answer")
        if shifts.store_away:
            return Health(ok=False, detail=AWAY)
        if self._still >= UNHEALTHY_SECONDS:
            return Health(ok=False, detail=f"{shifts.lag} messages wait, and none is read")
        return Health(ok=True, detail="loading" if shifts.busy else "" if shifts.ours else "no partitions")


def health_of(watch: Watch, ping: Callable[[], object]) -> Callable[[], Awaitable[Health]]:
    """What a worker answers: as `watch` sees it, and whether the store answers at this moment."""
    look = Look(lambda: asyncio.to_thread(ping))

    async def health() -> Health:
        state = watch.health()
        if not state.ok:
            return state
        _, wrong = await look()
        return Health(ok=False, detail=wrong) if wrong else state

    return health
