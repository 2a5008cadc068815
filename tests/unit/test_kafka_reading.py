"""What a worker takes of the records that come, and how far it says that it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import orjson
from hypothesis import given
from hypothesis import strategies as st

from ingest.kafka_reading import LogTracker, Mark, Reading, Sorted, partition_of
from processors.facts.facts import Position
from processors.ports.store import Gap, RawEvent, Reached
from tests.log_records import START, TOPIC, LogRecord, record, wiki_in

OF, LENGTH = 3, 12
NOW = datetime(2026, 11, 25, 13, tzinfo=UTC)


def offsets(events: list[RawEvent]) -> list[tuple[int, int]]:
    """Where events stood, by what Kafka's clients say of it."""
    places = [event.source.rsplit("/", 2)[1:] for event in events]
    return [(int(partition), int(offset)) for partition, offset in places]


def sort(reading: Reading, *records: LogRecord) -> Sorted:
    return reading.sort(records, NOW)


def test_a_key_is_in_the_partition_where_kafkas_own_clients_put_it() -> None:
    """The hashes are those of Kafka's own UtilsTest."""
    hashes = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    for key, hash_ in hashes.items():
        assert partition_of(key, 1000) == (hash_ & 0x7FFFFFFF) % 1000


def test_records_are_taken_in_order_each_once_and_with_their_positions() -> None:
    reading = Reading({0: 5, 1: 0}, OF)
    found = sort(reading, *(record(0, one, of=OF) for one in (3, 4, 5, 5, 6)), record(1, 0, of=OF))
    assert offsets(found.events) == [(0, 5), (0, 6), (1, 0)]
    assert reading.expected == {0: 7, 1: 1}
    assert {one: last.offset for one, last in found.last.items()} == {0: 6, 1: 0}
    assert found.again == {}


def test_what_comes_too_early_is_not_taken_and_asked_for_again() -> None:
    reading = Reading({0: 5}, OF)
    found = sort(reading, record(0, 7, of=OF), record(0, 8, of=OF))
    assert (found.events, found.again, found.last) == ([], {0: 5}, {})
    found = sort(reading, record(0, 7, of=OF), record(0, 5, of=OF), record(0, 6, of=OF))
    assert (offsets(found.events), found.again) == ([(0, 5), (0, 6)], {})


def test_records_of_partitions_that_are_not_ours_are_left_alone() -> None:
    reading = Reading({0: 0}, OF)
    found = sort(reading, record(2, 0, of=OF))
    assert (found, reading.expected) == (Sorted(), {0: 0})


def test_a_record_in_another_partition_than_its_wikis_is_no_event_here() -> None:
    """It came before there were so many partitions."""
    reading = Reading({0: 0}, OF)
    stray = record(0, 0, of=OF, wiki=wiki_in(1, OF))
    found = sort(reading, stray, record(0, 1, of=OF))
    assert found.strays == [stray]
    assert offsets(found.events) == [(0, 1)]
    assert reading.expected == {0: 2}


def test_what_cannot_be_read_is_a_dead_letter_with_its_place_in_kafka_and_does_not_stop_the_rest() -> None:
    reading = Reading({0: 0}, OF)
    key = wiki_in(0, OF).encode()
    newer = LogRecord(0, 1, b"{}", key, {"schema": b"2"})
    found = sort(reading, LogRecord(0, 0, b"{}", key), newer, LogRecord(0, 2, None, key), record(0, 3, of=OF))
    assert [(one.event.position, one.reason) for one in found.letters] == [
        (Position(TOPIC, 0, 0), "version"),
        (Position(TOPIC, 0, 1), "version"),
        (Position(TOPIC, 0, 2), "empty"),
    ]
    assert {one.received_at for one in found.letters} == {NOW}
    assert offsets(found.events) == [(0, 3)]


def test_where_kafka_has_deleted_what_comes_next_reading_goes_on_behind_it_and_says_what_is_missing() -> None:
    reading = Reading({0: 5, 1: 9}, OF)
    assert reading.skip_to({0: 8, 1: 2}, TOPIC, NOW) == [Gap(TOPIC, 0, 5, 7, NOW)]
    assert reading.expected == {0: 8, 1: 9}
    assert reading.skip_to({0: 8, 1: 2}, TOPIC, NOW) == []


# any delivery

Move = tuple[int, int, int]
moves = st.lists(st.tuples(st.integers(0, OF - 1), st.integers(0, LENGTH), st.integers(0, LENGTH)), max_size=30)
LOG = {(partition, offset): record(partition, offset, of=OF) for partition in range(OF) for offset in range(LENGTH)}


