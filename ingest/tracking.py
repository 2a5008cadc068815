"""What has been read: positions, what is missing between them, and which events are known already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from processors.facts.facts import Position
from processors.ports.store import Checkpoint, Gap, Reached

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PositionTracker:
    """Follows offsets of every topic-partition; a jump is a gap until the missing ones arrive.

    Offsets of a topic-partition count up by one, canaries included. Reading again what was read is no gap.

    Args:
        streams: the list of streams that the positions belong to (see `Checkpoint`).
        resume: where reading goes on.
        gaps: those known to be open.
    """

    def __init__(self, streams: str, resume: Checkpoint | None = None, gaps: Iterable[Gap] = ()) -> None:
        self._streams = streams
        self._partitions = {
            key: _Partition(reached.offset, reached.timestamp_ms)
            for key, reached in (resume.reached if resume else {}).items()
        }
        for gap in gaps:
            partition = self._partitions.setdefault((gap.topic, gap.partition), _Partition(gap.last, 0))
            partition.missing[gap.first] = (gap.last, gap.seen_at)
            # Gaps are stored before the checkpoint: it may stand before them still.
            partition.offset = max(partition.offset, gap.last)
        self._watermark = resume.watermark if resume else None
        self._facts: Counter[tuple[str, int]] = Counter()
        self._of_stream: Counter[str] = Counter()
        self._reported = dict(self._missing())

    def observe(self, position: Position | None, emitted_at: datetime | None = None, *, canary: bool = False) -> None:
        """Note that an event was read; `emitted_at` is None where it could not be understood."""
        if position is None:
            return
        key = position.topic, position.partition
        partition = self._partitions.get(key)
        if partition is None:
            partition = self._partitions[key] = _Partition(position.offset - 1, 0)
        partition.observe(position.offset, emitted_at)
        if emitted_at is not None and not canary:
            self._facts[key] += 1

    def take_gaps(self) -> tuple[list[Gap], list[Gap]]:
        """Gaps that have opened (or changed their end) and that have closed since the last call."""
        missing = dict(self._missing())
        opened = [gap for key, gap in missing.items() if self._reported.get(key) != gap]
        closed = [gap for key, gap in self._reported.items() if key not in missing]
        self._reported = missing
        return opened, closed

    def _missing(self) -> Iterator[tuple[tuple[str, int, int], Gap]]:
        for (topic, number), partition in self._partitions.items():
            for first, (last, seen_at) in partition.missing.items():
                yield (topic, number, first), Gap(topic, number, first, last, seen_at)

    def checkpoint(self) -> Checkpoint:
        """The resume position behind all that was observed.

        Its watermark is the newest event of the topic that brought most since the last call, among those of the
        stream that brings most: a quiet stream, and of two data centres' topics the one that is all but silent, run
        far ahead of the others while a past stretch is read.
        """
        for (topic, _), number in self._facts.items():
            self._of_stream[_stream(topic)] += number
        if self._of_stream:
            leading = max(self._of_stream, key=self._of_stream.__getitem__)
            topics = {key: number for key, number in self._facts.items() if _stream(key[0]) == leading}
            if topics:
                self._watermark = self._partitions[max(topics, key=topics.__getitem__)].newest
            self._facts.clear()
        reached = {
            key: Reached(partition.offset, partition.timestamp_ms) for key, partition in self._partitions.items()
        }
        return Checkpoint(self._streams, reached, self._watermark)


def _stream(topic: str) -> str:
    """The stream of a topic: `eqiad.mediawiki.recentchange` without its data centre."""
    return topic.partition(".")[2]


class _Partition:
    """One topic-partition."""

    __slots__ = ("missing", "newest", "offset", "timestamp_ms")

    def __init__(self, offset: int, timestamp_ms: int) -> None:
        self.offset = offset
        self.timestamp_ms = timestamp_ms
        self.newest: datetime | None = None
        self.missing: dict[int, tuple[int, datetime]] = {}
        """By first missing offset: the last one, and event time behind the gap."""

    def observe(self, offset: int, emitted_at: datetime | None) -> None:
        if emitted_at is not None and (self.newest is None or emitted_at > self.newest):
            self.newest = emitted_at
            self.timestamp_ms = max(self.timestamp_ms, int(emitted_at.timestamp() * 1000))
        if offset == self.offset + 1:
            self.offset = offset
        elif offset > self.offset:
            self.missing[self.offset + 1] = (offset - 1, emitted_at or self.newest or _EPOCH)
            self.offset = offset
        elif self.missing:
            self._fill(offset)

    def _fill(self, offset: int) -> None:
        """A missing offset has arrived: its gap shrinks, splits or closes."""
        for first, (last, seen_at) in self.missing.items():
            if first <= offset <= last:
                del self.missing[first]
                if first < offset:
                    self.missing[first] = (offset - 1, seen_at)
                if offset < last:
                    self.missing[offset + 1] = (last, seen_at)
                return


class Deduplicator:
    """Knows the last events by their id: at least `window` of them, at most twice as many.

    Memory: about 150 bytes an id.
    """

    def __init__(self, window: int = 50_000) -> None:
        self._window = window
        self._newer: set[str] = set()
        self._older: set[str] = set()

    def add(self, event_id: str) -> bool:
        """Take an id in; True if it was not known."""
        if event_id in self._newer or event_id in self._older:
            return False
        if len(self._newer) >= self._window:
            self._older, self._newer = self._newer, set()
        self._newer.add(event_id)
        return True
