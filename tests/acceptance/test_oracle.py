"""Against MediaWiki's own database: every number of every user of every wiki, and each difference by its revision.

The events are a real MediaWiki's, `truth.json` is SQL over its tables: live revisions, and bytes against each
revision's parent.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from storage.clickhouse import ClickHouseStore
from storage.target import Target
from tests.acceptance.commands import wikitally
from tests.conftest import new_topics
from tests.distributed import Feed, Workers, processed, wait
from tests.kafka import Kafka
from tests.recorders import EVENTSTREAMS
from tests.servers import Pair, Server

FOLDER = EVENTSTREAMS / "mediawiki_1_39"
WIKIS = {
    "enwiki": "en.wikipedia.org",
    "dewiki": "de.wikipedia.org",
    "jawiki": "ja.wikipedia.org",
    "arwiki": "ar.wikipedia.org",
    "commonswiki": "commons.wikimedia.org",
}
PROGRAM = """\
slug: {dbname}
title: Everyone on {wiki}
sessions: [{{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}}]
wikis: [{wiki}]
namespaces: all
open: true
exclude: {{bots: false}}
"""


@dataclass(frozen=True)
class Numbers:
    edits: int = 0
    bytes_added: int = 0
    bytes_net: int = 0

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(self.edits + other.edits, self.bytes_added + other.bytes_added, self.bytes_net + other.bytes_net)

    def __sub__(self, other: Numbers) -> Numbers:
        return Numbers(self.edits - other.edits, self.bytes_added - other.bytes_added, self.bytes_net - other.bytes_net)


@pytest.fixture(scope="module", params=["embedded", "given", "shards", "distributed"])
def boards(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Numbers]]:
    """What wikitally says, by database name and user."""
    folder = tmp_path_factory.mktemp("oracle")
    programs = folder / "programs.yaml"
    programs.write_text("---\n".join(PROGRAM.format(dbname=name, wiki=wiki) for name, wiki in WIKIS.items()))
    if request.param == "distributed":
        return _distributed(request, folder, programs)
    environment = _elsewhere(request)
    data = folder / "store"
    wikitally("replay", FOLDER / "recentchange.ndjson", "--programs", programs, "--data", data, **environment)
    return {name: _board(name, data, environment) for name in WIKIS}


def _elsewhere(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What names another server than the embedded one."""
    match request.param:
        case "given":
            given: Server = request.getfixturevalue("given")
            return {"WIKITALLY_CLICKHOUSE_URL": given.new_database("oracle")}
        case "shards":
            pair: Pair = request.getfixturevalue("pair")
            return {"WIKITALLY_CLICKHOUSE_URL": pair.url("oracle")}
    return {}


def _distributed(request: pytest.FixtureRequest, folder: Path, programs: Path) -> dict[str, dict[str, Numbers]]:
    """By two workers over Kafka."""
    kafka: Kafka = request.getfixturevalue("kafka")
    plan = new_topics(kafka)
    server = Server(folder / "server")
    server.start()
    url = server.new_database("oracle")
    environment: dict[str, Any] = {"WIKITALLY_CLICKHOUSE_URL": url}
    workers, feed = Workers(kafka, plan, url, folder), Feed(kafka, plan)
    try:
        wikitally("programs", "apply", programs, **environment)
        workers.start()
        workers.start()
        total = feed.send((FOLDER / "recentchange.ndjson").read_bytes().splitlines())
        store = ClickHouseStore(Target.parse(url))
        wait(lambda: processed(store, plan) >= total, workers, "the recording")
        store.close()
        return {name: _board(name, folder, environment) for name in WIKIS}
    finally:
        workers.close()
        feed.close()
        server.kill()


def _board(name: str, data: Path, environment: Mapping[str, Any]) -> dict[str, Numbers]:
    board = json.loads(wikitally("leaderboard", name, "--format", "json", "--data", data, **environment))
    return {one["user"]: Numbers(one["edits"], one["bytes_added"], one["bytes_net"]) for one in board["standings"]}


def truth(name: str) -> dict[str, Numbers]:
    users = json.loads((FOLDER / "truth.json").read_text())[name]["per_user_live_revisions"]
    return {user: Numbers(one["revisions"], one["bytes_added"], one["net_bytes"]) for user, one in users.items()}


REDIRECT = {
    "enwiki": "#REDIRECT",
    "commonswiki": "#REDIRECT",
    "dewiki": "#WEITERLEITUNG",
    "jawiki": "#転送",
    "arwiki": "#تحويل",
}
MAIN_PAGE_BYTES = {"enwiki": 755, "commonswiki": 755, "dewiki": 827, "jawiki": 851, "arwiki": 813}
FILE_PAGE_BYTES = {"enwiki": 50, "commonswiki": 67, "dewiki": 39, "jawiki": 50, "arwiki": 50}
"""Of every uploaded file's description page; like the main page's, no event carries it."""
INSTALLER = "MediaWiki default"
NAMELESS = "127.0.0.1"


@dataclass
class Unreported:
    """A revision that MediaWiki made without an edit event."""

    cause: str
    user: str
    byte_delta: int
    title: str
    deleted: bool = False


def unreported(name: str) -> dict[int, Unreported]:
    """The revisions of a wiki that recentchange never reports, by number, from its log entries.

    Revision numbers are given out in order, so the causes in order of the log are the missing numbers in order.
    """
    made = [Unreported("main page", INSTALLER, MAIN_PAGE_BYTES[name], "Main Page")]
    reported: set[int] = set()
    for event in events(name):
        if event["type"] in ("edit", "new"):
            reported.add(event["revision"]["new"])
        elif event["type"] == "log":
            _follow(made, event, REDIRECT[name], FILE_PAGE_BYTES[name])
    total = len(reported) + len(made)
    missing = [number for number in range(1, total + 1) if number not in reported]
    return dict(zip(missing, made, strict=True))


