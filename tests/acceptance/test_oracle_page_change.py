"""The same numbers with page_change.v1 beside recentchange; and numbers of pages, against pages followed by ids.

`truth.json` knows revisions and not pages. Pages followed by ids of their own (`page_changes.py`) have just the
revisions that it has, live and deleted, of every user; so what these pages say of articles is what the database would.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.acceptance.page_changes import Event, Pages, encoded, with_page_changes
from tests.acceptance.test_oracle import FOLDER, INSTALLER, NAMELESS, PROGRAM, WIKIS, events
from tests.acceptance.world import World, day
from tests.conftest import NewStore

CONTENT = {"commonswiki": {0, 6}}
"""Namespaces whose new pages are articles; elsewhere the main one."""


def pages_of(name: str) -> Pages:
    """The pages of a wiki at the end of the recording."""
    made = list(events(name))
    pages = Pages(made)
    for event in made:
        assert all(page for _, page, _ in pages.follow(event))
    return pages


def mixed() -> list[Event]:
    """All of the recording, with what page_change says of it."""
    return [event for name in WIKIS for event in with_page_changes(events(name))]


def read(new_store: NewStore, batches: Iterable[list[Event]]) -> World:
    world = World(new_store(), day(11, 23, year=2026))
    world.apply("---\n".join(PROGRAM.format(dbname=name, wiki=wiki) for name, wiki in WIKIS.items()))
    for batch in batches:
        world.read_events(encoded(batch))
    return world


def boards(world: World) -> dict[str, Any]:
    """Every number of everybody."""
    answers = {name: world.board(name) for name in WIKIS}
    return {name: (answer["totals"], answer["standings"]) for name, answer in answers.items()}


BOOKS = "SELECT * EXCEPT version FROM contributions FINAL ORDER BY program, user, wiki, kind, rev_id"
LEDGER = "SELECT * EXCEPT version FROM ledger FINAL ORDER BY program, user, wiki, kind, rev_id, cause"


@pytest.fixture(scope="module")
def plain(new_store: NewStore) -> World:
    """recentchange alone."""
    return read(new_store, [[event for name in WIKIS for event in events(name)]])


@pytest.fixture(scope="module")
def both(new_store: NewStore) -> World:
    """recentchange and page_change.v1."""
    return read(new_store, [mixed()])


def test_page_change_is_read_and_changes_no_number(plain: World, both: World) -> None:
    ((said,),) = both.sql("SELECT count() FROM facts FINAL WHERE kind = 'page_change'")
    assert said > 800
    assert boards(both) == boards(plain)
    assert both.sql(BOOKS) == plain.sql(BOOKS)
    assert both.sql(LEDGER) == plain.sql(LEDGER)


@pytest.mark.parametrize("seed", range(3))
def test_the_two_streams_may_come_in_any_order_and_twice(new_store: NewStore, plain: World, seed: int) -> None:
    """Each of them in its own order, one far behind the other, and stretches of both again."""
    draw = random.Random(seed)
    told = mixed()
    streams = [[one for one in told if ("page_change_kind" in one) is wanted] for wanted in (False, True)]
    order = [draw.uniform(0, 1) for _ in told]
    cut = [sorted(order[: len(streams[0])]), sorted(order[len(streams[0]) :])]
    merged = sorted(
        (
            (place, one)
            for stream, places in zip(streams, cut, strict=True)
            for one, place in zip(stream, places, strict=True)
        ),
        key=lambda pair: pair[0],
    )
    arrived = [one for _, one in merged]
    batches = [arrived[:700], arrived[500:1500], arrived[1300:]]
    world = read(new_store, batches)
    assert boards(world) == boards(plain)
    assert world.sql(BOOKS) == plain.sql(BOOKS)


@pytest.mark.parametrize("name", WIKIS)
def test_pages_followed_by_ids_have_the_databases_revisions(name: str) -> None:
    database = json.loads((FOLDER / "truth.json").read_text())[name]
    pages = pages_of(name)
    authors = Counter(user for page in pages.live for _, user, _ in page.revisions)
    authors[INSTALLER] += 1
    assert authors == {user: one["revisions"] for user, one in database["per_user_live_revisions"].items()}
    gone = sum(len(page.revisions) for page in pages.all if page.deleted)
    assert gone == database["archived_revisions"]


@pytest.mark.parametrize("name", WIKIS)
def test_articles_created_and_edited_are_those_of_the_pages(name: str, plain: World) -> None:
    created, edited = defaultdict[str, int](int), defaultdict[str, set[int]](set)
    for page in pages_of(name).live:
        if page.creator and page.namespace in CONTENT.get(name, {0}):
            created[page.creator] += 1
        for rev_id, user, _ in page.revisions:
            if rev_id in page.edits:
                edited[user].add(page.page_id)
    shown = {one["user"]: one for one in plain.board(name)["standings"]}
    edited.pop(NAMELESS, None)
    assert {user: one["articles_edited"] for user, one in shown.items() if one["edits"]} == {
        user: len(pages) for user, pages in edited.items()
    }
    assert {user: one["articles_created"] for user, one in shown.items() if one["articles_created"]} == created
