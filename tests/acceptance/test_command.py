"""The command, as people use it."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from storage.embedded import attach
from tests.acceptance.commands import ENVIRONMENT, arguments, wikitally
from tests.recorders import EVENTSTREAMS

RECORDING = EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson"
PROGRAM = """\
slug: afternoon
title: An afternoon
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: [en.wikipedia.org, "*.wikipedia.org"]
participants: [{user: Aïcha Benali, team: blue}, Bob the Builder]
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("programs") / "programs.yaml"
    file.write_text(PROGRAM, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Path:
    """A store with a replayed recording."""
    directory = tmp_path_factory.mktemp("replayed") / "store"
    result = json.loads(wikitally("replay", RECORDING, "--programs", programs, "--data", directory, "--json"))
    assert result["events_read"] == 1125
    assert result["facts"] == 1125
    assert result["dead_letters"] == 0
    assert result["contributions"] > 0
    return directory


def test_replaying_again_changes_nothing(data: Path, programs: Path) -> None:
    before = wikitally("leaderboard", "afternoon", "--format", "csv", "--data", data)
    wikitally("replay", RECORDING, "--programs", programs, "--data", data)
    assert wikitally("leaderboard", "afternoon", "--format", "csv", "--data", data) == before


def test_a_leaderboard_as_json_says_how_fresh_it_is(data: Path) -> None:
    board = json.loads(wikitally("leaderboard", "afternoon", "--format", "json", "--data", data))
    assert [one["user"] for one in board["standings"]] == ["Bob the Builder", "Aïcha Benali"] or [
        one["user"] for one in board["standings"]
    ] == ["Aïcha Benali", "Bob the Builder"]
    assert [one["rank"] for one in board["standings"]] == [1, 2]
    assert {one["user"]: one["team"] for one in board["standings"]}["Aïcha Benali"] == "blue"
    assert board["as_of"].startswith("2026-11-23T18:59")
    assert board["lag_seconds"] > 0
    assert board["gaps"] == 0
    assert board["totals"]["edits"] == sum(one["edits"] for one in board["standings"])


@pytest.mark.parametrize("metric", ["edits", "bytes_net", "articles_created"])
def test_a_leaderboard_ranks_by_any_metric(data: Path, metric: str) -> None:
    text = wikitally("leaderboard", "afternoon", "--metric", metric, "--format", "csv", "--data", data)
    values = [int(row[metric]) for row in csv.DictReader(io.StringIO(text))]
    assert values == sorted(values, reverse=True)
    assert len(values) == 2


def test_a_leaderboard_for_people_and_for_a_wiki_page(data: Path) -> None:
    table = wikitally("leaderboard", "afternoon", "--data", data)
    assert "Aïcha Benali" in table
    assert "as of 2026-11-23 18:59" in table
    wikitext = wikitally("leaderboard", "afternoon", "--format", "wikitext", "--data", data)
    assert wikitext.lstrip().startswith("{|")
    assert "Aïcha Benali" in wikitext


def test_an_unknown_program_is_named_with_the_nearest_one(data: Path) -> None:
    message = wikitally("leaderboard", "afternon", "--data", data, code=2)
    assert message.strip() == "wikitally: afternon: no such program; did you mean afternoon?"


def test_sql_reads_and_only_reads(data: Path) -> None:
    rows = json.loads(wikitally("sql", "SELECT count() AS n FROM facts FINAL", "--format", "json", "--data", data))
    assert rows == [{"n": 1125}]
    text = wikitally("sql", "SELECT 'a b' AS x, NULL AS y", "--format", "csv", "--data", data)
    assert text == "x,y\na b,\n"
    assert "rows" not in wikitally("sql", "DROP TABLE facts", "--data", data, code=2).split()
    assert (
        json.loads(wikitally("sql", "SELECT count() AS n FROM facts FINAL", "--format", "json", "--data", data)) == rows
    )
    assert "nonsense" in wikitally("sql", "SELECT nonsense", "--data", data, code=2)


def test_programs_are_listed_and_shown_as_they_can_be_applied_again(data: Path, tmp_path: Path) -> None:
    assert "An afternoon" in wikitally("programs", "list", "--data", data)
    assert json.loads(wikitally("programs", "list", "--json", "--data", data))[0]["participants"] == 2
    shown = tmp_path / "shown.yaml"
    shown.write_text(wikitally("programs", "show", "afternoon", "--data", data), encoding="utf-8")
    assert wikitally("programs", "apply", shown, "--data", data).strip() == "unchanged: afternoon"


def test_a_program_applied_after_the_events_counts_them(data: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.yaml"
    later.write_text(PROGRAM.replace("afternoon", "later"), encoding="utf-8")
    assert wikitally("programs", "apply", later, "--data", data).splitlines()[0] == "added: later"
    boards = [
        json.loads(wikitally("leaderboard", slug, "--format", "json", "--data", data))["standings"]
        for slug in ("afternoon", "later")
    ]
    assert boards[0] == boards[1] != []


def test_every_error_of_a_file_is_said_at_once_and_nothing_is_applied(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "slug: x\ntitel: X\nsessions: [{start: 2026-11-08T17:00, end: 2026-11-08T14:00}]\nwikis: [en.wikipedia.or g]\n"
    )
    message = wikitally("programs", "check", wrong, code=2)
    assert "titel" in message
    assert "sessions" in message
    assert "wikis" in message
    store = tmp_path / "store"
    wikitally("programs", "apply", wrong, "--data", store, code=2)
    assert not store.exists()


def test_a_store_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    message = wikitally("leaderboard", "x", "--data", tmp_path / "nowhere", code=2)
    assert "nowhere" in message
    assert not (tmp_path / "nowhere").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "gone.ndjson" in wikitally("replay", "gone.ndjson", "--data", tmp_path / "s", code=2, cwd=tmp_path)
    assert "gone.yaml" in wikitally("programs", "check", "gone.yaml", code=2, cwd=tmp_path)


def test_run_wants_to_know_whom_wikimedia_can_reach(tmp_path: Path) -> None:
    message = wikitally("run", "--data", tmp_path / "s", code=2, WIKITALLY_CONTACT="")
    assert "WIKITALLY_CONTACT" in message


def test_settings_that_break_a_rule_are_named() -> None:
    message = wikitally("doctor", code=2, WIKITALLY_PORT="99999", WIKITALLY_BATCH_EVENTS="many")
    assert "WIKITALLY_PORT" in message
    assert "WIKITALLY_BATCH_EVENTS" in message


def test_doctor_says_what_is_there_and_what_is_wrong(data: Path) -> None:
    findings = json.loads(
        wikitally("doctor", "--json", "--data", data, code=1, WIKITALLY_STREAM_URL="http://127.0.0.1:1")
    )
    by_name = {one["what"]: one for one in findings}
    assert by_name["stream"]["state"] == "broken"
    assert by_name["programs"]["state"] == "ok"
    assert "facts " in by_name["tables"]["detail"]
    assert "ClickHouse 26.9" in by_name["store"]["detail"]


def test_demo_once_counts_the_whole_recording(tmp_path: Path) -> None:
    data = tmp_path / "store"
    result = json.loads(wikitally("demo", "--once", "--json", "--data", data))
    assert result["events_read"] - result["canaries"] == 1225 + result["duplicates_dropped"]
    assert result["dead_letters"] == 0
    assert result["events_per_second"] > 0
    boards = {board["program"]: board for board in result["boards"]}
    assert boards["edit-a-thon"]["gaps"] == 0
    assert boards["edit-a-thon"]["totals"]["edits"] > 100
    kept = json.loads(wikitally("leaderboard", "edit-a-thon", "--format", "json", "--data", data))
    assert kept["standings"] == boards["edit-a-thon"]["standings"]


def test_demo_once_prints_the_figures() -> None:
    text = wikitally("demo", "--once")
    for figure in (
        "events read",
        "duplicates dropped",
        "edits judged",
        "contributions",
        "seconds",
        "events per second",
    ):
        assert figure in text
    assert "Aïcha Benali" in text


def test_other_commands_work_while_a_run_has_the_store(tmp_path: Path, programs: Path) -> None:
    rehearsal = subprocess.Popen(
        arguments("rehearse", RECORDING, "--port", 0, "--speed", 1000),
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    data = tmp_path / "store"
    try:
        assert rehearsal.stdout is not None
        address = rehearsal.stdout.readline().split(" on ")[1].split("/v2/")[0]
        run = subprocess.Popen(
            arguments("run", "--data", data, "--port", 0, "--stream", address),
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        try:
            deadline = time.monotonic() + 60
            while attach(data) is None:
                assert run.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert "has taken it up" in wikitally("programs", "apply", programs, "--data", data)
            assert "afternoon" in wikitally("programs", "list", "--data", data)
            refused = wikitally("replay", RECORDING, "--data", data, code=2)
            assert str(data) in refused
            assert str(run.pid) in refused
        finally:
            run.send_signal(signal.SIGINT)
            _, log = run.communicate(timeout=60)
        assert run.returncode == 0, log
    finally:
        rehearsal.send_signal(signal.SIGINT)
        rehearsal.communicate(timeout=30)
    assert rehearsal.returncode == 0


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["rehearse"],
        ["demo"],
        ["replay"],
        ["programs"],
        ["programs", "apply"],
        ["leaderboard"],
        ["sql"],
        ["doctor"],
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    assert "Usage:" in wikitally(*command, "--help")


def test_the_version_is_told() -> None:
    assert wikitally("--version").startswith("wikitally 0.")
