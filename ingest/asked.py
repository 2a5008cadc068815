"""What a request to a local EventStreams asks for, read as Wikimedia's server (KafkaSSE) reads it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

EARLIEST = -2
"""Kafka's offset for the beginning; -1 is the end."""


class BadRequest(Exception):
    """A request that the server refuses with a status and a title."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title = status, title


def read_id(header: str) -> list[dict[str, Any]]:
    """The entries of a `Last-Event-ID`: topic, partition, and an offset or a timestamp; or a topic alone.

    Raises:
        BadRequest: it is nothing of that kind.
    """
    try:
        said = orjson.loads(header)
        if not isinstance(said, list) or not said:
            raise ValueError
        return [{"topic": entry} if isinstance(entry, str) else _checked(entry) for entry in said]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise BadRequest(400, "Invalid Last-Event-ID", "want [{topic, partition, offset or timestamp}, ...]") from None


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    at = entry.get("offset", entry.get("timestamp"))
    # `type`, because true and false are integers to isinstance.
    if not (isinstance(entry["topic"], str) and type(entry["partition"]) is type(at) is int):
        raise ValueError
    return entry


def read_since(since: str) -> int:
    """The milliseconds of a `since`, which is a number of them or a written time; 0 is none.

    Raises:
        BadRequest: it is neither.
    """
    with suppress(ValueError, OverflowError):
        return int(float(since or 0))
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError):
            at = read(since)
            return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
    raise BadRequest(400, "Invalid timestamp", f"since: {since}")
