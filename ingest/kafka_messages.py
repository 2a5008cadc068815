"""Records that were read from Kafka, by whatever client, as what the core understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from processors.errors import InvalidEvent
from processors.facts.facts import Position
from processors.facts.messages import decode_fact
from processors.ports.store import DeadLetter, RawEvent


class Record(Protocol):
    """What records of kafka-python, aiokafka and Faust have in common."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Iterable[tuple[str, bytes]] | Mapping[str, bytes] | None: ...


def position_of(record: Record) -> Position:
    """Where the record stands in Kafka: of itself, not of the next one."""
    return Position(record.topic, record.partition, record.offset)


def headers_of(record: Record) -> Iterable[tuple[str, bytes]]:
    """Its headers in order, whatever shape the client gives them."""
    headers = record.headers or ()
    return headers.items() if isinstance(headers, Mapping) else headers


def raw_event(record: Record) -> RawEvent:
    """The event in a record of the topic of facts, with its position on EventStreams.

    Raises:
        InvalidEvent: it cannot be read. `unreadable` makes a dead letter of it.
    """
    if record.value is None:
        raise InvalidEvent("empty", "the message has no value")
    return decode_fact(record.value, headers_of(record), position_of(record))


def unreadable(record: Record, error: InvalidEvent, received_at: datetime) -> DeadLetter:
    """The dead letter for a record that cannot be read: its position is the one in Kafka."""
    event = RawEvent(record.value or b"", position_of(record), f"kafka:{record.topic}")
    return DeadLetter(event, error.reason, error.detail, received_at)
