"""What our Kafka messages look like: encoded and decoded here and nowhere else.

Every message says its schema version in a header. Headers and JSON keys may be added without a new version, and whoever
does not know them passes them over; anything else is a new version, which older readers refuse as `InvalidEvent`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import AwareDatetime, TypeAdapter

from processors.errors import InvalidEvent
from processors.facts.facts import Position
from processors.facts.wire import Int64, Meta, UInt16, Wire, parse, position_of
from processors.ports.store import Checkpoint, DeadLetter, Gap, RawEvent, Reached

VERSION = 1
"""Of all kinds of messages; each could have its own."""
MOST_LETTER_BYTES = 512 * 1024
"""So much of an event a dead letter holds: one that was too long for Kafka must not be refused again."""
_MOST_DETAIL = 2000

Headers = Iterable[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to a topic."""

    key: bytes
    """What messages are ordered by: those of one key stand in one partition."""
    value: bytes
    headers: tuple[tuple[str, bytes], ...]

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.key) + len(self.value) + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an event of any stream says of itself."""

    event_id: str
    """Empty: it has none of its own."""
    wiki: str
    """Server name; `canary` for Wikimedia's own test events; empty where it names none."""
    position: Position | None
    produced_at: datetime | None

    @property
    def canary(self) -> bool:
        return self.wiki == "canary"


class _Envelope(Wire):
    meta: Meta
    server_name: str | None = None
    wiki_id: str | None = None
    database: str | None = None


_ENVELOPE = TypeAdapter(_Envelope)


def read_envelope(data: bytes) -> Envelope:
    """Read no more of an event than is needed to put it in its place.

    Raises:
        InvalidEvent: the bytes are not JSON, or no event of any stream.
    """
    event = parse(_ENVELOPE, data)
    meta = event.meta
    # As `decode` finds it, or events of one wiki would be ordered by two keys.
    wiki = meta.domain if meta.domain == "canary" else event.server_name or meta.domain
    return Envelope(meta.id or "", wiki or event.wiki_id or event.database or "", position_of(meta), meta.dt)


# facts


def encode_fact(event: RawEvent, envelope: Envelope) -> Message:
    """An event, byte for byte, ordered by its wiki."""
    return Message(
        envelope.wiki.encode(),
        event.data,
        make_headers(
            id=envelope.event_id, position=position_text(event.position or envelope.position), source=event.source
        ),
    )


def decode_fact(value: bytes, headers: Headers, at: Position) -> RawEvent:
    """The event that was sent.

    Its position is the one on EventStreams; where that is not known it is `at`, that of the message.

    Raises:
        InvalidEvent: a newer wikitally wrote it, or it is none of ours.
    """
    said = _read_headers(headers)
    source = said.get("source", "")
    return RawEvent(value, read_position_text(said.get("position", "")) or at, f"{source} {position_text(at)}".lstrip())


# dead letters


def encode_dead_letter(letter: DeadLetter, after: Position | None = None) -> Message:
    """A dead letter; `after` is the last position before it, for events that do not say their own."""
    event = letter.event
    own, data = position_text(event.position), event.data
    headers = make_headers(
        reason=letter.reason,
        detail=letter.detail[:_MOST_DETAIL],
        received=letter.received_at.isoformat(),
        position=own,
        after="" if own else position_text(after),
        source=event.source,
        length=str(len(data)) if len(data) > MOST_LETTER_BYTES else "",
    )
    return Message((own or event.source).encode(), data[:MOST_LETTER_BYTES], headers)


def decode_dead_letter(value: bytes, headers: Headers) -> DeadLetter:
    """The dead letter that was sent. Of an event that was too long it holds the beginning.

    Raises:
        InvalidEvent: a newer wikitally wrote it, or it is none of ours.
    """
    said = _read_headers(headers)
    try:
        received_at = datetime.fromisoformat(said["received"]).astimezone(UTC)
        reason = said["reason"]
    except (KeyError, ValueError) as error:
        raise InvalidEvent("schema", f"dead letter: {error}") from error
    event = RawEvent(value, read_position_text(said.get("position", "")), said.get("source", ""))
    return DeadLetter(event, reason, said.get("detail", ""), received_at)


