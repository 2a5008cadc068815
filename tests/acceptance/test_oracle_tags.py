"""Against MediaWiki's own change tags: reverts and redirects of the recording, revision by revision.

recentchange tells no tags; `truth.json` has the database's. Here each is told as revision-tags-change would have:
those that a revision was made with, in the second in which it was made; `mw-reverted`, which comes later, in the second
of the edit that reverted it. All reverted revisions of the recording are of an IP address, as which nobody is counted;
so it has the name of a temporary account here, as the wikis would give it today. That makes its numbers, too,
comparable with the database.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.acceptance.page_changes import Event, Page, Pages, encoded
from tests.acceptance.test_oracle import FOLDER, NAMELESS, WIKIS, Numbers, events, truth
from tests.acceptance.world import World, day
from tests.conftest import NewStore

TEMPORARY = "~2026-50211-05"
REVERTING = {"mw-undo", "mw-rollback", "mw-manual-revert"}
PROGRAM = """\
slug: {wiki}-{switch}
start: 2026-11-23T00:00Z
end: 2026-11-24T00:00Z
wiki: {wiki}
namespaces: all
open: true
exclude: {{bots: false, {switch}: true}}
"""


@dataclass(frozen=True)
class Recording:
    """One wiki's events with those of its tags behind what caused them, and what became of its pages."""

    events: list[Event]
    pages: list[Page]
    tags: dict[int, set[str]]
    """By revision, what the database has."""
    suppressed: set[int]

    @property
    def live(self) -> dict[int, tuple[str, Page]]:
        """Author and page of every revision that recentchange reports, that is live and not suppressed."""
        return {
            rev_id: (user, page)
            for page in self.pages
            if not page.deleted
            for rev_id, user, _ in page.revisions
            if rev_id in page.edits and rev_id not in self.suppressed
        }

    def redirects(self) -> set[int]:
        """Edits of pages that the newest of their tags makes redirects."""
        return {rev_id for rev_id, (_, page) in self.live.items() if self._is_redirect(page)}

    def _is_redirect(self, page: Page) -> bool:
        outcomes = [
            tag == "mw-new-redirect"
            for rev_id, _, _ in page.revisions
            for tag in self.tags.get(rev_id, ())
            if tag in ("mw-new-redirect", "mw-removed-redirect")
        ]
        return bool(outcomes) and outcomes[-1]


def recording(name: str, *, until: str = "") -> Recording:
    """The recording of a wiki, up to (and without) the revision with the tag `until`."""
    tags: dict[int, set[str]] = {}
    for rev_id, tag in json.loads((FOLDER / "truth.json").read_text())[name]["rev_tags"]:
        tags.setdefault(rev_id, set()).add(tag)
    end = next((rev_id for rev_id in sorted(tags) if until in tags[rev_id]), 0)
    source = [{**event, "user": TEMPORARY if event["user"] == NAMELESS else event["user"]} for event in events(name)]
    pages, told, suppressed = Pages(source), list[Event](), set[int]()
    for event in source:
        if end and event.get("revision", {}).get("new") == end:
            break
        told.append(event)
        for kind, page, special in pages.follow(event):
            if kind in ("create", "edit", "move"):
                told += _tags_changes(event, page, tags)
            if not special.get("revision", {}).get("is_editor_visible", True):
                suppressed.add(special["revision"]["rev_id"])
    return Recording(told, pages.all, tags, suppressed)


def _tags_changes(cause: Event, page: Page, tags: dict[int, set[str]]) -> Iterator[Event]:
    """What is told of the page's newest revision, and of those that it reverts."""
    newest = page.revisions[-1][0]
    own = tags.get(newest, set()) - {"mw-reverted"}
    if own:
        yield _tagged(cause, page, newest, own, set())
    if own & REVERTING:
        for reverted, _, _ in page.revisions:
            if "mw-reverted" in tags.get(reverted, ()):
                yield _tagged(cause, page, reverted, tags[reverted], tags[reverted] - {"mw-reverted"})


