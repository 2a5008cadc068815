"""Records of the topic of facts, as a client of Kafka would hand them over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import orjson

from ingest.kafka_reading import partition_of
from processors.facts.messages import encode_fact, read_envelope
from processors.ports.store import RawEvent

TOPIC = "wikitally.facts"
START = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A `KeyedRecord`."""

    partition: int
    offset: int
    value: bytes | None = None
    key: bytes | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict)
    topic: str = TOPIC
    timestamp: float | None = None


@cache
def wiki_in(partition: int, of: int) -> str:
    """A wiki whose facts are in this partition."""
    return next(
        name for name in (f"w{number}.org" for number in range(1000)) if partition_of(name.encode(), of) == partition
    )


def record(partition: int, offset: int, *, of: int, wiki: str = "", minutes: float | None = None) -> LogRecord:
    """One that can be read; by default of a wiki of its partition, an event a minute."""
    wiki = wiki or wiki_in(partition, of)
    at = START + timedelta(minutes=offset if minutes is None else minutes)
    meta = {"id": f"{wiki}-{offset}", "domain": wiki, "stream": "s", "dt": at.isoformat()}
    data = orjson.dumps({"$schema": "/s/1.0.0", "meta": meta, "server_name": wiki})
    message = encode_fact(RawEvent(data), read_envelope(data))
    return LogRecord(partition, offset, message.value, message.key, dict(message.headers))
