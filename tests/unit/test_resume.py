"""Where a new connection goes on."""

from __future__ import annotations

from typing import Any

import orjson

from ingest.resume import Positions
from processors.ports.store import Reached

EQIAD, CODFW = "eqiad.mediawiki.recentchange", "codfw.mediawiki.recentchange"
BEGAN = 1_000_000


def asked(positions: Positions) -> dict[str, int]:
    params, last_event_id = positions.request()
    assert params == {}
    assert last_event_id is not None
    return {entry["topic"]: entry["timestamp"] for entry in orjson.loads(last_event_id)}


def read_until(positions: Positions, *entries: dict[str, Any]) -> None:
    positions.last_id = orjson.dumps(entries).decode()
    positions.connection_ended()


def test_nothing_known_is_asked_for_by_time() -> None:
    assert Positions({}, BEGAN, 500).request() == ({"since": str(BEGAN)}, None)


def test_a_connection_that_brought_nothing_changes_nothing() -> None:
    positions = Positions({}, BEGAN, 500)
    positions.connection_ended()
    assert positions.request() == ({"since": str(BEGAN)}, None)


def test_every_topic_is_asked_for_by_its_own_time_less_the_overlap() -> None:
    positions = Positions({}, BEGAN, 500)
    read_until(
        positions,
        {"topic": EQIAD, "partition": 0, "timestamp": 2_000_000},
        {"topic": CODFW, "partition": 0, "timestamp": 1_500_000},
    )
    assert asked(positions) == {EQIAD: 1_999_500, CODFW: 1_499_500}


def test_a_silent_topic_is_asked_for_from_the_beginning_and_not_from_its_end() -> None:
    positions = Positions({}, BEGAN, 500)
    read_until(
        positions,
        {"topic": EQIAD, "partition": 0, "timestamp": 2_000_000},
        {"topic": CODFW, "partition": 0, "offset": -1},
    )
    assert asked(positions) == {EQIAD: 1_999_500, CODFW: BEGAN - 500}


def test_times_never_go_back() -> None:
    positions = Positions({(EQIAD, 0): Reached(9, 3_000_000)}, BEGAN, 0)
    read_until(positions, {"topic": EQIAD, "partition": 0, "timestamp": 2_000_000})
    assert asked(positions)[EQIAD] == 3_000_000


def test_a_checkpoint_without_the_silent_twin_asks_for_it_too() -> None:
    positions = Positions({(EQIAD, 0): Reached(9, 3_000_000)}, BEGAN, 0)
    assert asked(positions) == {EQIAD: 3_000_000, CODFW: 3_000_000}


def test_a_topic_of_no_data_centre_has_no_twin() -> None:
    assert asked(Positions({("test.event", 0): Reached(9, 3_000_000)}, BEGAN, 0)) == {"test.event": 3_000_000}


def test_a_topic_that_is_known_by_canaries_only_has_no_time_of_its_own() -> None:
    positions = Positions({(EQIAD, 0): Reached(9, 3_000_000), (CODFW, 0): Reached(2, 0)}, BEGAN, 0)
    assert asked(positions) == {EQIAD: 3_000_000, CODFW: 3_000_000}


def test_a_refused_id_is_replaced_by_a_time_that_misses_no_topic_and_then_tried_no_more() -> None:
    positions = Positions({(EQIAD, 0): Reached(9, 3_000_000), (CODFW, 0): Reached(2, 2_000_000)}, BEGAN, 500)
    assert positions.give_up_on_ids()
    assert positions.request() == ({"since": "1999500"}, None)
    assert not positions.give_up_on_ids(), "the second refusal is not about the id"
    read_until(positions, {"topic": EQIAD, "partition": 0, "timestamp": 4_000_000})
    assert asked(positions)[EQIAD] == 3_999_500


def test_a_topic_that_is_gone_is_not_asked_for_again_after_the_refusal() -> None:
    """Or every reconnect would be refused, and then read anew from the last time of the topic that is gone."""
    positions = Positions({(EQIAD, 0): Reached(9, 3_000_000), ("eqiad.gone", 0): Reached(2, 2_000_000)}, BEGAN, 500)
    assert positions.give_up_on_ids()
    read_until(
        positions,
        {"topic": EQIAD, "partition": 0, "timestamp": 4_000_000},
        {"topic": CODFW, "partition": 0, "offset": -1},
    )
    assert set(asked(positions)) == {EQIAD, CODFW}


def test_without_an_id_there_is_nothing_to_give_up() -> None:
    assert not Positions({}, BEGAN, 0).give_up_on_ids()


def test_an_id_that_cannot_be_read_leaves_the_former_times() -> None:
    positions = Positions({(EQIAD, 0): Reached(9, 3_000_000)}, BEGAN, 0)
    for nonsense in ("nonsense", "[1]", '{"a": 1}', '[{"partition": 0}]', "17"):
        positions.last_id = nonsense
        positions.connection_ended()
        assert asked(positions)[EQIAD] == 3_000_000
