"""Positions, gaps, watermark and what is known already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.tracking import Deduplicator, PositionTracker
from processors.facts.facts import Position
from processors.ports.store import Checkpoint, Gap, Reached

EQIAD, CODFW = "eqiad.s", "codfw.s"
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def seen(tracker: PositionTracker, *offsets: int, topic: str = EQIAD, canary: bool = False) -> None:
    for offset in offsets:
        at = None if canary else START + timedelta(seconds=offset)
        tracker.observe(Position(topic, 0, offset), at, canary=canary)


def stretches(gaps: list[Gap]) -> list[tuple[int, int]]:
    return sorted((gap.first, gap.last) for gap in gaps)


def test_offsets_that_count_up_leave_no_gap() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100, 101, 102)
    assert tracker.take_gaps() == ([], [])
    assert tracker.checkpoint().reached[EQIAD, 0].offset == 102


def test_a_jump_is_a_gap_with_its_first_and_last_missing_offset() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100, 104)
    ((gap,), closed) = tracker.take_gaps()
    assert gap == Gap(EQIAD, 0, 101, 103, START + timedelta(seconds=104))
    assert closed == []
    assert tracker.take_gaps() == ([], []), "told once"


def test_reading_again_is_no_gap() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100, 101, 102, 100, 101, 102, 103)
    assert tracker.take_gaps() == ([], [])


def test_a_canary_fills_its_offset() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100)
    seen(tracker, 101, canary=True)
    seen(tracker, 102)
    assert tracker.take_gaps() == ([], [])


def test_a_gap_shrinks_splits_and_closes_as_the_missing_arrive() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100, 106)
    tracker.take_gaps()
    seen(tracker, 103)
    opened, closed = tracker.take_gaps()
    assert stretches(opened) == [(101, 102), (104, 105)], "the first half keeps its key and replaces the whole"
    assert closed == []
    seen(tracker, 104, 105)
    opened, closed = tracker.take_gaps()
    assert (stretches(opened), stretches(closed)) == ([], [(104, 105)])
    seen(tracker, 101, 102)
    opened, closed = tracker.take_gaps()
    assert (stretches(opened), stretches(closed)) == ([], [(101, 102)])


def test_a_gap_that_was_open_before_a_restart_closes_after_it() -> None:
    resume = Checkpoint("s", {(EQIAD, 0): Reached(106, 1000)})
    tracker = PositionTracker("s", resume, [Gap(EQIAD, 0, 101, 102, START)])
    assert tracker.take_gaps() == ([], [])
    seen(tracker, 101, 102)
    assert stretches(tracker.take_gaps()[1]) == [(101, 102)]


def test_a_gap_that_was_stored_when_the_checkpoint_was_not_closes_too() -> None:
    """They are written one after the other, and a worker may be killed in between."""
    tracker = PositionTracker("s", Checkpoint("s", {(EQIAD, 0): Reached(106, 1000)}), [Gap(EQIAD, 0, 107, 109, START)])
    seen(tracker, 107, 108, 109, 110)
    opened, closed = tracker.take_gaps()
    assert (stretches(opened), stretches(closed)) == ([], [(107, 109)])


def test_what_the_server_no_longer_had_at_a_restart_is_a_gap() -> None:
    tracker = PositionTracker("s", Checkpoint("s", {(EQIAD, 0): Reached(106, 1000)}))
    seen(tracker, 110)
    assert stretches(tracker.take_gaps()[0]) == [(107, 109)]


def test_topics_do_not_meet() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100, 101)
    seen(tracker, 7, 8, topic=CODFW)
    seen(tracker, 102)
    assert tracker.take_gaps() == ([], [])
    reached = tracker.checkpoint().reached
    assert (reached[EQIAD, 0].offset, reached[CODFW, 0].offset) == (102, 8)


def test_an_event_without_a_position_is_left_out() -> None:
    tracker = PositionTracker("s")
    tracker.observe(None, START)
    assert tracker.checkpoint() == Checkpoint("s", {}, None)


def test_an_event_that_could_not_be_understood_moves_the_offset_and_not_the_time() -> None:
    tracker = PositionTracker("s")
    seen(tracker, 100)
    tracker.observe(Position(EQIAD, 0, 101))
    reached = tracker.checkpoint().reached[EQIAD, 0]
    assert reached == Reached(101, int((START + timedelta(seconds=100)).timestamp() * 1000))


def test_the_watermark_is_of_the_topic_that_brings_the_facts() -> None:
    tracker = PositionTracker("s")
    tracker.observe(Position(CODFW, 0, 1), START + timedelta(days=3))
    seen(tracker, 100, 101)
    assert tracker.checkpoint().watermark == START + timedelta(seconds=101)
    seen(tracker, 50, topic=CODFW, canary=True)
    assert tracker.checkpoint().watermark == START + timedelta(seconds=101), "a canary says nothing of the others"


def test_the_watermark_of_before_a_restart_holds_until_something_comes() -> None:
    assert PositionTracker("s", Checkpoint("s", {}, START)).checkpoint().watermark == START


@given(st.data(), st.sets(st.integers(0, 40), max_size=12), st.integers(1, 15))
def test_exactly_what_never_arrives_stays_a_gap(data: st.DataObject, lost: set[int], reach: int) -> None:
    """Whatever the order within a stretch, whatever is repeated, and wherever the gaps are taken."""
    arriving = [offset for offset in range(-1, 42) if offset not in lost]
    order = sorted(arriving[1:-1], key=lambda offset: offset + data.draw(st.integers(0, reach)))
    order = [arriving[0], *order, *data.draw(st.lists(st.sampled_from(arriving), max_size=10)), arriving[-1]]
    tracker = PositionTracker("s")
    table: dict[int, tuple[int, bool]] = {}
    for offset in order:
        seen(tracker, offset + 1000)
        if data.draw(st.booleans()):
            _take(tracker, table)
    _take(tracker, table)
    missing = {
        offset - 1000 for first, (last, closed) in table.items() if not closed for offset in range(first, last + 1)
    }
    assert missing == lost


def _take(tracker: PositionTracker, table: dict[int, tuple[int, bool]]) -> None:
    """What the store makes of it: one row by first offset."""
    opened, closed = tracker.take_gaps()
    for gap in opened:
        table[gap.first] = (gap.last, False)
    for gap in closed:
        table[gap.first] = (gap.last, True)


def test_an_id_is_new_once() -> None:
    known = Deduplicator()
    assert [known.add(one) for one in ("a", "b", "a", "a")] == [True, True, False, False]


@given(st.integers(1, 20), st.integers(0, 200))
def test_at_least_the_window_is_remembered_and_at_most_twice_that(window: int, count: int) -> None:
    known = Deduplicator(window)
    for number in range(count):
        assert known.add(str(number))
        assert len(known._newer) + len(known._older) <= 2 * window
        assert not any(known.add(str(before)) for before in range(max(0, number - window + 1), number + 1))


def test_the_watermark_is_that_of_the_stream_that_brings_most() -> None:
    """Tags of a past hour are read in no time; the edits that they belong to are not in yet."""
    tracker = PositionTracker("s")
    seen(tracker, *range(4), topic="eqiad.mediawiki.recentchange")
    assert tracker.checkpoint().watermark == START + timedelta(seconds=3)
    seen(tracker, *range(600, 603), topic="eqiad.mediawiki.revision-tags-change")
    assert tracker.checkpoint().watermark == START + timedelta(seconds=3)
    seen(tracker, *range(4, 9), topic="codfw.mediawiki.recentchange")
    assert tracker.checkpoint().watermark == START + timedelta(seconds=8), "the other data centre took over"
