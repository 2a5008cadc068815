"""Looking at the log from outside: its brokers and topics, who works on it and how far, what ingest said last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stamina
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from ingest.kafka_admin import TopicAdmin, admin_client
from ingest.kafka_clients import translated
from ingest.kafka_log import KafkaLog
from ingest.kafka_marks import KafkaMarks
from ingest.kafka_target import KafkaTarget
from ingest.topics import Difference, Topic, TopicDef, TopicPlan, compare
from processors.errors import InvalidEvent
from processors.facts.messages import decode_checkpoint
from processors.ports.store import Checkpoint

STABLE = "Stable"
_NOBODY = frozenset({"Empty", "Dead", ""})
_COMING = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
"""A cluster that never had a group makes room for the first one when it is asked for; or a broker has just died."""


@dataclass(frozen=True, slots=True)
class Member:
    """A worker, as Kafka knows it."""

    host: str
    partitions: frozenset[int]
    """Of facts."""


@dataclass(frozen=True, slots=True)
class Group:
    """The workers. Kafka takes one that died for alive until its session has run out."""

    state: str
    """As Kafka names it: `Stable`; `PreparingRebalance` and the like while partitions are given out anew; `Empty`."""
    members: Sequence[Member]
    committed: Mapping[int, int]
    """By partition of facts, the offset that monitors take for read."""

    @property
    def there(self) -> bool:
        """Whether anybody is in it."""
        return self.state not in _NOBODY


@dataclass(frozen=True, slots=True)
class Said:
    """The newest checkpoint of a list of streams."""

    checkpoint: Checkpoint
    at: datetime


@dataclass(frozen=True, slots=True)
class LogSeen:
    """What a look at the log shows."""

    brokers: int
    topics: Sequence[TopicDef]
    differences: Sequence[Difference]
    group: Group
    begins: Mapping[int, int]
    """By partition of facts, its first offset; empty where there is no such topic."""
    ends: Mapping[int, int]
    """By partition of facts, the offset behind its last one."""
    said: Sequence[Said]
    """By list of streams; one that a newer wikitally wrote is left out."""


def look_at_log(target: KafkaTarget, plan: TopicPlan) -> LogSeen:
    """Look once. Blocks.

    Raises:
        InvalidInput: Kafka does not let us in.
        LogUnavailable: Kafka does not answer.
    """
    topics = plan.topics()
    facts, checkpoints = plan.name(Topic.FACTS), plan.name(Topic.CHECKPOINTS)
    with admin_client(target) as client:
        brokers = len(client.describe_cluster()["brokers"])
        found = TopicAdmin(client).find(topics)
        for attempt in stamina.retry_context(on=_COMING, timeout=10.0, wait_initial=0.2, wait_max=1.0):
            with attempt:
                group = _group(client, plan.group, facts)
    begins, ends = _extent(target, plan, range(found[facts].partitions)) if facts in found else ({}, {})
    said = _said(target, plan) if checkpoints in found else []
    return LogSeen(brokers, topics, compare(topics, found), group, begins, ends, said)


def _group(client: Any, name: str, facts: str) -> Group:
    described = client.describe_groups([name])[name]
    members = [_member(one, facts) for one in described["members"]]
    offsets = client.list_group_offsets([name])[name]
    committed = {place.partition: one.offset for place, one in offsets.items() if place.topic == facts}
    return Group(described["group_state"], sorted(members, key=lambda one: sorted(one.partitions)), committed)


def _member(described: Mapping[str, Any], facts: str) -> Member:
    # None while partitions are given out.
    assignment = described["member_assignment"] or {}
    assigned = assignment.get("assigned_partitions", ()) if isinstance(assignment, Mapping) else ()
    partitions = {number for one in assigned if one["topic"] == facts for number in one["partitions"]}
    return Member(described["client_host"].lstrip("/"), frozenset(partitions))


def _extent(target: KafkaTarget, plan: TopicPlan, partitions: range) -> tuple[Mapping[int, int], Mapping[int, int]]:
    marks = KafkaMarks(target, plan)
    try:
        mark = marks.look(partitions)
    finally:
        marks.close()
    return mark.begins, mark.ends


def _said(target: KafkaTarget, plan: TopicPlan) -> list[Said]:
    newest: dict[str, Said] = {}
    with translated(target):
        for record in KafkaLog(target, plan).read(Topic.CHECKPOINTS):
            if record.value is None:
                continue
            try:
                checkpoint = decode_checkpoint(record.value, record.headers)
            except InvalidEvent:
                continue
            newest[checkpoint.streams] = Said(checkpoint, datetime.fromtimestamp(record.timestamp / 1000, UTC))
    return list(newest.values())
