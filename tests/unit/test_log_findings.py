"""What `wikitally doctor` says of Kafka and of the workers, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.cli.findings import Finding, State
from deploy.cli.log_findings import Stored, brokers, clock, findings_of, numbers
from ingest.kafka_group import Group, LogSeen, Member, Said
from ingest.topics import TopicPlan
from processors.ports.store import Checkpoint, Reached
from storage.positions import LogPosition

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
RECENT = NOW - timedelta(seconds=3)
NONE, SOME = frozenset[int](), frozenset({0, 1})
PLAN = TopicPlan(partitions=4, replication=1)
GROUP = Group("Stable", [Member("10.0.0.1", SOME), Member("10.0.0.2", frozenset({2, 3}))], {0: 90})
SEEN = LogSeen(
    brokers=1,
    topics=PLAN.topics(),
    differences=[],
    group=GROUP,
    begins=dict.fromkeys(range(4), 0),
    ends=dict.fromkeys(range(4), 100),
    said=[Said(Checkpoint("recentchange", {}, RECENT), RECENT)],
)


def position(following: int, watermark: datetime = RECENT) -> LogPosition:
    return LogPosition(Reached(following - 1, 0), watermark, 1)


def stored(owners: Mapping[int, str] | None = None, **positions: LogPosition) -> Stored:
    given = {one: position(100) for one in range(4)} | {int(name[1:]): one for name, one in positions.items()}
    return Stored(given, owners or {0: "a", 1: "a", 2: "b", 3: "b"}, timedelta())


def found(seen: LogSeen, of_store: Stored | None) -> dict[str, Finding]:
    return {one.what: one for one in findings_of(seen, of_store, NOW)}


def with_group(**changed: object) -> LogSeen:
    return replace(SEEN, group=replace(GROUP, **changed))  # type: ignore[arg-type]


def test_of_what_is_well_nothing_is_noted() -> None:
    all_ = found(SEEN, stored())
    assert {one.state for one in all_.values()} == {State.OK}
    assert all_["workers"].detail == "2: 10.0.0.1 with partitions 0-1, 10.0.0.2 with partitions 2-3"


def test_while_partitions_are_given_out_nobody_is_missed() -> None:
    seen = with_group(state="PreparingRebalance", members=[Member("10.0.0.1", NONE)])
    all_ = found(seen, stored())
    assert all_["workers"].state is State.NOTE
    assert "PreparingRebalance" in all_["workers"].detail
    assert "partitions" not in all_


def test_a_partition_without_a_worker_is_broken() -> None:
    all_ = found(with_group(members=[Member("10.0.0.1", SOME)]), stored())
    assert all_["partitions"].state is State.BROKEN
    assert all_["partitions"].detail.startswith("partitions 2-3 without a worker")


@pytest.mark.parametrize("state", ["Empty", "Dead", ""])
def test_no_worker_is_broken_only_where_there_were_some(state: str) -> None:
    never = found(with_group(state=state, members=[], committed={}), None)
    assert never["workers"].state is State.NOTE
    once = found(with_group(state=state, members=[], committed={}), stored())
    assert once["workers"].state is State.BROKEN


@pytest.mark.parametrize(
    "owners",
    [
        {0: "a", 1: "a", 2: "a", 3: "a"},
        {0: "a", 1: "a", 2: "b", 3: "c"},
        {0: "a", 1: "a"},
        {0: "b", 1: "a", 2: "b", 3: "b"},
    ],
)
def test_whoever_has_not_taken_partitions_over_is_noted(owners: Mapping[int, str]) -> None:
    all_ = found(SEEN, stored(owners))
    assert all_["owners"].state is State.NOTE
    assert "partitions" in all_["owners"].detail


def test_lag_counts_from_what_is_stored_and_not_from_what_is_committed() -> None:
    log = found(SEEN, stored(p1=position(40)))["log"]
    assert log.detail == "60 messages still to be judged, by partition 1: 60"
    assert [row["lag"] for row in log.rows] == [0, 60, 0, 0]
    assert found(SEEN, None)["log"].detail.startswith("310 messages")


def test_much_lag_is_noted_with_what_helps() -> None:
    seen = replace(SEEN, ends={**SEEN.ends, 2: 50_000})
    log = found(seen, stored())["log"]
    assert log.state is State.NOTE
    assert "more workers help, up to 4" in log.detail


def test_messages_that_kafka_deleted_before_they_were_judged_are_broken() -> None:
    seen = replace(SEEN, begins={**SEEN.begins, 1: 50})
    all_ = found(seen, stored(p1=position(40)))
    assert all_["retention"].state is State.BROKEN
    assert all_["retention"].detail.startswith("10 messages of partition 1 deleted")
    assert all_["log"].rows[1]["lag"] == 50


def test_a_topic_that_was_made_anew_under_positions_that_stand_is_broken() -> None:
    all_ = found(replace(SEEN, ends={**SEEN.ends, 3: 7}), stored())
    assert all_["positions"].state is State.BROKEN
    assert "partition 3" in all_["positions"].detail
    assert all_["log"].rows[3]["lag"] == 0


def test_the_partition_that_is_least_far_decides_how_far_all_is_judged() -> None:
    judged = found(SEEN, stored(p2=position(100, NOW - timedelta(hours=3))))["judged"]
    assert (judged.state, "partition 2 is least far" in judged.detail) == (State.NOTE, True)
    assert "2026-11-25 09:00:00 UTC" in judged.detail


def test_a_partition_without_messages_keeps_nobody_waiting() -> None:
    seen = replace(SEEN, ends={**SEEN.ends, 3: 0})
    state = stored()
    without = replace(state, positions={one: at for one, at in state.positions.items() if one != 3})
    assert found(seen, without)["judged"].state is State.OK
    assert "of partition 3 nothing yet" in found(SEEN, without)["judged"].detail


def test_an_ingest_that_says_nothing_is_noted_and_of_two_lists_the_one_ahead_counts() -> None:
    silent = replace(SEEN, said=[Said(Checkpoint("a", {}, RECENT), NOW - timedelta(minutes=5))])
    assert "does `wikitally ingest` run" in found(silent, None)["ingest"].detail
    old = Said(Checkpoint("old", {}, NOW - timedelta(days=9)), NOW - timedelta(days=9))
    assert found(replace(SEEN, said=[*SEEN.said, old]), None)["ingest"].state is State.OK
    late = replace(SEEN, said=[Said(Checkpoint("a", {}, NOW - timedelta(hours=1)), RECENT)])
    assert "catching up" in found(late, None)["ingest"].detail


@pytest.mark.parametrize(
    ("ahead", "state", "said"),
    [(0.4, State.OK, "0.4 s ahead of"), (-90.0, State.NOTE, "90.0 s behind"), (3.0, State.NOTE, "3.0 s ahead of")],
)
def test_clocks_that_differ_are_noted(ahead: float, state: State, said: str) -> None:
    found_ = clock(replace(stored(), ahead=timedelta(seconds=ahead)))
    assert found_.state is state
    assert said in found_.detail


def test_fewer_brokers_than_copies_are_noted() -> None:
    three = replace(SEEN, topics=TopicPlan(replication=3).topics())
    assert brokers(replace(three, brokers=2), "kafka://a").state is State.NOTE
    assert brokers(replace(three, brokers=3), "kafka://a") == Finding(State.OK, "Kafka", "kafka://a: 3 brokers")


@given(st.sets(st.integers(0, 40), min_size=1))
def test_numbers_of_partitions_can_be_read_back(partitions: set[int]) -> None:
    said = numbers(partitions).partition(" ")[2]
    back: set[int] = set()
    for run in said.split(", "):
        first, _, last = run.partition("-")
        back |= set(range(int(first), int(last or first) + 1))
    assert back == partitions
