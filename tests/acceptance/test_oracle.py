"""Against MediaWiki's own database: every number of every user of every wiki, and each difference by its revision.

The events are a real MediaWiki's, `truth.json` is SQL over its tables: live revisions, and bytes against each
revision's parent.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.commands import wikitally
from tests.recorders import EVENTSTREAMS

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
        return Numbers(
            self.edits + other.edits, self.bytes_added + other.bytes_added, self.bytes_net + other.bytes_net
        )

    def __sub__(self, other: Numbers) -> Numbers:
        return Numbers(
            self.edits - other.edits, self.bytes_added - other.bytes_added, self.bytes_net - other.bytes_net
        )


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Numbers]]:
    """What wikitally says, by database name and user."""
    folder = tmp_path_factory.mktemp("oracle")
    programs = folder / "programs.yaml"
    programs.write_text("---\n".join(PROGRAM.format(dbname=name, wiki=wiki) for name, wiki in WIKIS.items()))
    data = folder / "store"
    wikitally("replay", FOLDER / "recentchange.ndjson", "--programs", programs, "--data", data)
    return {name: _board(name, data) for name in WIKIS}


def _board(name: str, data: Path) -> dict[str, Numbers]:
    board = json.loads(wikitally("leaderboard", name, "--format", "json", "--data", data))
    return {
        one["user"]: Numbers(one["edits"], one["bytes_added"], one["bytes_net"]) for one in board["standings"]
    }


def truth(name: str) -> dict[str, Numbers]:
    users = json.loads((FOLDER / "truth.json").read_text())[name]["per_user_live_revisions"]
    return {user: Numbers(one["revisions"], one["bytes_added"], one["net_bytes"]) for user, one in users.items()}


def events(name: str) -> Iterator[dict[str, Any]]:
    for line in (FOLDER / "recentchange.ndjson").read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["wiki"] == name:
            yield event


@pytest.mark.parametrize("name", WIKIS)
def test_what_differs_from_the_wikis_own_database(name: str, boards: dict[str, dict[str, Numbers]]) -> None:
    for user, numbers in sorted(truth(name).items()):
        print(name, user, numbers - boards[name].get(user, Numbers()))
    print(set(boards[name]) - set(truth(name)))
    raise AssertionError
