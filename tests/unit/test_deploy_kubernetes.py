"""deploy/kubernetes: what runs, what it may do, and who finds it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from deploy.ingesting import FLUSH_SECONDS
from deploy.working.command import GOODBYE_SECONDS
from tests.deploying import DEPLOY, check_command, text

MANIFESTS = [one for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for one in yaml.safe_load_all(text(path))]
PODS = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if "template" in one["spec"]}


@pytest.mark.parametrize("name", sorted(PODS))
def test_pods_run_commands_that_exist_and_may_do_little(name: str) -> None:
    pod = PODS[name]["template"]["spec"]
    (container,) = pod["containers"]
    check_command(container["args"])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {pod['securityContext']['runAsUser']} " in text(DEPLOY / "docker" / "Dockerfile")
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    written = {mount["mountPath"] for mount in container["volumeMounts"]}
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


def test_what_runs_before_a_pod_exists_and_may_do_as_little() -> None:
    first = [one for pod in PODS.values() for one in pod["template"]["spec"].get("initContainers", [])]
    assert [one["args"] for one in first] == [["topics", "apply"]]
    (after,) = PODS["wikitally-ingest"]["template"]["spec"]["containers"]
    for one in first:
        check_command(one["args"])
        assert one["securityContext"] == after["securityContext"]
        assert (one["image"], one["envFrom"]) == (after["image"], after["envFrom"])


def test_a_worker_has_time_to_finish_what_it_stores_and_to_say_goodbye() -> None:
    for name in ("wikitally-work", "wikitally-ingest"):
        grace = PODS[name]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace > GOODBYE_SECONDS + FLUSH_SECONDS


def test_nodes_can_be_drained() -> None:
    budgets = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] == "PodDisruptionBudget"}
    assert budgets.keys() == PODS.keys()
    for name, budget in budgets.items():
        assert budget.get("maxUnavailable", 1) == 1
        assert budget.get("minAvailable", 0) < PODS[name]["replicas"]


def test_every_pod_has_one_policy_and_only_those_around_the_log_reach_kafka() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] == "NetworkPolicy"}
    of_pods = {}
    for name, pod in PODS.items():
        labels = pod["template"]["metadata"]["labels"]
        ((of_pods[name], policy),) = [one for one in policies.items() if selects(one[1]["podSelector"], labels)]
        ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
        assert {53, 443, 9000} <= ports
        assert (9092 in ports) is (name in ("wikitally-work", "wikitally-ingest"))
    assert set(of_pods.values()) == policies.keys()


def selects(selector: Any, labels: Any) -> bool:
    expressions = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in expressions)
    return bool(
        selector["matchLabels"].items() <= labels.items()
        and all(labels[one["key"]] in one["values"] for one in expressions)
    )


def test_what_selects_pods_finds_them() -> None:
    labels = {name: pod["template"]["metadata"]["labels"] for name, pod in PODS.items()}
    for one in MANIFESTS:
        spec, name = one["spec"], one["metadata"]["name"]
        match one["kind"]:
            case "NetworkPolicy":
                assert any(selects(spec["podSelector"], found) for found in labels.values())
            case "Service":
                assert spec["selector"] == labels[name]
            case _:
                assert spec["selector"]["matchLabels"] == labels[name]
