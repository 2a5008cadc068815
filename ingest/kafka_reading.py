"""Reading the partitions of the log that are ours: what comes next, what has been read, what belongs elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from kafka.partitioner import murmur2

from ingest.kafka_messages import Record, raw_event, unreadable
from ingest.recorded import event_time
from processors.errors import InvalidEvent
from processors.facts.facts import Position
from processors.ports.store import Checkpoint, DeadLetter, Gap, RawEvent, Reached

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def partition_of(key: bytes, of: int) -> int:
    """The partition of a key, as Kafka's own clients have it."""
    return int((murmur2(key) & 0x7FFFFFFF) % of)


class KeyedRecord(Record, Protocol):
    """A record of the topic of facts."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def timestamp(self) -> float | None: ...


@dataclass(slots=True)
class Sorted:
    """What a batch of records comes to."""

    events: list[RawEvent] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    """What could not be read."""
    strays: list[KeyedRecord] = field(default_factory=list)
    """What came before there were so many partitions: their wikis are in other partitions now."""
    last: dict[int, KeyedRecord] = field(default_factory=dict)
    """By partition, the last record that was taken; none: nothing was."""
    again: dict[int, int] = field(default_factory=dict)
    """By partition, the offset that was expected where a later one came: read on from there."""


class Reading:
    """Which record of each partition comes next. Those that are stored already, and those of others, are passed over.

    Args:
        expected: by partition, the offset that comes next.
        of: how many partitions the topic has.
    """

    def __init__(self, expected: Mapping[int, int], of: int) -> None:
        self.expected = dict(expected)
        self.of = of

    def sort(self, records: Iterable[KeyedRecord], received_at: datetime) -> Sorted:
        """Take records in. A record may come twice, but none is left out: what comes too early is not taken."""
        found = Sorted()
        for record in records:
            expected = self.expected.get(record.partition)
            if expected is None or record.offset < expected:
                continue
            if record.offset > expected:
                found.again[record.partition] = expected
                continue
            found.again.pop(record.partition, None)
            self.expected[record.partition] = record.offset + 1
            found.last[record.partition] = record
            self._take(record, found, received_at)
        return found

    def _take(self, record: KeyedRecord, found: Sorted, received_at: datetime) -> None:
        if partition_of(record.key or b"", self.of) != record.partition:
            found.strays.append(record)
            return
        try:
            found.events.append(raw_event(record))
        except InvalidEvent as error:
            found.letters.append(unreadable(record, error, received_at))

    def skip_to(self, begins: Mapping[int, int], topic: str, seen_at: datetime) -> list[Gap]:
        """Go on where partitions begin now, if Kafka has deleted what comes next; return what is missing for good."""
        missing = []
        for partition, begin in begins.items():
            expected = self.expected.get(partition, begin)
            if begin > expected:
                missing.append(Gap(topic, partition, expected, begin - 1, seen_at))
                self.expected[partition] = begin
        return missing


@dataclass(frozen=True, slots=True)
class Mark:
    """What Kafka says of some partitions."""

    watermark: datetime | None
    """Event time up to which ingest has put everything in. Asked before the ends: all of it lies before them."""
    begins: Mapping[int, int]
    """By partition, its first offset."""
    ends: Mapping[int, int]
    """By partition, the offset behind its last one."""


class LogTracker:
    """Positions of a worker that reads our own log: what it has taken in, and up to when that is everything.

    Gaps of the stream are not its matter: ingest has told of them.
    """

    def __init__(self, streams: str, topic: str, reading: Reading, newest: Mapping[int, datetime]) -> None:
        self._streams = streams
        self._topic = topic
        self._reading = reading
        self._times = {partition: newest.get(partition, _EPOCH) for partition in reading.expected}
        """By partition, event time up to which all of it is in, as far as is known."""

    def read(self, last: Mapping[int, KeyedRecord]) -> None:
        """Note how far partitions have come in time, by their last records."""
        for partition, record in last.items():
            seconds = event_time(record.value) if record.value else None
            if seconds is not None:
                at = datetime.fromtimestamp(seconds, UTC)
                self._times[partition] = max(self._times[partition], at)

    def mark(self, mark: Mark) -> None:
        """Where nothing is left to read, all is in that ingest has put in."""
        if mark.watermark is None:
            return
        for partition, end in mark.ends.items():
            if self._reading.expected.get(partition, -1) >= end:
                self._times[partition] = max(self._times[partition], mark.watermark)

    @property
    def watermark(self) -> datetime | None:
        """Event time up to which all partitions are in."""
        least = min(self._times.values(), default=_EPOCH)
        return least if least > _EPOCH else None

    def observe(self, position: Position | None, emitted_at: datetime | None = None, *, canary: bool = False) -> None:
        """Positions of the stream say nothing about how far our log has been read."""

    def take_gaps(self) -> tuple[list[Gap], list[Gap]]:
        """None, ever."""
        return [], []

    def checkpoint(self) -> Checkpoint:
        """How far each partition has been taken in. A partition of which nothing was is not in it."""
        reached = {
            (self._topic, partition): Reached(expected - 1, int(self._times[partition].timestamp() * 1000))
            for partition, expected in self._reading.expected.items()
            if expected > 0
        }
        return Checkpoint(self._streams, reached, self.watermark)
