"""Topics on the broker: what there is, and bringing it to what is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    InvalidReplicationFactorError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from ingest.kafka_clients import PATIENCE_MS, make_client, translated
from ingest.kafka_target import KafkaTarget
from ingest.topics import Change, Difference, TopicDef, TopicFound, compare
from processors.errors import InvalidInput


class TopicAdmin:
    """Looks at topics and brings them to what is declared. Nothing is deleted or lowered."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def find(self, topics: Sequence[TopicDef]) -> Mapping[str, TopicFound]:
        """Those of the topics that there are."""
        described = self._client.describe_topics([topic.name for topic in topics])
        there = [one for one in described if one["error_code"] != UnknownTopicOrPartitionError.errno]
        for one in there:
            if one["error_code"]:
                raise for_code(one["error_code"])(one["name"])
        if not there:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, one["name"]) for one in there]
        configs = self._client.describe_configs(resources, config_filter="all")["topic"]
        return {one["name"]: _found(one, configs[one["name"]]) for one in there}

    def compare(self, topics: Sequence[TopicDef]) -> list[Difference]:
        """How the topics differ from what is declared."""
        return compare(topics, self.find(topics))

    def apply(self, differences: Sequence[Difference]) -> list[Difference]:
        """Do what can be done about differences without losing anything; returns those that were mended."""
        mended = [one for one in differences if one.change is not Change.NONE]
        self._create([one.topic for one in mended if one.change is Change.CREATE])
        raised = {one.topic.name: one.topic.partitions for one in mended if one.change is Change.PARTITIONS}
        if raised:
            self._client.create_partitions(raised)
        set_: dict[str, dict[str, str]] = {}
        for one in mended:
            if one.change is Change.CONFIG:
                set_.setdefault(one.topic.name, {})[one.config] = one.topic.configs[one.config]
        if set_:
            self._client.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, configs) for name, configs in set_.items()]
            )
        return mended

    def _create(self, topics: Sequence[TopicDef]) -> None:
        for topic in topics:
            wanted = {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication,
                "configs": dict(topic.configs),
            }
            try:
                self._client.create_topics({topic.name: wanted})
            except TopicAlreadyExistsError:
                # Somebody else applies at the same moment.
                continue
            except InvalidReplicationFactorError as error:
                raise InvalidInput(
                    f"WIKITALLY_KAFKA_REPLICATION: there are fewer than {topic.replication} brokers ({error})"
                ) from error
        if topics:
            self._client.wait_for_topics([topic.name for topic in topics])


def _found(described: Mapping[str, Any], configs: Mapping[str, Any]) -> TopicFound:
    partitions = described["partitions"]
    return TopicFound(
        described["name"],
        len(partitions),
        min((len(one["replica_nodes"]) for one in partitions), default=0),
        {name: one["value"] for name, one in configs.items()},
    )


@contextmanager
def admin_client(target: KafkaTarget) -> Iterator[Any]:
    """kafka-python's client for administrators, for as long as the block lasts.

    Raises:
        InvalidInput: Kafka does not let us in, or not do that.
        LogUnavailable: Kafka does not answer.
    """
    with translated(target):
        client = make_client(KafkaAdminClient, target, request_timeout_ms=PATIENCE_MS)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def topic_admin(target: KafkaTarget) -> Iterator[TopicAdmin]:
    """An administrator of topics, as `admin_client`."""
    with admin_client(target) as client:
        yield TopicAdmin(client)
