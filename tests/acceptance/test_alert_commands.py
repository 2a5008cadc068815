"""`wikitally alerts` on a store with a replayed recording of a real MediaWiki."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import wikitally
from tests.recorders import EVENTSTREAMS

RECORDING = EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson"
PROGRAM = """\
slug: afternoon
title: An afternoon
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: ["*"]
open: true
exclude: {bots: false}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("alerts")
    programs = directory / "programs.yaml"
    programs.write_text(PROGRAM, encoding="utf-8")
    wikitally("replay", RECORDING, "--programs", programs, "--data", directory / "store", "--json")
    return directory / "store"


def asked(*given: object) -> Any:
    return json.loads(wikitally(*given, "--json"))


def test_alerts_are_listed_acknowledged_and_muted(data: Path) -> None:
    feed = asked("alerts", "list", "afternoon", "--kind", "deleted", "--data", data)
    assert feed["counts"]["deleted"] > 1
    first = feed["alerts"][0]
    assert {"wiki", "title", "users", "steps"} <= first.keys()
    assert "deleted" in wikitally("alerts", "list", "afternoon", "--data", data)
    said = wikitally("alerts", "ack", "afternoon", first["alert_id"][:10], "--by", "Olga", "--data", data)
    assert f"The alert {first['alert_id']} was acknowledged" in said
    wikitally("alerts", "mute", "afternoon", "--kind", "milestone", "--data", data)
    after = asked("alerts", "list", "afternoon", "--data", data)
    assert after["counts"]["deleted"] == feed["counts"]["deleted"] - 1
    assert "milestone" not in after["counts"]
    wikitally("alerts", "unmute", "afternoon", "--kind", "milestone", "--data", data)
    assert "milestone" in asked("alerts", "list", "afternoon", "--data", data)["counts"]
    page = asked("alerts", "list", "--page", first["title"], "--wiki", first["wiki"], "--state", "all", "--data", data)
    (seen,) = [one for one in page["alerts"] if one["alert_id"] == first["alert_id"]]
    assert seen["acknowledged"]["by"] == "Olga"


def test_what_cannot_be_is_said(data: Path) -> None:
    assert "no alert that begins so" in wikitally("alerts", "ack", "afternoon", "zz", "--data", data, code=2)
    assert "did you mean deleted" in wikitally(
        "alerts", "list", "afternoon", "--state", "delete", "--data", data, code=2
    )
    assert "say one of" in wikitally("alerts", "list", "--data", data, code=2)
    assert "one thing is muted" in wikitally("alerts", "mute", "afternoon", "--data", data, code=2)


def test_rules_are_tried_on_categories_and_summaries(data: Path) -> None:
    category = "Category:All articles proposed for deletion"
    found = asked("alerts", "test", "--wiki", "enwiki", "--category", category)
    assert found["rule"]["kind"] == "proposed"
    said = wikitally("alerts", "test", "--wiki", "enwiki", "--category", category)
    assert "Source: http" in said
    assert "raises no alert" in wikitally("alerts", "test", "--wiki", "enwiki", "--comment", "typo")


def test_a_page_tells_what_it_raised(data: Path) -> None:
    deleted = asked("alerts", "list", "afternoon", "--kind", "deleted", "--state", "deleted", "--data", data)["alerts"][
        0
    ]
    found = asked("alerts", "test", "--wiki", deleted["wiki"], "--page", deleted["title"], "--data", data)
    assert "deleted" in [one["kind"] for one in found["alerts"]]
