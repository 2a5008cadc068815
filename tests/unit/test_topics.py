"""Which topics there are, and what is done about those that differ."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.topics import AT_LEAST, FOR_EVER, Change, Topic, TopicDef, TopicFound, TopicPlan, compare, enough

PLAN = TopicPlan()
TOPICS = {Topic(one.name.removeprefix("wikitally.")): one for one in PLAN.topics()}


def as_wanted(topic: TopicDef) -> TopicFound:
    return TopicFound(topic.name, topic.partitions, topic.replication, topic.configs)


def changes(topic: TopicDef, found: TopicFound) -> list[tuple[Change, str]]:
    return [(one.change, one.config) for one in compare([topic], {topic.name: found})]


def test_every_topic_is_declared_once() -> None:
    assert list(TOPICS) == list(Topic)


def test_facts_are_ordered_by_wiki_and_outlive_the_seven_days_of_eventstreams() -> None:
    facts = TOPICS[Topic.FACTS]
    assert (facts.key, facts.partitions) == ("wiki", 12)
    assert int(facts.configs["retention.ms"]) > 7 * 86_400_000


def test_program_events_have_one_order_and_are_kept_for_ever() -> None:
    events = TOPICS[Topic.PROGRAM_EVENTS]
    assert (events.partitions, events.fixed) == (1, True)
    assert events.configs["cleanup.policy"] == "delete"
    assert events.configs["retention.ms"] == events.configs["retention.bytes"] == FOR_EVER


@pytest.mark.parametrize("topic", [Topic.CHECKPOINTS, Topic.GAPS])
def test_of_what_replaces_itself_the_newest_is_kept(topic: Topic) -> None:
    assert TOPICS[topic].configs["cleanup.policy"] == "compact"
    assert TOPICS[topic].partitions == 1


@pytest.mark.parametrize(("replication", "in_sync"), [(1, "1"), (2, "2"), (3, "2"), (5, "2")])
def test_what_is_acknowledged_survives_one_broker_where_there_are_several(replication: int, in_sync: str) -> None:
    for topic in replace(PLAN, replication=replication).topics():
        assert topic.configs["min.insync.replicas"] == in_sync


def test_topics_as_wanted_differ_in_nothing() -> None:
    assert compare(PLAN.topics(), {one.name: as_wanted(one) for one in PLAN.topics()}) == []


def test_missing_topics_are_created() -> None:
    assert {one.change for one in compare(PLAN.topics(), {})} == {Change.CREATE}


def test_partitions_are_raised_and_never_lowered() -> None:
    facts = TOPICS[Topic.FACTS]
    assert changes(facts, replace(as_wanted(facts), partitions=11)) == [(Change.PARTITIONS, "")]
    assert changes(facts, replace(as_wanted(facts), partitions=13)) == []


def test_a_second_partition_where_one_order_is_needed_is_told() -> None:
    events = TOPICS[Topic.PROGRAM_EVENTS]
    assert changes(events, replace(as_wanted(events), partitions=2)) == [(Change.NONE, "")]


def test_a_plan_of_one_partition_may_grow() -> None:
    (facts, *_) = replace(PLAN, partitions=1).topics()
    assert changes(facts, replace(as_wanted(facts), partitions=12)) == []


def test_a_topic_with_fewer_replicas_is_left_to_the_operator_and_goes_on_taking_messages() -> None:
    """`min.insync.replicas` above the number of replicas would have every message refused."""
    facts = TOPICS[Topic.FACTS]
    configs = {**facts.configs, "min.insync.replicas": "1"}
    found = replace(as_wanted(facts), replication=1, configs=configs)
    assert changes(facts, found) == [(Change.NONE, ""), (Change.NONE, "")]
    assert changes(facts, replace(found, replication=2)) == [(Change.NONE, ""), (Change.CONFIG, "min.insync.replicas")]


def test_a_retention_that_somebody_has_raised_stays() -> None:
    facts = TOPICS[Topic.FACTS]
    for kept, expected in (
        ("86400000", [(Change.CONFIG, "retention.ms")]),
        ("999999999999", []),
        (FOR_EVER, []),
    ):
        found = replace(as_wanted(facts), configs={**facts.configs, "retention.ms": kept})
        assert changes(facts, found) == expected


def test_what_is_to_be_kept_for_ever_is_not_satisfied_by_long() -> None:
    assert not enough("retention.ms", FOR_EVER, "999999999999")


def test_another_cleanup_policy_is_a_difference() -> None:
    events = TOPICS[Topic.PROGRAM_EVENTS]
    found = replace(as_wanted(events), configs={**events.configs, "cleanup.policy": "compact"})
    assert changes(events, found) == [(Change.CONFIG, "cleanup.policy")]


def test_a_config_that_the_broker_does_not_tell_is_a_difference() -> None:
    facts = TOPICS[Topic.FACTS]
    assert (Change.CONFIG, "max.message.bytes") in changes(facts, replace(as_wanted(facts), configs={}))


@given(st.sampled_from(sorted(AT_LEAST)), st.integers(1, 10**12), st.integers(1, 10**12))
def test_setting_a_config_never_lowers_it(config: str, wanted: int, found: int) -> None:
    assert enough(config, str(wanted), str(found)) == (found >= wanted)


def test_names_begin_with_the_prefix() -> None:
    plan = TopicPlan(prefix="test-7.")
    assert plan.name(Topic.FACTS) == "test-7.facts"
    assert all(one.name.startswith("test-7.") for one in plan.topics())


def test_the_documented_table_of_topics_is_the_declared_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kafka.md").read_text(encoding="utf-8")
    rows = {cells[0].strip("`"): cells[1:] for cells in re.findall(ROW, page, re.MULTILINE)}
    for topic, one in TOPICS.items():
        key, partitions, kept, purpose = rows[topic]
        assert (key, purpose) == (one.key, one.purpose)
        assert partitions == ("1" if one.partitions == 1 else "`WIKITALLY_KAFKA_PARTITIONS`")
        assert kept == keeps(one)


ROW = r"^\| (`[a-z-]+`) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$"


def keeps(topic: TopicDef) -> str:
    if topic.configs["cleanup.policy"] == "compact":
        return "newest of each key"
    kept = topic.configs["retention.ms"]
    return "for ever" if kept == FOR_EVER else f"{int(kept) // 86_400_000} days"
