"""Leaderboards of any slice, statistics and frozen results on the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.acceptance.commands import wikitally
from tests.recorders import EVENTSTREAMS

RECORDING = EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson"
PROGRAM = """\
slug: afternoon
title: An afternoon
timezone: Europe/Paris
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z", title: All day}]
wikis: ["*.wikipedia.org"]
participants: [{user: Aïcha Benali, team: blue}, {user: Bob the Builder, hidden: true}]
campaigns: [autumn]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a replayed recording, and a result of it."""
    directory = tmp_path_factory.mktemp("numbers")
    programs = directory / "programs.yaml"
    programs.write_text(PROGRAM, encoding="utf-8")
    wikitally("replay", RECORDING, "--programs", programs, "--data", directory / "store")
    wikitally("programs", "freeze", "afternoon", "final", "--data", directory / "store")
    return directory / "store"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_boards_are_of_teams_wikis_articles_and_campaigns(data: Path) -> None:
    users = json.loads(wikitally("leaderboard", "afternoon", "--format", "json", "--data", data))
    assert sorted(one["user"] for one in users["standings"]) == ["Aïcha Benali", "Participant 2"]
    for by in ("team", "wiki", "article"):
        lines = rows(wikitally("leaderboard", "afternoon", "--by", by, "--format", "csv", "--data", data))
        assert sum(int(line["edits"]) for line in lines) == users["totals"]["edits"]
    campaign = json.loads(wikitally("leaderboard", "autumn", "--campaign", "--format", "json", "--data", data))
    assert campaign["totals"]["edits"] == users["totals"]["edits"]
    session = wikitally("leaderboard", "afternoon", "--session", "all day", "--format", "csv", "--data", data)
    assert rows(session) == rows(wikitally("leaderboard", "afternoon", "--format", "csv", "--data", data))


def test_whoever_has_the_store_may_ask_for_names(data: Path) -> None:
    named = wikitally("leaderboard", "afternoon", "--names", "--format", "wikitext", "--data", data)
    assert "Bob the Builder" in named
    for output in ("table", "json", "csv", "wikitext"):
        assert "Bob" not in wikitally("leaderboard", "afternoon", "--format", output, "--data", data)
    assert "Bob" not in wikitally("results", "afternoon", "final", "--data", data)
    assert "Bob" in wikitally("results", "afternoon", "final", "--names", "--data", data)


def test_statistics_come_as_table_json_and_csv(data: Path) -> None:
    found = json.loads(wikitally("statistics", "afternoon", "--format", "json", "--data", data))
    assert sum(one["edits"] for one in found["parts"]) == found["totals"]["edits"] > 0
    by_hour = rows(wikitally("statistics", "afternoon", "--by", "hour", "--format", "csv", "--data", data))
    assert all(one["key"].endswith("+0100") for one in by_hour)
    assert "All day" in wikitally("statistics", "afternoon", "--by", "session", "--data", data)


def test_results_are_listed_and_shown_beside_what_is_now(data: Path) -> None:
    (listed,) = json.loads(wikitally("results", "afternoon", "--json", "--data", data))["results"]
    assert (listed["name"], listed["intact"]) == ("final", True)
    assert "Nothing has changed since." in wikitally("results", "afternoon", "final", "--data", data)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("statistics", "aftrenoon"), "did you mean afternoon?"),
        (("leaderboard", "atumn", "--campaign"), "did you mean autumn?"),
        (
            ("leaderboard", "afternoon", "--as-of", "2019-01-01T00:00"),
            "there was no such program at 2018-12-31T23:00:00+00:00",
        ),
        (("leaderboard", "afternoon", "--as-of", "yesterday"), "yesterday"),
        (("leaderboard", "afternoon", "--session", "2"), "there is only session 1 (All day)"),
        (("results", "afternoon", "finale"), "did you mean final?"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(data: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in wikitally(*arguments, "--data", data, code=2)
