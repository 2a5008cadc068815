"""The topics of Kafka that wikitally uses: their names, keys, partitions and how long they keep what, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from processors.errors import InvalidInput

_DAY_MS = 86_400_000
FOR_EVER = "-1"
MOST_MESSAGE_BYTES = 1024 * 1024
"""Kafka's own default. An event of recentchange has 2 kB, of page_change 10."""


class Topic(StrEnum):
    """Every topic, by its name without the prefix."""

    FACTS = "facts"
    PROGRAM_EVENTS = "program-events"
    CONTRIBUTIONS = "contributions"
    ALERTS = "alerts"
    DEAD_LETTERS = "dead-letters"
    GAPS = "gaps"
    CHECKPOINTS = "checkpoints"


@dataclass(frozen=True, slots=True)
class TopicDef:
    """A topic as it should be."""

    name: str
    key: str
    """What its messages are ordered by."""
    purpose: str
    partitions: int
    replication: int
    configs: Mapping[str, str]
    fixed: bool
    """It has to have exactly so many partitions: one order, or a table that is read as a whole."""


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What an operator decides about topics."""

    prefix: str = "wikitally."
    partitions: int = 12
    """Of topics that are worked on by several workers: the most there can be."""
    replication: int = 3
    facts_days: int = 8
    """The log needs facts until every worker has stored them; EventStreams itself keeps them for seven days."""

    @property
    def group(self) -> str:
        """The consumer group of the workers."""
        return f"{self.prefix}work"

    def name(self, topic: Topic) -> str:
        """The name on the broker."""
        return f"{self.prefix}{topic}"

    def topics(self) -> Sequence[TopicDef]:
        """All topics."""
        return tuple(self._topics())

    def _topics(self) -> Iterator[TopicDef]:
        many, one = self.partitions, 1
        yield self._define(
            Topic.FACTS, "wiki", "events of the streams, byte for byte", many, _kept_days(self.facts_days)
        )
        yield self._define(
            Topic.PROGRAM_EVENTS, "program", "what organisers decide, in one order, kept for ever", one, _KEPT_FOR_EVER
        )
        yield self._define(Topic.CONTRIBUTIONS, "program", "verdicts as they change", many, _kept_days(8))
        yield self._define(Topic.ALERTS, "program", "what organisers should see", one, _kept_days(90))
        yield self._define(
            Topic.DEAD_LETTERS, "position", "what could not be read, with reason and position", one, _kept_days(30)
        )
        yield self._define(Topic.GAPS, "position", "offsets of streams that are missing, and were", one, _COMPACTED)
        yield self._define(
            Topic.CHECKPOINTS, "list of streams", "how far streams have been read and acknowledged", one, _COMPACTED
        )

    def _define(self, topic: Topic, key: str, purpose: str, partitions: int, configs: Mapping[str, str]) -> TopicDef:
        # One broker may go, and what was acknowledged is still on another.
        in_sync = str(min(2, self.replication))
        common = {"min.insync.replicas": in_sync, "max.message.bytes": str(MOST_MESSAGE_BYTES)}
        fixed = topic in _IN_ONE_PARTITION
        return TopicDef(self.name(topic), key, purpose, partitions, self.replication, {**common, **configs}, fixed)


def _kept_days(days: int) -> Mapping[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(days * _DAY_MS), "retention.bytes": FOR_EVER}


_IN_ONE_PARTITION = frozenset({Topic.PROGRAM_EVENTS, Topic.DEAD_LETTERS, Topic.GAPS, Topic.CHECKPOINTS})
_KEPT_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": FOR_EVER, "retention.bytes": FOR_EVER}
_COMPACTED = {"cleanup.policy": "compact", "segment.ms": "3600000", "min.cleanable.dirty.ratio": "0.1"}
"""They are read as a whole. A segment that is written to is not compacted, by default for a week."""

AT_LEAST = frozenset({"retention.ms", "retention.bytes", "min.insync.replicas", "max.message.bytes"})
"""Configs that somebody may have raised on the broker. Lowering them would delete, refuse or endanger messages."""


def enough(config: str, wanted: str, found: str | None) -> bool:
    """Whether a config of the broker's will do."""
    if found == wanted or (config in AT_LEAST and found == FOR_EVER):
        return True
    if config not in AT_LEAST or found is None or wanted == FOR_EVER:
        return False
    return int(found) >= int(wanted)


def no_topic(name: str) -> InvalidInput:
    """What to say where a topic is missing."""
    return InvalidInput(f"there is no topic {name}; `wikitally topics apply` makes it")


# comparing


@dataclass(frozen=True, slots=True)
class TopicFound:
    """A topic as it is on the broker."""

    name: str
    partitions: int
    replication: int
    """The least over its partitions."""
    configs: Mapping[str, str]


class Change(Enum):
    """What `apply` does about a difference."""

    CREATE = "create"
    PARTITIONS = "raise partitions"
    CONFIG = "set"
    NONE = "by hand"
    """Nothing: it would lose something, or takes decisions of the cluster's operator."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a topic is not as it should be."""

    topic: TopicDef
    change: Change
    text: str
    config: str = ""


def compare(wanted: Sequence[TopicDef], found: Mapping[str, TopicFound]) -> list[Difference]:
    """All differences. More than is wanted is none where it does no harm."""
    return [difference for topic in wanted for difference in _compare(topic, found.get(topic.name))]


def _compare(topic: TopicDef, found: TopicFound | None) -> Iterator[Difference]:
    if found is None:
        yield Difference(topic, Change.CREATE, f"missing; {topic.partitions} partitions, {topic.replication} replicas")
        return
    if found.partitions < topic.partitions:
        yield Difference(topic, Change.PARTITIONS, f"partitions: {found.partitions}, want {topic.partitions}")
    elif topic.fixed and found.partitions > topic.partitions:
        text = f"partitions: {found.partitions}, must be {topic.partitions}: make it anew"
        yield Difference(topic, Change.NONE, text)
    if found.replication < topic.replication:
        text = f"replicas: {found.replication}, want {topic.replication}: reassign its partitions"
        yield Difference(topic, Change.NONE, text)
    for config, value in sorted(topic.configs.items()):
        there = found.configs.get(config)
        if enough(config, value, there):
            continue
        if config == "min.insync.replicas" and int(value) > found.replication:
            # Set before there are so many, it would have every message refused.
            yield Difference(topic, Change.NONE, f"{config}: {there}, want {value} once there are as many replicas")
        else:
            yield Difference(topic, Change.CONFIG, f"{config}: {there}, want {value}", config)
