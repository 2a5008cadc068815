"""Recorded streams: files of events, newline-delimited JSON or server-sent events, plain or gzip."""

from __future__ import annotations

import asyncio
import gzip
import math
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from processors.errors import InvalidInput
from processors.ports.store import Checkpoint, RawEvent

_GZIP = b"\x1f\x8b"
_SSE_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


def read_events(path: Path) -> Iterator[RawEvent]:
    """The events of a file as they stand there, good or bad; `source` is `file:line`.

    Raises:
        InvalidInput: the file cannot be read, or its gzip is damaged.
    """
    try:
        with closing(_open(path)) as lines:
            first = b""
            while not first.strip():
                first = lines.readline()
                if not first:
                    return
            lines.seek(0)
            yield from _server_sent(path, lines) if first.startswith(_SSE_FIELDS) else _by_line(path, lines)
    except FileNotFoundError:
        raise InvalidInput(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"{path}: cannot be read ({error})") from error


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    raw = path.open("rb")
    zipped = raw.read(2) == _GZIP
    raw.seek(0)
    if not zipped:
        return raw
    raw.close()
    return gzip.open(path)


def _by_line(path: Path, lines: BinaryIO | gzip.GzipFile) -> Iterator[RawEvent]:
    for number, line in enumerate(lines, start=1):
        if data := line.strip():
            yield RawEvent(data, None, f"{path}:{number}")


def _server_sent(path: Path, lines: BinaryIO | gzip.GzipFile) -> Iterator[RawEvent]:
    """Events of a recorded response body. One cut off at the end of the file is as if it had not been there."""
    data: list[bytes] = []
    for number, line in enumerate(lines, start=1):
        text = line.rstrip(b"\r\n")
        if text.startswith(b"data:"):
            data.append(text[5:].removeprefix(b" "))
        elif not text and data:
            yield RawEvent(b"\n".join(data), None, f"{path}:{number - 1}")
            data.clear()


def event_time(data: bytes) -> float | None:
    """Unix seconds at which an event was produced, else at which it happened; None where it does not say."""
    try:
        event: Any = orjson.loads(data)
        said = event.get("meta", {}).get("dt")
        if said is not None:
            at = datetime.fromisoformat(said)
            return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
        return float(event["timestamp"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


class Recorded:
    """`EventSource` over files, one after another. It has no way to resume: it always begins at the beginning.

    Args:
        speed: times as fast as it was recorded, by the events' own times; infinity: as fast as they are taken.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        speed: float = math.inf,
        batch_events: int = 2000,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        for path in paths:
            if not path.is_file():
                raise InvalidInput(f"{path}: there is no such file")
        self._paths = paths
        self._speed = speed
        self._batch_events = batch_events
        self._sleep = sleep

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        """As `EventSource.events`; ends with the last file."""
        batch: list[RawEvent] = []
        before: float | None = None
        for path in self._paths:
            for event in read_events(path):
                wait = 0.0
                if math.isfinite(self._speed) and (at := event_time(event.data)) is not None:
                    wait = (at - before) / self._speed if before is not None else 0.0
                    before = max(at, before) if before is not None else at
                if batch and (len(batch) >= self._batch_events or wait > 0):
                    yield batch
                    batch = []
                if wait > 0:
                    await self._sleep(wait)
                batch.append(event)
            before = None
        if batch:
            yield batch
