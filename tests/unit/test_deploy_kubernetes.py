"""deploy/kubernetes: what runs, what it may do, and who finds it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from deploy.ingesting import FLUSH_SECONDS
from deploy.settings import Settings
from deploy.working.command import GOODBYE_SECONDS
from ingest.kafka_target import KafkaTarget
from storage.target import Target
from tests.deploying import DEPLOY, check_command, text
from tests.manifests import (
    CONTAINERS,
    JOBS,
    KAFKA,
    KEEPERS,
    LABELS,
    MANIFESTS,
    OF_OPERATORS,
    OURS,
    PODS,
    POLICIES,
    SERVERS,
    USERS,
    kafka_port,
    of_kind,
    selects,
    variables,
)


@pytest.mark.parametrize("name", sorted(OURS))
def test_pods_run_commands_that_exist_and_may_do_little(name: str) -> None:
    pod = OURS[name]["template"]["spec"]
    (container,) = pod["containers"]
    check_command(container["args"])
    assert "initContainers" not in pod
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {pod['securityContext']['runAsUser']} " in text(DEPLOY / "docker" / "Dockerfile")
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert written == ({"/data", "/tmp"} if container["args"] == ["run"] else {"/tmp"})


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_whose_store_is_away_gets_no_requests_and_is_not_killed(name: str) -> None:
    (container,) = PODS[name]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/health"
    assert container["livenessProbe"]["httpGet"]["path"] == "/metrics"


def test_one_pod_counts_alone_and_of_the_others_there_are_two() -> None:
    replicas = {name: pod["replicas"] for name, pod in PODS.items()}
    assert replicas.pop("wikitally") == 1
    assert replicas == dict.fromkeys(("wikitally-ingest", "wikitally-serve", "wikitally-work"), 2)


def test_topics_and_tables_are_made_by_jobs_that_try_until_kafka_and_clickhouse_are_there() -> None:
    assert {name: CONTAINERS[name]["args"] for name in JOBS} == {
        "wikitally-topics": ["topics", "apply"],
        "wikitally-migrate": ["migrate"],
    }
    for job in JOBS.values():
        assert job["template"]["spec"]["restartPolicy"] == "OnFailure"
        assert job["backoffLimit"] >= 20


def test_a_worker_has_time_to_finish_what_it_stores_and_to_say_goodbye() -> None:
    for name in ("wikitally-work", "wikitally-ingest"):
        grace = PODS[name]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace > GOODBYE_SECONDS + FLUSH_SECONDS


def test_nodes_can_be_drained() -> None:
    budgets = of_kind("PodDisruptionBudget")
    assert budgets.keys() == PODS.keys()
    for name, budget in budgets.items():
        assert budget.get("maxUnavailable", 1) == 1
        assert budget.get("minAvailable", 0) < PODS[name]["replicas"]
    assert KAFKA[1]["kafka"]["template"]["podDisruptionBudget"] == {"maxUnavailable": 1}
    for _, installation in (SERVERS, KEEPERS):
        assert [one["pdbMaxUnavailable"] for one in installation["configuration"]["clusters"]] == [1]


# who reaches whom


def test_every_pod_has_one_policy_and_only_those_around_the_log_reach_kafka() -> None:
    policies = {name: spec for name, spec in POLICIES.items() if name not in OF_OPERATORS}
    of_pods = {}
    for name, labels in LABELS.items():
        ((of_pods[name], policy),) = [one for one in policies.items() if selects(one[1]["podSelector"], labels)]
        ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
        assert {53, 443, 9000} <= ports
        around_the_log = name in ("wikitally-work", "wikitally-ingest", "wikitally-topics")
        assert (9092 in ports) is (kafka_port() in ports) is around_the_log
    assert set(of_pods.values()) == policies.keys()


def test_what_selects_pods_finds_them() -> None:
    for one in MANIFESTS:
        spec, name = one["spec"], one["metadata"]["name"]
        match one["kind"]:
            case "NetworkPolicy" if name not in OF_OPERATORS:
                assert any(selects(spec["podSelector"], found) for found in LABELS.values())
            case "Service":
                assert spec["selector"] == LABELS[name]
            case "Deployment" | "StatefulSet" | "PodDisruptionBudget":
                assert spec["selector"]["matchLabels"] == LABELS[name]


def test_kafka_lets_in_exactly_those_that_have_its_address() -> None:
    (listener,) = KAFKA[1]["kafka"]["listeners"]
    (peer,) = listener["networkPolicyPeers"]
    let_in = {name for name, labels in LABELS.items() if selects(peer["podSelector"], labels)}
    assert let_in == {name for name in OURS if "WIKITALLY_KAFKA_URL" in variables(name)}


def test_clickhouse_lets_in_whoever_counts_or_serves_and_keeper_the_servers_alone() -> None:
    servers = {"clickhouse.altinity.com/chi": SERVERS[0]}
    keepers = {"clickhouse-keeper.altinity.com/chk": KEEPERS[0]}
    assert POLICIES["wikitally-clickhouse"]["podSelector"]["matchLabels"] == servers
    assert POLICIES["wikitally-keeper"]["podSelector"]["matchLabels"] == keepers
    native = peers("wikitally-clickhouse", 9000)
    let_in = {name for name, labels in LABELS.items() if any(selects(peer, labels) for peer in native)}
    assert let_in == {name for name in OURS if "WIKITALLY_CLICKHOUSE_URL" in variables(name)} | {"wikitally"}
    # Distributed tables, replicas, Keeper.
    assert any(selects(peer, servers) for peer in native)
    assert [selects(peer, servers) for peer in peers("wikitally-clickhouse", 9009)] == [True]
    (node,) = SERVERS[1]["configuration"]["zookeeper"]["nodes"]
    assert node["host"] == f"keeper-{KEEPERS[0]}"
    keeper = peers("wikitally-keeper", node["port"])
    assert any(selects(peer, servers) for peer in keeper)
    assert not any(selects(peer, labels) for peer in keeper for labels in LABELS.values())


def peers(policy: str, port: int) -> list[Any]:
    rules = [rule for rule in POLICIES[policy]["ingress"] if {"port": port} in rule["ports"]]
    return [peer["podSelector"] for rule in rules for peer in rule["from"]]


# what they are told


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_is_a_setting_or_part_of_one(name: str) -> None:
    settings = {f"WIKITALLY_{field.upper()}" for field in Settings.model_fields}
    given = variables(name)
    assert CONTAINERS[name]["envFrom"] == [{"secretRef": {"name": "wikitally"}}]
    assert {one for one in given if one.startswith("WIKITALLY_")} <= settings
    earlier: set[str] = set()
    used: set[str] = set()
    for variable, value in given.items():
        wanted = set(re.findall(r"\$\((\w+)\)", value))
        assert wanted <= earlier, f"{variable} is told before what it is made of"
        used |= wanted
        earlier.add(variable)
    assert {one for one in given if not one.startswith("WIKITALLY_")} == used


@pytest.mark.parametrize("name", [name for name in sorted(OURS) if "WIKITALLY_KAFKA_URL" in variables(name)])
def test_each_gets_into_kafka_as_the_user_that_is_made_for_it(name: str, tmp_path: Path) -> None:
    given = variables(name)
    url = given["WIKITALLY_KAFKA_URL"]
    ca = PurePosixPath(url.partition("?ca=")[2])
    (tmp_path / ca.name).touch()
    target = KafkaTarget.parse(url.replace(str(ca), str(tmp_path / ca.name)))
    (listener,) = KAFKA[1]["kafka"]["listeners"]
    assert target.servers == (f"{KAFKA[0]}-kafka-bootstrap:{listener['port']}",)
    assert target.tls is listener["tls"] is True
    assert target.user == name
    assert target.mechanism.lower() == listener["authentication"]["type"] == USERS[name]["authentication"]["type"]
    assert given["KAFKA_PASSWORD"] == f"{name}/password"
    assert target.password == "$(KAFKA_PASSWORD)"
    volumes = {one["name"]: one for one in OURS[name]["template"]["spec"]["volumes"]}
    (mount,) = [one for one in CONTAINERS[name]["volumeMounts"] if one["mountPath"] == str(ca.parent)]
    secret = volumes[mount["name"]]["secret"]
    assert secret == {"secretName": f"{KAFKA[0]}-cluster-ca-cert", "items": [{"key": "ca.crt", "path": ca.name}]}


@pytest.mark.parametrize("name", [name for name in sorted(OURS) if "WIKITALLY_CLICKHOUSE_URL" in variables(name)])
def test_each_finds_the_replicas_of_the_first_shard(name: str) -> None:
    given = variables(name)
    target = Target.parse(given["WIKITALLY_CLICKHOUSE_URL"])
    (cluster,) = SERVERS[1]["configuration"]["clusters"]
    assert (target.layout.cluster, target.layout.replicated) == (cluster["name"], True)
    hosts = [f"chi-{SERVERS[0]}-{cluster['name']}-0-{replica}" for replica in range(cluster["layout"]["replicasCount"])]
    assert [(target.host, target.port), *target.others] == [(host, 9000) for host in hosts]
    of_secret = SERVERS[1]["configuration"]["users"][f"{target.user}/password"]["valueFrom"]["secretKeyRef"]
    assert given["CLICKHOUSE_PASSWORD"] == f"{of_secret['name']}/{of_secret['key']}"
    assert target.password == "$(CLICKHOUSE_PASSWORD)"


def test_no_secret_of_kafkas_users_is_one_of_ours() -> None:
    assert USERS.keys() == {name for name in OURS if "WIKITALLY_KAFKA_URL" in variables(name)}
    assert not USERS.keys() & {"wikitally", "wikitally-clickhouse"}
