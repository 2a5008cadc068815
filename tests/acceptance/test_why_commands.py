"""explain, rules, why-zero and ledger, as organisers use them on a store with a replayed recording."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import wikitally
from tests.recorders import EVENTSTREAMS

RECORDING = EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson"
PROGRAMS = """\
slug: afternoon
title: An afternoon
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: [en.wikipedia.org, "*.wikipedia.org"]
participants: [{user: Aïcha Benali, team: blue}, Bob the Builder]
---
slug: next-week
title: Next week
sessions: [{start: "2026-11-30T14:00", end: "2026-11-30T17:00"}]
timezone: Europe/Paris
wikis: [en.wikipedia.org]
participants: [Aïcha Benali, Bob the Builder]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("why")
    programs = directory / "programs.yaml"
    programs.write_text(PROGRAMS, encoding="utf-8")
    wikitally("replay", RECORDING, "--programs", programs, "--data", directory / "store", "--json")
    return directory / "store"


def asked(*given: object) -> Any:
    return json.loads(wikitally(*given, "--json"))


def test_a_person_and_each_of_their_edits_are_explained(data: Path) -> None:
    person = asked("explain", "afternoon", "--user", "aïcha_Benali", "--data", data)
    assert person["user"] == "Aïcha Benali"
    assert sum(one["edits"] for one in person["sums"]) == person["total"]["edits"] > 0
    assert sum(one["bytes_added"] for one in person["sums"]) == person["total"]["bytes_added"]
    assert len(person["entries"]) == person["total"]["edits"] + person["total"]["uploads"]
    reasons = {one["verdict"]: one for one in person["entries"] if one["kind"] == "edit"}
    assert len(reasons) > 1
    for verdict, entry in reasons.items():
        edit = asked("explain", "afternoon", "--wiki", entry["wiki"], "--rev", entry["rev_id"], "--data", data)
        assert edit["verdict"] == verdict
        held = [one["reason"] for one in edit["checks"] if one["holds"]]
        assert held[:1] == ([] if verdict == "counted" else [verdict])
    table = wikitally("explain", "afternoon", "--user", "Aïcha Benali", "--data", data)
    assert "all that was seen" in table
    assert "as of 2026-11-23" in table


def test_rules_quiet_and_ledger_are_printed(data: Path) -> None:
    assert "2 participants" in wikitally("rules", "afternoon", "--data", data)
    zero = wikitally("why-zero", "next-week", "--data", data)
    assert "30 November 2026, 14:00 (Europe/Paris)" in " ".join(zero.split())
    lines = asked("ledger", "afternoon", "--user", "Bob the Builder", "--limit", "5", "--data", data)["lines"]
    assert [one["user"] for one in lines] == ["Bob the Builder"] * 5
    assert "because" in wikitally("ledger", "afternoon", "--limit", "2", "--data", data)


def test_a_quiet_board_says_why(data: Path) -> None:
    board = json.loads(wikitally("leaderboard", "next-week", "--format", "json", "--data", data))
    assert any("30 November 2026" in sentence for sentence in board["quiet"])
    assert "30 November 2026" in " ".join(wikitally("leaderboard", "next-week", "--data", data).split())
    busy = json.loads(wikitally("leaderboard", "afternoon", "--format", "json", "--data", data))
    assert busy["quiet"] == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("explain", "afternoon"), "either --wiki and --rev"),
        (("explain", "afternoon", "--wiki", "enwiki"), "either --wiki and --rev"),
        (("explain", "afternoon", "--wiki", "enwikii", "--rev", "1"), "did you mean"),
        (("explain", "afternon", "--user", "Ada"), "did you mean afternoon?"),
        (("rules", "x"), "there are: afternoon, next-week"),
        (("ledger", "afternoon", "--rev", "1"), "both or neither"),
    ],
)
def test_bad_questions_are_answered_in_one_line(data: Path, given: tuple[str, ...], says: str) -> None:
    answer = wikitally(*given, "--data", data, code=2)
    assert says in answer
    assert len(answer.strip().splitlines()) == 1
