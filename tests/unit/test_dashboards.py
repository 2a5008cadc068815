"""Grafana dashboards and Prometheus rules: what they show is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from processors.metrics import ALL, Kind
from storage.views import view_texts
from tests.needs import missing

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARDS = sorted(DEPLOY.glob("grafana/dashboards/*.json"))
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8"))
SERIES = {
    name
    for one in ALL
    for name in (
        [one.name] if one.kind is not Kind.HISTOGRAM else [f"{one.name}_{part}" for part in ("bucket", "sum", "count")]
    )
}
LABELS = {one.name: set(one.labels) for one in ALL}


def board(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def targets() -> Iterator[tuple[str, Any]]:
    for file in DASHBOARDS:
        for panel in board(file)["panels"]:
            for target in panel["targets"]:
                yield f"{file.stem}: {panel['title']}", target


EXPRESSIONS = [(name, one["expr"]) for name, one in targets() if "expr" in one] + [
    (one["alert"], one["expr"]) for group in RULES["groups"] for one in group["rules"]
]


def test_there_are_dashboards_of_programs_the_pipeline_and_wikis() -> None:
    assert [file.stem for file in DASHBOARDS] == ["pipeline", "programs", "wikis"]
    assert len({board(file)["uid"] for file in DASHBOARDS}) == 3


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_every_panel_has_a_title_a_description_and_a_place_of_its_own(file: Path) -> None:
    panels = board(file)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_asks_a_data_source_that_is_provisioned() -> None:
    file = DEPLOY / "grafana" / "provisioning" / "datasources" / "wikitally.yaml"
    known = {(one["type"], one["uid"]) for one in yaml.safe_load(file.read_text(encoding="utf-8"))["datasources"]}
    asked = {(one["datasource"]["type"], one["datasource"]["uid"]) for _, one in targets()}
    assert asked == known


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_every_expression_asks_for_series_that_we_serve(name: str, expression: str) -> None:
    asked = set(re.findall(r"\bwikitally_\w+", expression))
    assert asked
    assert asked <= SERIES
    for labels in re.findall(r"by \(([^)]*)\)", expression):
        known = {"le", "instance"}.union(*(LABELS.get(re.sub("_(bucket|sum)$", "", one), set()) for one in asked))
        assert set(labels.split(", ")) <= known


def test_panels_read_the_views_for_analysts_only() -> None:
    for name, target in targets():
        read = re.findall(r"\b(?:FROM|JOIN) ([\w.]+)", target.get("rawSql", ""))
        assert {view.partition(".")[2] for view in read} <= view_texts().keys(), name
        assert all(view.startswith("analytics.") for view in read), name


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    alerts = [one for group in RULES["groups"] for one in group["rules"]]
    assert len({one["alert"] for one in alerts}) == len(alerts) >= 8
    for one in alerts:
        assert one["labels"]["severity"] in {"warning", "critical"}
        assert set(one["annotations"]) == {"summary", "description"}


def test_the_rules_do_what_their_own_tests_say() -> None:
    if shutil.which("promtool") is None:
        missing("promtool", "it comes with Debian's package prometheus")
    for command in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
        done = subprocess.run(
            ["promtool", *command], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
