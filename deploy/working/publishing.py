"""What workers tell in Kafka for whoever reads it beside wikitally: changes of books and of alerts, program events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

import structlog

from deploy.counting.plan import Alerts
from ingest.topics import Topic
from processors.alerts.changes import AlertChange
from processors.errors import LogUnavailable, StoreUnavailable
from processors.facts.facts import Fact
from processors.facts.messages import Message
from processors.judging.ledger import Change
from processors.judging.messages import encode_alert, encode_change, encode_program_event
from processors.ports.boards import Freshness
from processors.ports.store import ProgramLog

_log = structlog.get_logger()

PATIENCE_SECONDS = 30.0
LOOK_EVERY = 1.0


class Publisher(Protocol):
    """Sends to topics."""

    async def publish(self, topic: Topic, messages: Sequence[Message]) -> None:
        """Returns when Kafka has all of them.

        Raises:
            LogUnavailable: it does not take them for now; some may be there.
        """
        ...


class Published:
    """`Alerts` that tells the log, too, what changes: before the checkpoint, so that nothing is left out.

    What comes twice has the same version or cause.
    """

    def __init__(self, alerts: Alerts, publisher: Publisher, loop: asyncio.AbstractEventLoop) -> None:
        self._alerts = alerts
        self._publisher = publisher
        self._loop = loop

    def before_purge(self, facts: Sequence[Fact], version: int) -> None:
        """As `Alerts`."""
        self._alerts.before_purge(facts, version)

    def take(self, facts: Sequence[Fact], changes: Sequence[Change], version: int) -> None:
        """As `Alerts`. Called from the worker's thread.

        Raises:
            LogUnavailable: repeat it.
        """
        self._alerts.take(facts, changes, version)
        if changes:
            messages = [encode_change(one, version) for one in changes]
            publish_from_thread(self._publisher, self._loop, Topic.CONTRIBUTIONS, messages)

    def check_time(self, now: datetime, freshness: Freshness, version: int) -> None:
        """As `Alerts`."""
        self._alerts.check_time(now, freshness, version)


def publish_from_thread(
    publisher: Publisher, loop: asyncio.AbstractEventLoop, topic: Topic, messages: Sequence[Message]
) -> None:
    """Publish, from a thread that may wait.

    Raises:
        LogUnavailable: Kafka does not take them.
    """
    sending = asyncio.run_coroutine_threadsafe(publisher.publish(topic, messages), loop)
    try:
        sending.result(PATIENCE_SECONDS)
    except TimeoutError as error:
        sending.cancel()
        raise LogUnavailable(f"Kafka does not take what is told in {topic}") from error


def telling(publisher: Publisher, loop: asyncio.AbstractEventLoop) -> Callable[[Sequence[AlertChange]], None]:
    """What keepers of alerts tell the log by."""

    def tell(changes: Sequence[AlertChange]) -> None:
        publish_from_thread(publisher, loop, Topic.ALERTS, [encode_alert(one) for one in changes])

    return tell


async def publish_program_events(
    log: ProgramLog,
    publisher: Publisher,
    last_published: Callable[[], Awaitable[int]],
    leads: Callable[[], bool],
) -> None:
    """Carry program events into the log, in order, for as long as we lead. Ends by being cancelled.

    Args:
        last_published: the position of the newest that stands there; 0: none does.
    """
    position: int | None = None
    while True:
        try:
            if not leads():
                position = None
            else:
                position = await last_published() if position is None else position
                events = await asyncio.to_thread(log.read, position)
                if events:
                    await publisher.publish(Topic.PROGRAM_EVENTS, [encode_program_event(one) for one in events])
                    position = events[-1].position
        except (StoreUnavailable, LogUnavailable):
            # Whoever counts says so. What was sent is looked up again.
            position = None
        except Exception:
            _log.exception("program events could not be published; it is tried again")
            position = None
        await asyncio.sleep(LOOK_EVERY)
