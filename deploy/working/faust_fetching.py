"""Records of a topic handed over a fetch at a time, instead of one by one through Faust's streams.

A stream takes about 150 µs of processor time for a record, most of it for tasks that wait for each; this takes 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import faust
import structlog
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP

from ingest.kafka_reading import KeyedRecord

_log = structlog.get_logger()

Take = Callable[[Sequence[KeyedRecord]], Awaitable[None]]
"""Never raises. It is cancelled when the group rebalances."""

LONGEST_FETCH = 1.0


def hand_over(app: faust.App, topic: str, take: Take, *, at_most: int, within: float) -> None:
    """Have the records of a topic given to `take`; those of others go on to Faust's agents. Before the app starts.

    An agent has to read the topic all the same, or Faust would not subscribe to it.

    Args:
        at_most: records that are given at once.
        within: seconds for which they are collected.
    """

    class Fetching(Consumer):
        async def _drain_messages(self, fetcher: Any) -> None:
            fetched = _Fetched(self, fetcher)
            try:
                while fetched.wanted:
                    records = await fetched.next(at_most, within)
                    for batch in _batches(records.pop(topic, ()), at_most):
                        if not await fetched.unless_stopped(take(batch)):
                            break
                        await _acknowledge(self, batch)
                    for record in (record for some in records.values() for record in some):
                        message = self._to_message(TP(record.topic, record.partition), record)
                        if not await fetched.unless_stopped(self.callback(message)):
                            break
                        self._read_offset[message.tp] = message.offset
            except self.consumer_stopped_errors:
                if not app.should_stop:
                    raise

    app.transport.Consumer = Fetching  # type: ignore[misc]


def _batches(records: Sequence[KeyedRecord], at_most: int) -> Iterator[Sequence[KeyedRecord]]:
    return (records[first : first + at_most] for first in range(0, len(records), at_most))


class _Fetched:
    """What a consumer of Faust fetches, for as long as one assignment lasts."""

    def __init__(self, consumer: Any, fetcher: Any) -> None:
        self._consumer = consumer
        self._fetcher = fetcher

    @property
    def wanted(self) -> bool:
        return not (self._consumer.should_stop or self._fetcher.should_stop)

    async def next(self, at_most: int, within: float) -> dict[str, list[KeyedRecord]]:
        """By topic, what comes next; nothing, if the partitions are others by then."""
        consumer = self._consumer
        generation = consumer.app.consumer_generation_id
        records: defaultdict[str, list[KeyedRecord]] = defaultdict(list)
        await self._fetch(records, LONGEST_FETCH)
        if 0 < sum(map(len, records.values())) < at_most:
            await consumer.sleep(within)
            await self._fetch(records, 0.0)
        else:
            await consumer.sleep(0)
        if not consumer.flow_active:
            await self._go_back()
            return {}
        return records if generation == consumer.app.consumer_generation_id else {}

    async def _go_back(self) -> None:
        """As Faust does: what has been fetched is read again."""
        try:
            await self._consumer.perform_seek()
        except Exception as error:
            _log.info("cannot go back to the committed positions yet", error=repr(error))

    async def _fetch(self, records: Mapping[str, list[KeyedRecord]], seconds: float) -> None:
        found, active = await self._consumer._wait_next_records(seconds)
        for place, some in (found or {}).items():
            if active is None or place in active:
                records[place.topic].extend(some)

    async def unless_stopped(self, work: Awaitable[Any]) -> bool:
        """Wait for something; False: the partitions go, and it was cancelled."""
        consumer = self._consumer
        await consumer.wait_first(work, consumer.suspend_flow.wait())
        return self.wanted and not consumer.suspend_flow.is_set()


async def _acknowledge(consumer: Any, records: Sequence[KeyedRecord]) -> None:
    """Have Faust count them as done, as it does with messages."""
    for partition, some in groupby(records, key=lambda record: record.partition):
        offsets = [record.offset for record in some]
        place = TP(records[0].topic, partition)
        read = consumer._read_offset[place]
        if read and offsets[0] > read + 1:
            await consumer._add_gap(place, read + 1, offsets[0])
        committed, known = consumer._committed_offset[place], consumer._acked_index[place]
        done = [one for one in offsets if one not in known and (committed is None or one >= committed)]
        known.update(done)
        consumer._acked[place].extend(done)
        consumer._read_offset[place] = offsets[-1]