# checkpoints and gaps


class _Reached(Wire):
    topic: str
    partition: UInt16
    offset: Int64
    timestamp_ms: Int64


class _Checkpoint(Wire):
    streams: str
    reached: list[_Reached]
    watermark: AwareDatetime | None = None


class _Gap(Wire):
    topic: str
    partition: UInt16
    first: Int64
    last: Int64
    seen_at: AwareDatetime
    closed: bool = False


_CHECKPOINT, _GAP = TypeAdapter(_Checkpoint), TypeAdapter(_Gap)


def encode_checkpoint(checkpoint: Checkpoint) -> Message:
    """A checkpoint, by its list of streams: of each list the newest is kept."""
    reached = [
        _Reached(topic=topic, partition=partition, offset=one.offset, timestamp_ms=one.timestamp_ms)
        for (topic, partition), one in sorted(checkpoint.reached.items())
    ]
    body = _Checkpoint(streams=checkpoint.streams, reached=reached, watermark=checkpoint.watermark)
    return Message(checkpoint.streams.encode(), _CHECKPOINT.dump_json(body), make_headers())


def decode_checkpoint(value: bytes, headers: Headers) -> Checkpoint:
    """The checkpoint that was sent.

    Raises:
        InvalidEvent: a newer wikitally wrote it, or it is none of ours.
    """
    _read_headers(headers)
    body = parse(_CHECKPOINT, value)
    reached = {(one.topic, one.partition): Reached(one.offset, one.timestamp_ms) for one in body.reached}
    return Checkpoint(body.streams, reached, body.watermark.astimezone(UTC) if body.watermark else None)


def encode_gap(gap: Gap, *, closed: bool) -> Message:
    """A gap, by where it begins: what is known of each last is kept."""
    body = _Gap(
        topic=gap.topic, partition=gap.partition, first=gap.first, last=gap.last, seen_at=gap.seen_at, closed=closed
    )
    return Message(
        position_text(Position(gap.topic, gap.partition, gap.first)).encode(), _GAP.dump_json(body), make_headers()
    )


def decode_gap(value: bytes, headers: Headers) -> tuple[Gap, bool]:
    """The gap that was sent, and whether it has closed.

    Raises:
        InvalidEvent: a newer wikitally wrote it, or it is none of ours.
    """
    _read_headers(headers)
    body = parse(_GAP, value)
    gap = Gap(body.topic, body.partition, body.first, body.last, body.seen_at.astimezone(UTC))
    return gap, body.closed


# what all share


def position_text(position: Position | None) -> str:
    """`topic/partition/offset`; empty where there is none."""
    return "" if position is None else f"{position.topic}/{position.partition}/{position.offset}"


def read_position_text(text: str) -> Position | None:
    """The position that was written; None where it is none."""
    topic, *numbers = text.rsplit("/", 2)
    if not topic or len(numbers) != 2 or not all(one.isascii() and one.isdecimal() for one in numbers):
        return None
    return Position(topic, int(numbers[0]), int(numbers[1]))


def make_headers(**said: str) -> tuple[tuple[str, bytes], ...]:
    """The schema version, and what else a message says of itself; what is empty is left out."""
    # What cannot be encoded (half of a surrogate pair in a detail) is shown, not refused.
    written = [(name, text.encode("utf-8", "backslashreplace")) for name, text in said.items() if text]
    return ("schema", str(VERSION).encode()), *written


def _read_headers(headers: Headers) -> Mapping[str, str]:
    said = {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
    version = said.get("schema", "")
    if not (version.isascii() and version.isdecimal()):
        raise InvalidEvent("version", "the message says no schema version: wikitally did not write it")
    if int(version) > VERSION:
        raise InvalidEvent("version", f"schema version {version}: written by a newer wikitally")
    return said
