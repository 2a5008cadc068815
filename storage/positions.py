"""How far the stream has been read, what is missing of it, and what could not be understood."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from processors.ports.boards import Freshness
from processors.ports.store import Checkpoint, DeadLetter, Gap, Reached
from storage.connection import Connections
from storage.fact_rows import EPOCH, aware


class LogPosition(NamedTuple):
    """How far a partition of our own log is stored and judged."""

    reached: Reached
    watermark: datetime
    """1970: not known."""
    version: int
    """Of the batch that came so far: its time in microseconds."""


class Positions:
    """Resume positions, gaps and dead letters."""

    connections: Connections

    def checkpoint(self, streams: str) -> Checkpoint | None:
        """The resume position of a list of streams; None when it was never read."""
        rows = self.connections.rows("checkpoint", {"streams": streams})
        if not rows:
            return None
        watermark = max(aware(row[4]) for row in rows)
        return Checkpoint(
            streams=streams,
            reached={
                (topic, partition): Reached(offset, timestamp_ms) for topic, partition, offset, timestamp_ms, *_ in rows
            },
            watermark=watermark if watermark > EPOCH else None,
        )

    def positions_in_log(self, streams: str, topic: str) -> dict[int, LogPosition]:
        """How far each partition of a topic of our own log is stored and judged."""
        rows = self.connections.rows("checkpoint", {"streams": streams})
        return {
            partition: LogPosition(Reached(offset, timestamp_ms), aware(watermark), version)
            for of, partition, offset, timestamp_ms, watermark, version in rows
            if of == topic
        }

    def save_checkpoint(self, checkpoint: Checkpoint, version: int) -> None:
        """Store a resume position. Call it when all that was read up to it is durable, never before."""
        if not checkpoint.reached:
            return
        watermark = int((checkpoint.watermark or EPOCH).timestamp() * 1000)
        rows = [
            (checkpoint.streams, topic, partition, reached.offset, reached.timestamp_ms, watermark, version)
            for (topic, partition), reached in checkpoint.reached.items()
        ]
        columns = ("streams", "topic", "partition", "offset", "timestamp_ms", "watermark", "version")
        self.connections.insert("checkpoints", columns, list(zip(*rows, strict=True)))

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Keep events that could not be understood, each once."""
        if not letters:
            return
        rows = [
            (
                hashlib.md5(letter.event.data, usedforsecurity=False).digest(),
                letter.event.position.topic if letter.event.position else "",
                letter.event.position.partition if letter.event.position else 0,
                letter.event.position.offset if letter.event.position else -1,
                letter.event.source,
                letter.reason,
                letter.detail,
                letter.event.data,
                int(letter.received_at.timestamp() * 1000),
            )
            for letter in letters
        ]
        columns = ("digest", "topic", "partition", "offset", "source", "reason", "detail", "data", "received_at")
        self.connections.insert("dead_letters", columns, list(zip(*rows, strict=True)))

    def write_gaps(self, opened: Sequence[Gap], closed: Sequence[Gap], version: int) -> None:
        """Record gaps as missing or as filled since."""
        rows = [
            (gap.topic, gap.partition, gap.first, gap.last, int(gap.seen_at.timestamp() * 1000), done, version + done)
            for gaps, done in ((opened, False), (closed, True))
            for gap in gaps
        ]
        if rows:
            columns = ("topic", "partition", "first", "last", "seen_at", "closed", "version")
            self.connections.insert("gaps", columns, list(zip(*rows, strict=True)))

    def open_gaps(self) -> list[Gap]:
        """What is known to be missing."""
        return [
            Gap(topic, partition, first, last, aware(seen_at))
            for topic, partition, first, last, seen_at in self.connections.rows("open_gaps")
        ]

    def freshness(self, now: Callable[[], datetime]) -> Freshness:
        """Watermark, lag and open gaps."""
        ((watermark, gaps),) = self.connections.rows("freshness")
        as_of = aware(watermark) if watermark is not None else EPOCH
        if as_of <= EPOCH:
            return Freshness(None, None, gaps)
        return Freshness(as_of, max(0.0, (now() - as_of).total_seconds()), gaps)

    def dead_letter_count(self) -> int:
        """How many events could not be understood."""
        ((count,),) = self.connections.rows("dead_letter_count")
        return int(count)
