"""What ingest tells beside facts: gaps of the stream, and what it could not read. Kept in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from deploy.clock import now
from deploy.looping import at_last
from ingest.kafka_messages import headers_of, unreadable
from ingest.kafka_reading import KeyedRecord
from ingest.topics import Topic, TopicPlan
from processors.errors import InvalidEvent, StoreUnavailable
from processors.facts.messages import decode_dead_letter, decode_gap
from processors.ports.store import DeadLetter, Gap
from storage.clickhouse import ClickHouseStore

_log = structlog.get_logger()


class Told:
    """Stores gaps and dead letters. What is told again is kept once; the newest that is told of a gap counts."""

    def __init__(self, store: ClickHouseStore, plan: TopicPlan) -> None:
        self._store = store
        self._gaps = plan.name(Topic.GAPS)

    async def __call__(self, records: Sequence[KeyedRecord]) -> None:
        """Store what is told; waits for as long as the store is away. Never raises."""
        try:
            async for attempt in at_last(StoreUnavailable):
                with attempt:
                    await asyncio.to_thread(self._keep, records)
        except Exception:
            _log.exception("what ingest told could not be kept", records=len(records))

    def _keep(self, records: Sequence[KeyedRecord]) -> None:
        redactions = self._store.redactions()
        letters: list[DeadLetter] = []
        for record in records:
            try:
                if record.topic == self._gaps:
                    self._keep_gap(*decode_gap(record.value or b"", headers_of(record)))
                else:
                    letters.append(decode_dead_letter(record.value or b"", headers_of(record)))
            except InvalidEvent as error:
                letters.append(unreadable(record, error, now()))
        self._store.write_dead_letters([one for one in letters if not redactions.concern(one.event.data)])

    def _keep_gap(self, gap: Gap, closed: bool) -> None:
        opened_, closed_ = ([], [gap]) if closed else ([gap], [])
        # In the order in which they are told; the clock of whoever tells does not matter.
        self._store.write_gaps(opened_, closed_, _microseconds(now()))


def _microseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
