"""deploy/kubernetes: what runs, what it may do, and who finds it."""

from __future__ import annotations

import pytest
import yaml

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


def test_one_pod_counts() -> None:
    assert {name: pod["replicas"] for name, pod in PODS.items()} == {"wikitally": 1, "wikitally-serve": 2}


def test_what_selects_pods_finds_them() -> None:
    labels = {name: pod["template"]["metadata"]["labels"] for name, pod in PODS.items()}
    for one in MANIFESTS:
        spec, name = one["spec"], one["metadata"]["name"]
        match one["kind"]:
            case "NetworkPolicy":
                assert all(spec["podSelector"]["matchLabels"].items() <= found.items() for found in labels.values())
            case "Service":
                assert spec["selector"] == labels[name]
            case _:
                assert spec["selector"]["matchLabels"] == labels[name]
