"""Threads of the talk page that are about the tool itself failing: as an organiser meets them at the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.acceptance.commands import wikitally
from tests.acceptance.little_wiki import LittleWiki, Stream
from tests.acceptance.world import TOWNS, day, two_hundred_edits

PROGRAMS = f"""
slug: workshop
start: 2020-05-09T14:00
end: 2020-05-09T17:00
wiki: enwiki
participants: [Admin]
---
slug: trial
start: 2020-05-09T14:00
end: 2020-05-09T17:00
wiki: enwiki
open: true
campaigns: [spring, may]
---{TOWNS}"""
Data = tuple[str, Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """A store on which the stream of two wikis was read."""
    folder = tmp_path_factory.mktemp("talk-page")
    stream = Stream()
    two_hundred_edits(LittleWiki(stream, "ig.wikipedia.org", "igwiki"))
    wiki = LittleWiki(stream, "en.wikipedia.org", "enwiki")
    for number in range(30):
        wiki.edit(f"Guest {number % 6}", f"Article {number}", 100, day(5, 9, f"14:{number:02}"))
    recording, programs = folder / "stream.ndjson", folder / "programs.yaml"
    recording.write_bytes(b"\n".join(stream.take()))
    programs.write_text(PROGRAMS)
    wikitally("replay", recording, "--programs", programs, "--data", folder / "store")
    return "--data", folder / "store"


def board(slug: str, data: Data) -> Any:
    return orjson.loads(wikitally("leaderboard", slug, "--format", "json", *data))


def test_thread_11_names_taken_down_by_hand_count_back_to_the_start(data: Data, tmp_path: Path) -> None:
    """“There was an error: error”, as the event began. “Record the user names, and add them afterwards.”"""
    names = tmp_path / "names.txt"
    names.write_text("".join(f"* [[User:Guest {number}]]\n" for number in range(6)))
    answer = orjson.loads(wikitally("participants", "enrol", "workshop", names, "--json", *data))
    assert len(answer["events"]) == 6
    counted = {one["user"]: one["edits"] for one in board("workshop", data)["standings"]}
    assert counted == {f"Guest {number}": 5 for number in range(6)}


def test_thread_13_a_test_program_is_deleted_whatever_campaigns_it_is_in(data: Data) -> None:
    """“You may delete this page if all campaigns are removed first.”"""
    refused = wikitally("programs", "delete", "trial", *data, code=2)
    assert "30 edits of 6 editors go from its board until it is restored" in refused
    wikitally("programs", "delete", "trial", "--yes", *data)
    listed = orjson.loads(wikitally("programs", "list", "--json", *data))
    assert "trial" not in [one["slug"] for one in listed]


def test_thread_30_what_would_go_is_shown_and_asked_first(data: Data, tmp_path: Path) -> None:
    """Statistics at zero after a change of the program's kind; nobody had been told."""
    generic, scoped = tmp_path / "generic.yaml", tmp_path / "scoped.yaml"
    generic.write_text(TOWNS)
    scoped.write_text(TOWNS + "scope: []\n")
    refused = wikitally("programs", "apply", scoped, *data, code=2)
    assert "- 209 edits, 3 editors, 9 pages, 19,000 bytes added" in refused
    assert "! the scope is empty: no page can count" in refused
    assert "nothing was applied" in refused
    wikitally("programs", "apply", scoped, "--yes", *data)
    wikitally("programs", "apply", generic, *data)
    totals = board("towns", data)["totals"]
    assert (totals["edits"], totals["articles_created"]) == (209, 9)


def test_thread_33a_a_program_is_made_from_a_file_without_any_server(data: Data, tmp_path: Path) -> None:
    """“Internal server error when I create the program; the event is at 5 pm.”"""
    file = tmp_path / "evening.yaml"
    wrong = "slug: evening\nstart: 2020-05-09T14:10\nend: 2020-05-09T17:00\nwiki: enwikipedia\nopen: yes\n"
    file.write_text(wrong)
    refused = wikitally("programs", "apply", file, *data, code=2)
    assert "evening: wiki" in refused
    assert "did you mean" in refused
    file.write_text(wrong.replace("enwikipedia", "enwiki").replace("open: yes", "open: true"))
    wikitally("programs", "apply", file, *data)
    assert board("evening", data)["totals"]["edits"] == 20