def _follow(made: list[Unreported], event: dict[str, Any], redirect: str, file_page_bytes: int) -> None:
    """What a log entry makes, and what it does to those made before."""
    title, user = event["title"], event["user"]
    match event["log_type"], event["log_action"]:
        case "move", action:
            target = event["log_params"]["target"]
            for one in made:
                if action == "move_redir" and one.title == target:
                    one.deleted = True
                elif one.title == title and not one.deleted:
                    one.title = target
            made.append(Unreported("null revision of a move", user, 0, target))
            if event["log_params"]["noredir"] == "0":
                text = f"{redirect} [[{target}]]"
                made.append(Unreported("redirect left by a move", user, len(text.encode()), title))
        case "protect", "protect" | "modify" | "unprotect" if title != "Create protected":
            made.append(Unreported("null revision of a protection", user, 0, title))
        case "upload", "upload":
            made.append(Unreported("description page of an upload", user, file_page_bytes, title))
        case "upload", "overwrite":
            made.append(Unreported("null revision of an overwritten file", user, 0, title))
        case "delete", "delete":
            for one in made:
                one.deleted |= one.title == title


def events(name: str) -> Iterator[dict[str, Any]]:
    for line in (FOLDER / "recentchange.ndjson").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["wiki"] == name:
            yield event


@pytest.mark.parametrize("name", WIKIS)
def test_every_number_is_the_databases_but_for_what_the_stream_never_says(
    name: str, boards: dict[str, dict[str, Numbers]]
) -> None:
    database = truth(name)
    inherent: defaultdict[str, Numbers] = defaultdict(Numbers)
    for one in unreported(name).values():
        if not one.deleted:
            inherent[one.user] += Numbers(1, one.byte_delta, one.byte_delta)
    inherent[NAMELESS] += database[NAMELESS]
    differences = {
        user: database.get(user, Numbers()) - boards[name].get(user, Numbers())
        for user in database.keys() | boards[name].keys()
    }
    assert {user: one for user, one in differences.items() if one != Numbers()} == dict(inherent)


def test_an_ip_address_is_neither_counted_nor_stored(boards: dict[str, dict[str, Numbers]]) -> None:
    assert all(NAMELESS not in users for users in boards.values())


UNREPORTED: dict[str, dict[str, list[int]]] = {
    "enwiki": {
        "main page": [1],
        "null revision of a move": [6, 17, 36, 50, 66, 79, 92, 104, 141, 143, 145, 163],
        "redirect left by a move": [18, 51, 80, 105, 142, 144, 146, 164],
        "null revision of a protection": [147, 148, 149],
        "description page of an upload": [155, 156, 157, 158, 159, 160],
        "null revision of an overwritten file": [161, 162],
    },
    "dewiki": {
        "main page": [1],
        "null revision of a move": [6, 16, 31, 43, 60, 76, 89, 100, 137, 139, 141, 159],
        "redirect left by a move": [17, 44, 77, 101, 138, 140, 142, 160],
        "null revision of a protection": [143, 144, 145],
        "description page of an upload": [151, 152, 153, 154, 155, 156],
        "null revision of an overwritten file": [157, 158],
    },
    "jawiki": {
        "main page": [1],
        "null revision of a move": [6, 17, 36, 50, 66, 79, 92, 104, 141, 143, 145, 163],
        "redirect left by a move": [18, 51, 80, 105, 142, 144, 146, 164],
        "null revision of a protection": [147, 148, 149],
        "description page of an upload": [155, 156, 157, 158, 159, 160],
        "null revision of an overwritten file": [161, 162],
    },
    "arwiki": {
        "main page": [1],
        "null revision of a move": [6, 17, 36, 50, 66, 79, 92, 104, 141, 143, 145, 162],
        "redirect left by a move": [18, 51, 80, 105, 142, 144, 146, 163],
        "null revision of a protection": [147, 148, 149],
        "description page of an upload": [155, 156, 157, 158, 159, 160],
        "null revision of an overwritten file": [161],
    },
    "commonswiki": {
        "main page": [1],
        "null revision of a move": [6, 17, 38, 57, 70, 89, 101, 116, 155, 157, 159, 177],
        "redirect left by a move": [18, 58, 90, 117, 156, 158, 160, 178],
        "null revision of a protection": [161, 162, 163],
        "description page of an upload": [169, 170, 171, 172, 173, 174],
        "null revision of an overwritten file": [175, 176],
    },
}


@pytest.mark.parametrize("name", WIKIS)
def test_the_revisions_that_recentchange_never_reports(name: str) -> None:
    causes: defaultdict[str, list[int]] = defaultdict(list)
    for number, one in unreported(name).items():
        causes[one.cause].append(number)
    assert dict(causes) == UNREPORTED[name]


def test_the_suppressed_revision_is_of_an_editor_who_has_no_name_anyway() -> None:
    """Revision 128 or 124: suppressed by log delete/revision, and made by an IP address."""
    for name in WIKIS:
        (ids,) = (
            event["log_params"]["ids"]
            for event in events(name)
            if event["type"] == "log" and (event["log_type"], event["log_action"]) == ("delete", "revision")
        )
        authors = Counter(
            event["user"]
            for event in events(name)
            if event["type"] in ("edit", "new") and event["revision"]["new"] in ids
        )
        assert authors == {NAMELESS: 1}