def _tagged(cause: Event, page: Page, rev_id: int, tags: set[str], before: set[str]) -> Event:
    stream = "mediawiki.revision-tags-change"
    at = datetime.fromtimestamp(cause["timestamp"], UTC).isoformat().replace("+00:00", "Z")
    meta = {**cause["meta"], "stream": stream, "id": f"{cause['wiki']}/{rev_id}/{sorted(tags)}", "dt": at}
    del meta["topic"], meta["offset"]
    return {
        "$schema": "/mediawiki/revision/tags-change/1.0.0",
        "meta": meta,
        "database": cause["wiki"],
        "page_id": page.page_id,
        "page_title": page.title.replace(" ", "_"),
        "page_namespace": page.namespace,
        "page_is_redirect": page.is_redirect,
        "rev_id": rev_id,
        "tags": sorted(tags),
        "prior_state": {"tags": sorted(before)},
    }


def read(store: NewStore, recordings: dict[str, Recording]) -> World:
    """A world that has read them, with a program for each wiki and switch."""
    world = World(store(), day(11, 23, year=2026))
    world.apply(
        "---\n".join(PROGRAM.format(wiki=name, switch=one) for name in WIKIS for one in ("reverted", "redirects"))
    )
    for one in recordings.values():
        world.read_events(encoded(one.events))
    return world


@pytest.fixture(scope="module")
def recordings() -> dict[str, Recording]:
    return {name: recording(name) for name in WIKIS}


@pytest.fixture(scope="module")
def world(new_store: NewStore, recordings: dict[str, Recording]) -> World:
    return read(new_store, recordings)


def lines(world: World, slug: str) -> dict[str, Any]:
    return {one["user"]: one for one in world.board(slug)["standings"]}


@pytest.mark.parametrize("name", WIKIS)
def test_reverted_edits_are_those_that_the_database_has_tagged(
    name: str, world: World, recordings: dict[str, Recording]
) -> None:
    one = recordings[name]
    tagged = Counter(user for rev_id, (user, _) in one.live.items() if "mw-reverted" in one.tags.get(rev_id, ()))
    board = lines(world, f"{name}-redirects")
    assert sum(tagged.values()) >= 1
    assert {user: line["reverted"] for user, line in board.items()} == {user: tagged[user] for user in board}
    without = lines(world, f"{name}-reverted")
    assert {user: line["edits"] - without.get(user, {"edits": 0})["edits"] for user, line in board.items()} == {
        user: tagged[user] for user in board
    }


@pytest.mark.parametrize("name", WIKIS)
def test_a_temporary_accounts_numbers_are_the_databases_but_for_what_is_suppressed(
    name: str, world: World, recordings: dict[str, Recording]
) -> None:
    one = recordings[name]
    (hidden,) = one.suppressed
    (size,) = (
        event["length"]["new"] - event["length"]["old"]
        for event in one.events
        if event.get("revision", {}).get("new") == hidden
    )
    line = lines(world, f"{name}-redirects")[TEMPORARY]
    shown = Numbers(line["edits"], line["bytes_added"], line["bytes_net"])
    assert shown + Numbers(1, max(size, 0), size) == truth(name)[NAMELESS]


def redirects(world: World, name: str) -> set[int]:
    rows = world.sql(
        f"SELECT rev_id FROM contributions FINAL WHERE program = '{name}-redirects' AND verdict = 'redirect'"
    )
    return {rev_id for (rev_id,) in rows}


@pytest.mark.parametrize("name", WIKIS)
def test_pages_are_redirects_where_the_newest_tag_says_so(
    name: str, world: World, recordings: dict[str, Recording]
) -> None:
    """At the end no page that anybody edited is one: what moves left behind is no part of the page that was moved."""
    assert redirects(world, name) == recordings[name].redirects() == set()


def test_until_it_is_a_page_again_a_redirects_edits_do_not_count(new_store: NewStore) -> None:
    earlier = {name: recording(name, until="mw-removed-redirect") for name in WIKIS}
    world = read(new_store, earlier)
    found = {name: redirects(world, name) for name in WIKIS}
    assert found == {name: one.redirects() for name, one in earlier.items()}
    assert all(len(revisions) == 2 for revisions in found.values())
