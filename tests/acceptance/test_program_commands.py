"""What organisers decide from the command line, from the first definition to the frozen result."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from storage.embedded import attach
from tests.acceptance.commands import ENVIRONMENT, arguments, wikitally
from tests.recorders import EVENTSTREAMS

RECORDING = EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson"
PROGRAM = """\
slug: afternoon
title: An afternoon
timezone: Europe/Paris
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: [en.wikipedia.org, "*.wikipedia.org"]
participants: [{user: Aïcha Benali, team: blue}, Bob the Builder]
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A store with a replayed recording and a program."""
    wikitally("replay", RECORDING, "--programs", written(tmp_path, PROGRAM), "--data", tmp_path / "store")
    return tmp_path / "store"


def written(folder: Path, text: str) -> Path:
    file = folder / "program.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def as_json(*given: object) -> Any:
    return json.loads(wikitally(*given, "--json"))


def edits(data: Path, slug: str = "afternoon") -> dict[str, int]:
    board = json.loads(wikitally("leaderboard", slug, "--format", "json", "--data", data))
    return {one["user"]: one["edits"] for one in board["standings"]}


def test_a_change_is_tried_then_meant_then_told_and_undone(data: Path, tmp_path: Path) -> None:
    before = edits(data)
    narrower = written(tmp_path, PROGRAM.replace(", Bob the Builder", ""))

    (tried,) = as_json("programs", "preview", narrower, "--data", data)
    assert tried["needs_confirmation"]
    assert tried["minus"]["edits"] == before["Bob the Builder"]
    assert tried["minus"]["editors"] == 1
    assert tried["minus"]["examples"][0]["user"] == "Bob the Builder"
    assert len(tried["minus"]["examples"]) == 5
    assert edits(data) == before

    refused = wikitally("programs", "apply", narrower, "--data", data, code=2)
    assert f"{before['Bob the Builder']} edits would count no more" in refused
    assert "nothing was applied" in refused
    assert "--yes" in refused
    assert edits(data) == before

    options = ("--yes", "--by", "Olga", "--reason", "not Bob")
    done = as_json("programs", "apply", narrower, *options, "--data", data)
    (event,) = done["events"]
    assert (event["kind"], event["version"], event["actor"], event["reason"]) == ("changed", 2, "Olga", "not Bob")
    assert edits(data) == {"Aïcha Benali": before["Aïcha Benali"]}

    told = wikitally("programs", "history", "afternoon", "--data", data)
    assert told.index("The program was defined.") < told.index("1 participant is removed: Bob the Builder.")
    assert "by Olga" in told
    assert event["event_id"] in told
    assert "Reason: not Bob" in told
    difference = wikitally("programs", "diff", "afternoon", "--from", 1, "--to", 2, "--data", data)
    assert "\n-- Bob the Builder\n" in difference
    assert difference.endswith("1 participant is removed: Bob the Builder.\n")

    old = written(tmp_path, wikitally("programs", "show", "afternoon", "--as-of", "2000-01-01T00:00Z", "--data", data,
                                      code=2))  # fmt: skip
    assert "it was not there" in old.read_text(encoding="utf-8")
    wikitally("programs", "apply", written(tmp_path, PROGRAM), "--data", data)
    assert edits(data) == before


def test_an_empty_scope_is_asked_about_even_when_the_program_is_new(data: Path, tmp_path: Path) -> None:
    file = written(tmp_path, PROGRAM.replace("afternoon", "empty") + "scope: {any: []}\n")
    assert "the scope is empty" in wikitally("programs", "apply", file, "--data", data, code=2)
    assert "empty" not in wikitally("programs", "list", "--data", data)
    wikitally("programs", "apply", file, "--yes", "--data", data)
    assert "empty" in wikitally("programs", "list", "--data", data)


def test_a_text_made_from_an_old_version_is_refused_with_what_was_decided_since(data: Path, tmp_path: Path) -> None:
    shown = wikitally("programs", "show", "afternoon", "--data", data)
    assert "\nversion: 1\n" in shown
    wikitally("participants", "join", "afternoon", "Eve", "--by", "Olga", "--data", data)
    file = written(tmp_path, shown.replace("An afternoon", "Our afternoon"))
    refused = wikitally("programs", "apply", file, "--data", data, code=2)
    assert "made from version 1, and version 2 is the newest" in refused
    assert "somebody joined by Olga" in refused


def test_people_are_enrolled_from_lists_and_count_back_to_the_start(data: Path, tmp_path: Path) -> None:
    before = edits(data)
    roster = tmp_path / "list.txt"
    roster.write_text("* [[User:Chén Xiǎomíng]]\n* Bob the Builder\n", encoding="utf-8")
    enrolled = wikitally("participants", "enrol", "afternoon", roster, "--data", data)
    assert enrolled.startswith("afternoon: 1 user enrolled; 1 took part already")
    assert edits(data)["Chén Xiǎomíng"] > 0

    (receipt,) = as_json("participants", "join", "afternoon", "eve", "--team", "red", "--data", data)["enrolments"]
    assert (receipt["user"], receipt["already"], receipt["since"]) == ("Eve", False, None)
    assert receipt["event_id"]
    again = wikitally("participants", "join", "afternoon", "Eve", "--data", data)
    assert "takes part already" in again

    wikitally("participants", "leave", "afternoon", "Chén Xiǎomíng", "--data", data)
    assert edits(data) == before
    wikitally("participants", "team", "afternoon", "Eve", "green", "--data", data)
    wikitally("participants", "hide", "afternoon", "Eve", "--data", data)
    wikitally("participants", "assign", "afternoon", "Eve", "Marie Curie", "--wiki", "frwiki", "--data", data)
    listed = {one["user"]: one for one in as_json("participants", "list", "afternoon", "--data", data)}
    assert listed["Eve"]["team"] == "green"
    assert listed["Eve"]["hidden"]
    assert listed["Eve"]["pages"] == [{"title": "Marie Curie", "wiki": "fr.wikipedia.org"}]
    message = wikitally("participants", "team", "afternoon", "Bob the Bilder", "x", "--data", data, code=2)
    assert "did you mean Bob the Builder?" in message


def test_a_list_with_a_wrong_line_enrols_nobody(data: Path, tmp_path: Path) -> None:
    roster = tmp_path / "list.csv"
    roster.write_text("user,team\nEve,red\n192.0.2.7,blue\n", encoding="utf-8")
    assert "line 3" in wikitally("participants", "enrol", "afternoon", roster, "--data", data, code=2)
    assert "Eve" not in wikitally("participants", "list", "afternoon", "--data", data)


def test_what_is_excluded_does_not_count_until_it_is_included_again(data: Path) -> None:
    before = edits(data)
    excluding = wikitally("exclude", "afternoon", "--user", "Bob the Builder", "--reason", "copies", "--data", data)
    assert "All that Bob the Builder does does not count any more." in excluding
    assert edits(data) == {"Aïcha Benali": before["Aïcha Benali"]}
    assert "so already" in wikitally(
        "exclude", "afternoon", "--user", "Bob the Builder", "--reason", "copies", "--data", data
    )
    wikitally("include", "afternoon", "--user", "bob_the_Builder", "--data", data)
    assert edits(data) == before
    assert "one of --user" in wikitally("exclude", "afternoon", "--data", data, code=2)
    assert "--wiki" in wikitally("exclude", "afternoon", "--rev", 5, "--data", data, code=2)


def test_programs_are_copied_merged_deleted_restored_and_frozen(data: Path) -> None:
    before = edits(data)
    setting = ("--set", "title=Monday: the day after", "--set", "wikis=[enwiki]")
    wikitally("programs", "clone", "afternoon", "monday", *setting, "--data", data)
    copy = wikitally("programs", "show", "monday", "--data", data)
    assert "wikis: [en.wikipedia.org]" in copy
    assert "Monday: the day after" in copy
    assert "there is a program monday already" in wikitally(
        "programs", "clone", "afternoon", "monday", "--data", data, code=2
    )

    assert "go from its board" in wikitally("programs", "delete", "afternoon", "--data", data, code=2)
    wikitally("programs", "delete", "afternoon", "--yes", "--reason", "twice", "--data", data)
    wikitally("leaderboard", "afternoon", "--data", data, code=2)
    status = {one["slug"]: one["status"] for one in as_json("programs", "list", "--all", "--data", data)}
    assert status == {"afternoon": "deleted", "monday": "active"}
    wikitally("programs", "restore", "afternoon", "--data", data)
    assert edits(data) == before

    wikitally("programs", "merge", "monday", "afternoon", "--yes", "--data", data)
    assert "was merged into afternoon" in wikitally("participants", "join", "monday", "Eve", "--data", data, code=2)

    frozen = wikitally("programs", "freeze", "afternoon", "final", "--as-of", "2026-11-24T01:00", "--data", data)
    assert "The numbers as of 2026-11-24 00:00 UTC were declared the result “final”." in frozen
    future = wikitally("programs", "freeze", "afternoon", "x", "--as-of", "2999-01-01T00:00", "--data", data, code=2)
    assert "yet to come" in future


def test_an_unknown_program_is_named_with_the_nearest_one(data: Path) -> None:
    for command in (["programs", "history"], ["programs", "show"], ["programs", "delete"], ["participants", "list"]):
        assert "did you mean afternoon?" in wikitally(*command, "afternon", "--data", data, code=2)


def test_the_secret_of_a_token_is_told_once(data: Path) -> None:
    made = as_json("tokens", "add", "Olga", "--role", "organiser", "--program", "afternoon", "--data", data)
    secret = made["secret"]
    assert secret.startswith("wt_")
    assert len(secret) >= 3 + 43
    for told in (
        wikitally("tokens", "list", "--json", "--data", data),
        wikitally("sql", "SELECT * FROM tokens", "--format", "json", "--data", data),
    ):
        assert "Olga" in told
        assert secret[3:] not in told
    taken = wikitally("tokens", "add", "Olga", "--role", "admin", "--data", data, code=2)
    assert "there is a token 'Olga' already" in taken
    wikitally("tokens", "revoke", "Olga", "--data", data)
    (token,) = as_json("tokens", "list", "--data", data)
    assert not token["valid"]
    assert "no valid token 'Olga'" in wikitally("tokens", "revoke", "Olga", "--data", data, code=2)


@contextmanager
def running(data: Path) -> Iterator[None]:
    """A `run` on the store, over a rehearsal."""
    rehearsal = subprocess.Popen(
        arguments("rehearse", RECORDING, "--port", 0, "--speed", 1000),
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert rehearsal.stdout is not None
    address = rehearsal.stdout.readline().split(" on ")[1].split("/v2/")[0]
    run = subprocess.Popen(
        arguments("run", "--data", data, "--port", 0, "--stream", address), stderr=subprocess.PIPE, text=True,
        env=ENVIRONMENT,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while attach(data) is None:
            assert run.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield
    finally:
        run.send_signal(signal.SIGINT)
        _, log = run.communicate(timeout=60)
        rehearsal.send_signal(signal.SIGINT)
        rehearsal.communicate(timeout=30)
    assert run.returncode == 0, log


def test_beside_a_running_wikitally_a_command_waits_until_it_has_taken_it_up(data: Path, tmp_path: Path) -> None:
    before = edits(data)
    with running(data):
        wikitally("participants", "join", "afternoon", "Chén Xiǎomíng", "--data", data)
        assert edits(data).keys() - before.keys() == {"Chén Xiǎomíng"}
        narrower = written(tmp_path, PROGRAM.replace(", Bob the Builder", ""))
        (tried,) = as_json("programs", "preview", narrower, "--data", data)
        assert tried["minus"]["edits"] == before["Bob the Builder"]
        done = wikitally("programs", "apply", narrower, "--yes", "--data", data)
        assert "Whoever runs on this store has taken it up." in done
        assert "Bob the Builder" not in edits(data)
        wikitally("programs", "delete", "afternoon", "--yes", "--data", data)
        wikitally("leaderboard", "afternoon", "--data", data, code=2)
