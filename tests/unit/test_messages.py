"""Messages survive the way through Kafka, and additions to them."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.kafka_messages import raw_event, unreadable
from processors.errors import InvalidEvent
from processors.facts.decode import decode
from processors.facts.facts import Fact, Position
from processors.facts.messages import (
    MOST_LETTER_BYTES,
    Headers,
    Message,
    decode_checkpoint,
    decode_dead_letter,
    decode_fact,
    decode_gap,
    encode_checkpoint,
    encode_dead_letter,
    encode_fact,
    encode_gap,
    read_envelope,
    read_position_text,
)
from processors.ports.store import Checkpoint, DeadLetter, Gap, RawEvent, Reached
from tests.recorders import EVENTSTREAMS

TOPIC = "eqiad.mediawiki.recentchange"
HERE = Position("wikitally.facts", 3, 17)
AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
EDIT = next(
    line
    for line in (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
    if b'"type":"edit"' in line or b'"type": "edit"' in line
)

texts = st.text(max_size=40)
positions = st.builds(Position, st.from_regex(r"[a-z0-9._-]{1,40}", fullmatch=True), st.integers(0, 99), st.integers(0))
times = st.datetimes(timezones=st.just(UTC))


def newer(message: Message) -> Headers:
    """As a wikitally wrote it that knows more: another header, before ours."""
    return [("colour", b"\xff"), *message.headers]


class Record:
    """As Faust's clients give it."""

    def __init__(self, value: bytes | None, headers: object) -> None:
        self.topic, self.partition, self.offset = HERE
        self.value = value
        self.headers = headers


@pytest.mark.parametrize("recording", ["mediawiki_1_39/recentchange.ndjson", "recentchange/rc_2026_transcribed.ndjson"])
def test_facts_are_ordered_by_the_wiki_that_decoding_finds(recording: str) -> None:
    """Or what happened on one wiki would stand in two partitions."""
    facts = 0
    for line in (EVENTSTREAMS / recording).read_bytes().splitlines():
        fact = decode(line)
        if isinstance(fact, Fact):
            envelope = read_envelope(line)
            assert encode_fact(RawEvent(line), envelope).key.decode() == fact.wiki
            assert (envelope.event_id, envelope.position) == (fact.event_id, fact.position)
            facts += 1
    assert facts > 10


def test_page_changes_are_ordered_by_their_wiki_too() -> None:
    for path in sorted((EVENTSTREAMS / "page_change").glob("*.json")):
        data = path.read_bytes()
        fact = decode(data)
        if isinstance(fact, Fact):
            assert read_envelope(data).wiki == fact.wiki


def test_a_fact_comes_out_byte_for_byte_with_its_position_on_eventstreams() -> None:
    event = RawEvent(EDIT, Position(TOPIC, 0, 5), "https://stream.example/v2")
    message = encode_fact(event, read_envelope(EDIT))
    again = raw_event(Record(message.value, message.headers))  # type: ignore[arg-type]
    assert (again.data, again.position) == (EDIT, event.position)
    assert again.source == "https://stream.example/v2 wikitally.facts/3/17"


def test_headers_may_come_as_a_mapping() -> None:
    message = encode_fact(RawEvent(EDIT), read_envelope(EDIT))
    record = Record(message.value, dict(message.headers))
    assert raw_event(record).data == EDIT  # type: ignore[arg-type]


def test_an_event_without_a_position_gets_that_of_the_message() -> None:
    data = orjson.dumps({"meta": {"id": "x", "domain": "en.wikipedia.org"}})
    message = encode_fact(RawEvent(data), read_envelope(data))
    assert decode_fact(data, message.headers, HERE).position == HERE


def test_canaries_have_a_key_of_their_own() -> None:
    data = orjson.dumps({"meta": {"id": "x", "domain": "canary"}, "server_name": "en.wikipedia.org"})
    envelope = read_envelope(data)
    assert (envelope.wiki, envelope.canary) == ("canary", True)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"type":"edit"}', b'{"meta":{"dt":"x"}}'])
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidEvent):
        read_envelope(data)


@pytest.mark.parametrize(
    "headers", [(), [("schema", b"")], [("schema", b"x")], [("schema", b"2")], [("schema", b"-1")]]
)
def test_a_message_of_another_version_is_refused_and_has_a_position_for_its_dead_letter(headers: object) -> None:
    record = Record(EDIT, headers)
    with pytest.raises(InvalidEvent) as caught:
        raw_event(record)  # type: ignore[arg-type]
    assert caught.value.reason == "version"
    letter = unreadable(record, caught.value, AT)  # type: ignore[arg-type]
    assert (letter.event.position, letter.event.data) == (HERE, EDIT)


def test_a_message_without_a_value_is_refused() -> None:
    with pytest.raises(InvalidEvent, match="no value"):
        raw_event(Record(None, None))  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.none() | positions, texts, texts.filter(bool), texts, times)
def test_dead_letters_survive_the_way(
    data: bytes, position: Position | None, source: str, reason: str, detail: str, at: datetime
) -> None:
    letter = DeadLetter(RawEvent(data, position, source), reason, detail, at)
    message = encode_dead_letter(letter)
    assert decode_dead_letter(message.value, newer(message)) == letter


def test_a_dead_letter_is_never_too_long_for_kafka_itself() -> None:
    letter = DeadLetter(RawEvent(b"x" * 5_000_000), "too_large", "y" * 100_000, AT)
    message = encode_dead_letter(letter)
    assert message.size < MOST_LETTER_BYTES + 10_000
    assert dict(message.headers)["length"] == b"5000000"


def test_a_dead_letter_that_does_not_know_its_position_tells_the_one_before() -> None:
    message = encode_dead_letter(DeadLetter(RawEvent(b"{"), "json", "", AT), after=Position(TOPIC, 0, 7))
    assert dict(message.headers)["after"] == f"{TOPIC}/0/7".encode()


@given(
    texts,
    st.dictionaries(
        st.tuples(texts, st.integers(0, 99)), st.builds(Reached, st.integers(-1, 2**62), st.integers(0, 2**62))
    ),
    st.none() | times,
)
def test_checkpoints_survive_the_way(
    streams: str, reached: dict[tuple[str, int], Reached], watermark: datetime | None
) -> None:
    checkpoint = Checkpoint(streams, reached, watermark)
    message = encode_checkpoint(checkpoint)
    assert decode_checkpoint(message.value, newer(message)) == checkpoint


@given(texts, st.integers(0, 99), st.integers(0, 2**62), st.integers(0, 2**62), times, st.booleans())
def test_gaps_survive_the_way(topic: str, partition: int, first: int, last: int, at: datetime, closed: bool) -> None:
    gap = Gap(topic, partition, first, last, at)
    message = encode_gap(gap, closed=closed)
    assert decode_gap(message.value, newer(message)) == (gap, closed)


def test_keys_that_a_newer_wikitally_adds_are_passed_over() -> None:
    message = encode_checkpoint(Checkpoint("a", {("t", 0): Reached(1, 2)}))
    body = orjson.loads(message.value)
    body["colour"] = "green"
    body["reached"][0]["colour"] = "red"
    assert decode_checkpoint(orjson.dumps(body), message.headers).reached == {("t", 0): Reached(1, 2)}


@given(positions)
def test_positions_are_read_as_they_are_written(position: Position) -> None:
    assert read_position_text("/".join(map(str, position))) == position


@pytest.mark.parametrize("text", ["", "a", "a/1", "a/1/x", "a/-1/2", "/1/2", "a//2"])
def test_what_is_no_position_is_none(text: str) -> None:
    assert read_position_text(text) is None
