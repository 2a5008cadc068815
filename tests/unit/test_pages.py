"""The page log: revisions followed through moves, deletions and restorations, in whatever order those arrive."""

from __future__ import annotations

from itertools import permutations

import pytest

from processors.facts.facts import Fact, Order
from processors.folds.pages import Location, PageLog
from tests.histories import common, deleted, edit, moved, restored


def order(number: int) -> Order:
    return edit(number, "any").order


def log_of(*facts: Fact) -> PageLog:
    log = PageLog()
    for fact in facts:
        log.add(fact)
    return log


def test_a_page_that_nothing_happened_to_is_where_it_was() -> None:
    assert log_of().locate("A", order(1)) == Location("A", True)


def test_a_revision_goes_where_its_page_went() -> None:
    log = log_of(moved(5, "User:Ada/Draft", "A"), moved(9, "A", "B"))
    assert log.locate("User:Ada/Draft", order(1)) == Location("B", True)
    assert log.locate("A", order(7)) == Location("B", True)
    assert log.locate("User:Ada/Draft", order(6)) == Location("User:Ada/Draft", True)


def test_what_was_at_a_title_before_a_page_arrived_over_a_redirect_is_gone() -> None:
    log = log_of(moved(5, "A", "B", over_redirect=True))
    assert log.locate("B", order(1)) == Location("B", False)
    assert log.locate("A", order(1)) == Location("B", True)


def test_deleted_pages_come_back_when_restored() -> None:
    assert log_of(deleted(5, "A")).locate("A", order(1)) == Location("A", False)
    assert log_of(deleted(5, "A"), restored(6, "A")).locate("A", order(1)) == Location("A", True)
    assert log_of(deleted(5, "A")).locate("A", order(6)) == Location("A", True), "recreated afterwards"


def test_a_deleted_page_does_not_travel_with_the_one_that_took_its_title() -> None:
    log = log_of(deleted(3, "A"), moved(5, "A", "B"))
    assert log.locate("A", order(1)) == Location("A", False)
    assert log.locate("A", order(4)) == Location("B", True)


def test_two_pages_that_swap_titles_are_kept_apart() -> None:
    log = log_of(moved(3, "A", "T"), moved(4, "B", "A"), moved(5, "T", "B"))
    assert log.locate("A", order(1)).title == "B"
    assert log.locate("B", order(1)).title == "A"


def test_facts_may_arrive_in_any_order_and_twice() -> None:
    facts = [moved(3, "A", "T"), moved(4, "B", "A", over_redirect=True), moved(5, "T", "B"), deleted(6, "A")]
    outcomes = {
        tuple(log_of(*order_of_arrival, *order_of_arrival[:2]).locate(title, order(1)) for title in "ABT")
        for order_of_arrival in permutations(facts)
    }
    assert len(outcomes) == 1


@pytest.mark.parametrize(
    ("fact", "touched"),
    [
        (deleted(9, "C"), {"A", "B", "C"}),
        (deleted(9, "B"), {"A", "B"}),
        (edit(9, "A"), set()),
    ],
)
def test_a_fact_touches_the_titles_from_which_a_page_may_have_come(fact: Fact, touched: set[str]) -> None:
    assert log_of(moved(1, "A", "B"), moved(2, "B", "C")).add(fact) == touched


def test_the_stays_of_a_page_are_its_titles_with_their_times() -> None:
    log = log_of(moved(3, "A", "B"), moved(6, "B", "C"))
    stays = log.stays("B", order(5))
    assert [stay.title for stay in stays] == ["A", "B", "C"]
    assert [stay.covers(order(5)) for stay in stays] == [False, True, False]
    assert [stay.title for stay in log.stays("A", order(4))] == ["A"], "another page, made afterwards"


def test_within_a_second_the_wikis_own_order_decides() -> None:
    first = edit(30, "A").order
    assert log_of(moved(31, "A", "B")).locate("A", first) == Location("B", True)
    assert common(30, "A")["occurred_at"] == common(31, "A")["occurred_at"]
