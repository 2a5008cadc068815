"""deploy/kubernetes: Kafka and ClickHouse, as their operators are told to make them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ingest.topics import Topic, TopicPlan
from storage.migrating import OLDEST, release
from tests.deploying import DEPLOY, ROOT, text
from tests.manifests import KAFKA, KEEPERS, MANIFESTS, SERVERS, USERS, of_kind

COMPOSE = yaml.safe_load(text(DEPLOY / "compose.yaml"))["services"]
PLAN = TopicPlan()

# Kafka


def test_brokers_are_enough_for_what_topics_want() -> None:
    pools = of_kind("KafkaNodePool")
    assert {name: (pool["replicas"], pool["roles"]) for name, pool in pools.items()} == {
        "controller": (3, ["controller"]),
        "broker": (3, ["broker"]),
    }
    config = KAFKA[1]["kafka"]["config"]
    assert pools["broker"]["replicas"] >= PLAN.replication == config["default.replication.factor"]
    in_sync = {one.configs["min.insync.replicas"] for one in PLAN.topics()}
    assert in_sync == {str(config["min.insync.replicas"])} == {"2"}
    assert config["auto.create.topics.enable"] is False
    assert COMPOSE["kafka"]["image"].endswith(f":{KAFKA[1]['kafka']['version']}")


def test_what_holds_the_same_is_not_on_one_node() -> None:
    made = [one for one in MANIFESTS if one["kind"] == "KafkaNodePool"]
    for one in made:
        labels = {**one["metadata"]["labels"], "strimzi.io/pool-name": one["metadata"]["name"]}
        assert apart(one["spec"]["template"]["pod"]) == labels
        assert one["metadata"]["labels"] == {"strimzi.io/cluster": KAFKA[0]}
        assert not any(volume["deleteClaim"] for volume in one["spec"]["storage"]["volumes"])
    (keeper,) = KEEPERS[1]["templates"]["podTemplates"]
    assert apart(keeper["spec"]) == {"clickhouse-keeper.altinity.com/chk": KEEPERS[0]}
    (server,) = SERVERS[1]["templates"]["podTemplates"]
    assert {"type": "ShardAntiAffinity", "topologyKey": "kubernetes.io/hostname"} in server["podDistribution"]


def apart(pod: Any) -> Any:
    (rule,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert rule["topologyKey"] == "kubernetes.io/hostname"
    return rule["labelSelector"]["matchLabels"]


def rights(user: str, operation: str) -> Iterator[str]:
    """Topics by their names without the prefix that a user may do this to."""
    assert KAFKA[1]["kafka"]["authorization"] == {"type": "simple"}
    for rule in USERS[user]["authorization"]["acls"]:
        resource = rule["resource"]
        if resource["type"] != "topic" or operation not in rule["operations"]:
            continue
        if resource.get("patternType") == "prefix":
            assert resource["name"] == PLAN.prefix
            yield from Topic
        else:
            yield Topic(resource["name"].removeprefix(PLAN.prefix))


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ("wikitally-ingest", r"to read ([^.]*?), and to write to ([^.]*?)\."),
        ("wikitally-work", r"A worker needs the rights to read ([^.]*?), to write to ([^.]*?), to use the group"),
    ],
)
def test_rights_are_those_that_the_page_on_kafka_names(user: str, sentence: str) -> None:
    ((read, written),) = re.findall(sentence, text(ROOT / "docs" / "kafka.md").replace("\n", " "))
    assert set(rights(user, "Read")) == set(re.findall(r"`([a-z-]+)`", read)) != set()
    assert set(rights(user, "Write")) == set(re.findall(r"`([a-z-]+)`", written)) != set()
    assert set(rights(user, "Describe")) == set(rights(user, "DescribeConfigs")) == set(Topic)
    assert not {*rights(user, "Create"), *rights(user, "Alter"), *rights(user, "AlterConfigs")}


def test_the_job_may_make_and_change_topics_and_read_or_delete_none() -> None:
    for operation in ("Create", "Alter", "AlterConfigs", "Describe", "DescribeConfigs"):
        assert set(rights("wikitally-topics", operation)) == set(Topic)
    assert not {*rights("wikitally-topics", "Read"), *rights("wikitally-topics", "Write")}
    for user in USERS:
        assert not {*rights(user, "Delete"), *rights(user, "All")}


def test_workers_alone_may_use_their_group() -> None:
    groups = {
        name: (rule["resource"]["name"], rule["operations"])
        for name, user in USERS.items()
        for rule in user["authorization"]["acls"]
        if rule["resource"]["type"] == "group"
    }
    assert groups == {"wikitally-work": (PLAN.group, ["Read", "Describe"])}


# ClickHouse


def test_clickhouse_is_the_one_of_compose_and_not_too_old() -> None:
    for (_, installation), service in ((SERVERS, "clickhouse-1"), (KEEPERS, "keeper")):
        (pod,) = installation["templates"]["podTemplates"]
        (container,) = pod["spec"]["containers"]
        assert container["image"] == COMPOSE[service]["image"]
        assert release(container["image"].partition(":")[2]) >= OLDEST
        (claim,) = installation["templates"]["volumeClaimTemplates"]
        templates = installation["defaults"]["templates"]
        assert templates == {"podTemplate": pod["name"], "dataVolumeClaimTemplate": claim["name"]}
        assert installation["defaults"]["storageManagement"]["reclaimPolicy"] == "Retain"


def test_every_shard_has_a_replica_to_lose_and_keeper_a_majority() -> None:
    (servers,) = SERVERS[1]["configuration"]["clusters"]
    (keepers,) = KEEPERS[1]["configuration"]["clusters"]
    assert servers["layout"] == {"shardsCount": 2, "replicasCount": 2}
    assert keepers["layout"] == {"replicasCount": 3}
    assert servers["secret"] == {"auto": "True"}


def test_the_account_may_and_is_set_to_what_roles_sql_says() -> None:
    roles = text(DEPLOY / "roles" / "roles.sql")
    configuration = SERVERS[1]["configuration"]
    users = configuration["users"]
    granted = re.findall(r"^(GRANT .*) TO wikitally_writer;$", roles, re.MULTILINE)
    assert users["wikitally/grants/query"] == granted != []
    (profile,) = re.findall(r"PROFILE IF NOT EXISTS wikitally_writer SETTINGS([^;]*)(?=;)", roles)
    wanted = dict(re.findall(r"(\w+) = (\w+)", profile))
    given = {name.partition("/")[2]: str(value) for name, value in configuration["profiles"].items()}
    assert wanted.items() <= given.items()
    assert users["wikitally/profile"] == "wikitally_writer"
    assert {name.partition("/")[0] for name in configuration["profiles"]} == {"wikitally_writer"}


def test_no_password_is_written_into_a_manifest() -> None:
    for name, value in SERVERS[1]["configuration"]["users"].items():
        if "password" in name:
            assert value["valueFrom"]["secretKeyRef"]["name"] == "wikitally-clickhouse"
    for path in (DEPLOY / "kubernetes").glob("*.yaml"):
        assert not re.findall(r"//[^\s/@]*:(?!\$\()[^\s/@]*@", text(path))
