"""What tests of deploy/kubernetes share: the manifests, by what they are."""

from __future__ import annotations

from typing import Any

import yaml

from tests.deploying import DEPLOY, text

MANIFESTS = [one for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")) for one in yaml.safe_load_all(text(path))]


def of_kind(*kinds: str) -> dict[str, Any]:
    return {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] in kinds}


PODS = of_kind("Deployment", "StatefulSet")
JOBS = of_kind("Job")
OURS = {**PODS, **JOBS}
LABELS = {name: spec["template"]["metadata"]["labels"] for name, spec in OURS.items()}
CONTAINERS = {name: spec["template"]["spec"]["containers"][0] for name, spec in OURS.items()}
POLICIES = of_kind("NetworkPolicy")
OF_OPERATORS = {"wikitally-clickhouse", "wikitally-keeper"}
(KAFKA,) = of_kind("Kafka").items()
(SERVERS,) = of_kind("ClickHouseInstallation").items()
(KEEPERS,) = of_kind("ClickHouseKeeperInstallation").items()
USERS = of_kind("KafkaUser")


def selects(selector: Any, labels: Any) -> bool:
    expressions = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in expressions)
    return bool(
        selector["matchLabels"].items() <= labels.items()
        and all(labels.get(one["key"]) in one["values"] for one in expressions)
    )


def variables(name: str) -> dict[str, str]:
    """What a container is told beside the secret `wikitally`; of a secret, where it is."""
    found = {}
    for one in CONTAINERS[name].get("env", []):
        of_secret = one.get("valueFrom", {}).get("secretKeyRef")
        found[one["name"]] = f"{of_secret['name']}/{of_secret['key']}" if of_secret else one["value"]
    return found


def kafka_port() -> int:
    (listener,) = KAFKA[1]["kafka"]["listeners"]
    return int(listener["port"])