@given(moves, st.lists(st.integers(0, LENGTH), min_size=OF, max_size=OF))
def test_whatever_is_delivered_taken_is_a_run_without_holes_or_repetitions(
    given_: list[Move], first: list[int]
) -> None:
    reading = Reading(dict(enumerate(first)), OF)
    taken: dict[int, list[int]] = {partition: [] for partition in range(OF)}
    for partition, begin, end in given_:
        found = sort(reading, *(LOG[partition, offset] for offset in range(begin, max(begin, end))))
        for place, offset in offsets(found.events):
            taken[place].append(offset)
        assert all(reading.expected[one] == last.offset + 1 for one, last in found.last.items())
        assert all(reading.expected[one] == offset for one, offset in found.again.items())
    for partition, start in enumerate(first):
        assert taken[partition] == list(range(start, reading.expected[partition]))


@given(moves)
def test_whoever_is_asked_again_and_delivers_from_there_is_read_to_the_end(given_: list[Move]) -> None:
    reading = Reading(dict.fromkeys(range(OF), 0), OF)
    for partition, begin, end in given_:
        found = sort(reading, *(LOG[partition, offset] for offset in range(begin, max(begin, end))))
        for place, offset in found.again.items():
            assert sort(reading, *(LOG[place, one] for one in range(offset, LENGTH))).again == {}
            assert reading.expected[place] == LENGTH


# how far


def tracked(reading: Reading, newest: Mapping[int, datetime] | None = None) -> LogTracker:
    return LogTracker("kafka:facts", TOPIC, reading, newest or {})


def take(reading: Reading, tracker: LogTracker, *records: LogRecord) -> None:
    tracker.read(sort(reading, *records).last)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def test_the_partition_that_is_least_far_decides() -> None:
    reading = Reading({0: 0, 1: 0}, OF)
    tracker = tracked(reading)
    take(reading, tracker, record(0, 0, of=OF, minutes=5))
    assert tracker.watermark is None
    take(reading, tracker, record(1, 0, of=OF, minutes=3))
    assert tracker.watermark == at(3)


def test_where_nothing_is_left_to_read_all_is_in_that_ingest_has_put_in() -> None:
    reading = Reading({0: 0, 1: 0}, OF)
    tracker = tracked(reading)
    take(reading, tracker, record(0, 0, of=OF, minutes=1))
    tracker.mark(Mark(at(30), {0: 0, 1: 0}, {0: 1, 1: 1}))
    assert tracker.watermark is None
    tracker.mark(Mark(at(30), {0: 0, 1: 0}, {0: 1, 1: 0}))
    assert tracker.watermark == at(30)


def test_a_late_event_does_not_turn_time_back_and_one_without_a_time_leaves_it() -> None:
    reading = Reading({0: 0}, OF)
    tracker = tracked(reading, {0: at(9)})
    take(reading, tracker, record(0, 0, of=OF, minutes=2))
    key = wiki_in(0, OF).encode()
    take(reading, tracker, LogRecord(0, 1, b"{", key), LogRecord(0, 2, None, key))
    assert tracker.watermark == at(9)


def test_the_checkpoint_holds_the_last_of_each_partition_that_was_taken_in() -> None:
    reading = Reading({0: 0, 1: 0}, OF)
    tracker = tracked(reading)
    take(reading, tracker, record(0, 0, of=OF, minutes=1), record(0, 1, of=OF, minutes=4))
    checkpoint = tracker.checkpoint()
    assert checkpoint.streams == "kafka:facts"
    assert checkpoint.reached == {(TOPIC, 0): Reached(1, int(at(4).timestamp() * 1000))}
    assert tracker.take_gaps() == ([], [])


@st.composite
def _steps(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    return draw(
        st.lists(st.tuples(st.sampled_from(("read", "mark")), st.integers(0, OF - 1), st.integers(0, 20)), max_size=25)
    )


@given(_steps())
def test_the_watermark_never_goes_back_and_never_passes_what_has_not_been_read(
    steps: list[tuple[str, int, int]],
) -> None:
    """Kafka holds `LENGTH` records a partition; ingest's watermark lies at minutes that steps say."""
    reading = Reading(dict.fromkeys(range(OF), 0), OF)
    tracker = tracked(reading)
    before, said = datetime.min.replace(tzinfo=UTC), 0
    for step, partition, number in steps:
        if step == "read":
            start = reading.expected[partition]
            take(reading, tracker, *(LOG[partition, one] for one in range(start, min(start + number, LENGTH))))
        else:
            said = max(said, number)
            tracker.mark(Mark(at(said), dict.fromkeys(range(OF), 0), dict.fromkeys(range(OF), LENGTH)))
        watermark = tracker.watermark
        if watermark is None:
            assert before == datetime.min.replace(tzinfo=UTC)
            continue
        assert watermark >= before
        before = watermark
        unread = [one for one in range(OF) if reading.expected[one] < LENGTH]
        assert all(watermark <= at(reading.expected[one] - 1) for one in unread)
        assert watermark <= at(max(LENGTH - 1, said))


def test_records_of_these_tests_are_facts() -> None:
    assert orjson.loads(record(0, 1, of=OF).value or b"")["meta"]["domain"] == wiki_in(0, OF)
