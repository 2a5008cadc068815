"""Which categories are to be listed when, and the facts that listings are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from processors.facts.titles import namespaces_for
from processors.folds.categories import Categories
from processors.folds.listing import LATE, Listing, Wanted, due, listed, tried, wanted
from processors.folds.pages import PageLog
from processors.judging.contributions import CategoryRef
from processors.programs.program import CategoryScope, Membership, PrefixScope, Program, Session
from tests.histories import START, WIKI

X, Y = CategoryRef(WIKI, "Category:X"), CategoryRef(WIKI, "Category:Y")
END = START + timedelta(hours=3)
PROGRAM = Program("p", "P", (Session(START, END),), (WIKI,), scope=(CategoryScope(WIKI, "Category:X", 1),))


def test_a_category_is_wanted_as_deep_and_as_long_as_any_program_needs_it() -> None:
    longer = Session(END, END + timedelta(days=1))
    deeper = replace(PROGRAM, scope=(PrefixScope("A"),), outside=(CategoryScope(WIKI, "Category:X", 3),))
    later = replace(PROGRAM, sessions=(longer,), scope=(CategoryScope(WIKI, "Category:X"),))
    assert wanted([PROGRAM]) == {X: Wanted(1, END + LATE)}
    assert wanted([PROGRAM, deeper, later]) == {X: Wanted(3, longer.end + LATE)}
    assert wanted([later, PROGRAM, deeper]) == wanted([PROGRAM, deeper, later])
    assert wanted([replace(PROGRAM, scope=None)]) == {}


def test_a_category_of_a_wiki_that_its_program_does_not_track_is_not_asked_for() -> None:
    assert wanted([replace(PROGRAM, wikis=("fr.wikipedia.org",))]) == {}
    assert wanted([replace(PROGRAM, wikis=("*.wikipedia.org",))]).keys() == {X}


def test_who_is_in_a_category_now_matters_for_ever() -> None:
    (one,) = wanted([replace(PROGRAM, membership=Membership.NOW)]).values()
    assert one.until > datetime(9000, 1, 1, tzinfo=UTC)


def known(hours_ago: float, depth: int = 1, *, failed: bool = False, error: str = "") -> Listing:
    at = START - timedelta(hours=hours_ago)
    return Listing(X, depth, 7, at, None if failed else at, "away" if failed else error)


@pytest.mark.parametrize(
    ("listing", "is_due"),
    [
        (None, True),
        (known(1), False),
        (known(24), True),
        (known(1, depth=0), True),
        (known(1, depth=2), False),
        (known(0.9, failed=True), False),
        (known(1, failed=True), True),
        (known(1, error="more than 7 pages"), False),
        (known(0.9, depth=0, failed=True), False),
    ],
)
def test_a_category_is_due_once_a_day_and_an_hour_after_a_failure(listing: Listing | None, is_due: bool) -> None:
    listings = {} if listing is None else {X: listing}
    assert due(wanted([PROGRAM]), listings, START) == ({X: 1} if is_due else {})


def test_a_category_of_a_program_long_over_is_listed_once_and_then_no_more() -> None:
    later = END + LATE
    assert due(wanted([PROGRAM]), {}, later) == {X: 1}
    assert due(wanted([PROGRAM]), {X: known(24)}, later - timedelta(seconds=1)) == {X: 1}
    assert due(wanted([PROGRAM]), {X: known(24)}, later) == {}


def test_a_listing_that_failed_leaves_standing_what_the_one_before_found() -> None:
    before, failed = known(24), replace(known(0, failed=True), pages=3)
    assert tried(before, failed) == replace(failed, pages=7, listed_at=before.listed_at)
    assert tried(before, failed).failed
    assert tried(None, failed) == failed
    assert tried(replace(before, depth=0), failed) == failed, "it was another list"
    assert tried(before, known(0)) == known(0)


def test_a_listed_page_is_a_fact_with_the_same_id_all_day_that_names_nobody() -> None:
    one, other = listed(X, ["A", "User:Ada"], START + timedelta(microseconds=7))
    assert (one.occurred_at, one.title, one.page, one.user) == (START, "Category:X", "A", None)
    assert listed(X, ["A"], START + timedelta(hours=2))[0].event_id == one.event_id
    ids = {one.event_id, other.event_id}
    ids |= {fact.event_id for fact in (*listed(Y, ["A"], START), *listed(X, ["A"], START + timedelta(days=1)))}
    assert len(ids) == 4
    assert "Ada" not in other.event_id


def test_listed_pages_are_in_the_category() -> None:
    categories = Categories(namespaces_for(WIKI), PageLog())
    categories.track("Category:X", 0)
    for fact in listed(X, ["A"], START):
        assert categories.add(fact) >= {"A", "Talk:A"}
    scope = CategoryScope(WIKI, "Category:X")
    assert categories.holds(scope, "A", listed(X, ["A"], END)[0].order, Membership.AT_EDIT)
