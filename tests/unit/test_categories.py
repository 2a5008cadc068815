"""Category membership: then and now, by side, by depth, through moves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processors.facts.facts import Categorized, Direction, Fact
from processors.facts.titles import namespaces_for
from processors.folds.categories import LISTING_LAG, Categories, members
from processors.folds.pages import PageLog
from processors.programs.program import CategoryScope, Membership, Side
from tests.histories import WIKI, categorized, edit, moved

X = CategoryScope(WIKI, "Category:X")
DEEP = CategoryScope(WIKI, "Category:X", depth=1)
TALK = CategoryScope(WIKI, "Category:X", side=Side.TALK)


def followed(*facts: Fact, depth: int = 0) -> Categories:
    log = PageLog()
    categories = Categories(namespaces_for(WIKI), log)
    categories.track("Category:X", depth)
    for fact in facts:
        if fact.namespace == 14:
            categories.add(fact)  # type: ignore[arg-type]
        else:
            log.add(fact)
    return categories


def holds(categories: Categories, number: int, title: str = "A", scope: CategoryScope = X, now: bool = False) -> bool:
    membership = Membership.NOW if now else Membership.AT_EDIT
    return categories.holds(scope, title, edit(number, title).order, membership)


def test_at_the_edit_means_at_any_moment_of_its_second() -> None:
    categories = followed(categorized(30, "Category:X", "A"), categorized(60, "Category:X", "A", Direction.REMOVED))
    # Three facts fall into one second: 30, 31 and 32 do, 29 is of the second before.
    assert [holds(categories, number) for number in (29, 30, 32, 45, 60, 62, 63)] == [
        False, True, True, True, True, True, False,
    ]  # fmt: skip
    assert not holds(categories, 45, now=True)


def test_now_means_after_the_last_change() -> None:
    categories = followed(categorized(30, "Category:X", "A"))
    assert holds(categories, 1, now=True)
    assert not holds(categories, 1)


@pytest.mark.parametrize("direction", [Direction.UNKNOWN])
def test_a_change_that_could_not_be_read_changes_nothing(direction: Direction) -> None:
    assert not holds(followed(categorized(30, "Category:X", "A", direction)), 45)


def test_another_category_is_not_followed() -> None:
    assert not holds(followed(categorized(30, "Category:Z", "A")), 45)


def test_a_banner_on_the_talk_page_means_the_article() -> None:
    categories = followed(categorized(30, "Category:X", "Talk:A"))
    assert holds(categories, 45, "A", TALK)
    assert holds(categories, 45, "Talk:A", TALK)
    assert not holds(categories, 45, "A", X)


def test_the_article_side_holds_for_its_talk_page_too() -> None:
    assert holds(followed(categorized(30, "Category:X", "A")), 45, "Talk:A")


def test_subcategories_count_down_to_the_depth_asked_for() -> None:
    facts = (categorized(30, "Category:X", "Category:Y"), categorized(33, "Category:Y", "A"))
    assert holds(followed(*facts, depth=1), 45, scope=DEEP)
    assert not holds(followed(*facts, depth=0), 45)


def test_a_subcategory_found_late_is_wanted_from_the_log() -> None:
    categories = followed(depth=1)
    assert categories.wanted == {"Category:X"}
    categories.recalled("Category:X")
    categories.add(categorized(30, "Category:X", "Category:Y"))
    assert categories.wanted == {"Category:Y"}


def test_a_cycle_of_categories_ends() -> None:
    facts = (
        categorized(30, "Category:X", "Category:Y"),
        categorized(31, "Category:Y", "Category:X"),
        categorized(33, "Category:Y", "A"),
    )
    assert holds(followed(*facts, depth=5), 45, scope=CategoryScope(WIKI, "Category:X", 5))


def test_membership_moves_with_the_page() -> None:
    categories = followed(categorized(30, "Category:X", "A"), moved(36, "A", "B"))
    assert holds(categories, 45, "B")
    assert holds(categories, 33, "A")
    assert not holds(categories, 45, "A"), "another page, made at the old title"


def test_a_change_touches_the_pages_on_both_sides_and_at_former_titles() -> None:
    categories = followed(moved(3, "User:Ada/Draft", "A"))
    touched = categories.add(categorized(30, "Category:X", "A"))
    assert touched >= {"A", "Talk:A", "User:Ada/Draft"}
    assert categories.add(categorized(31, "Category:Z", "A")) == frozenset()


def test_a_change_of_a_subcategory_touches_the_pages_in_it() -> None:
    categories = followed(depth=1)
    categories.add(categorized(30, "Category:X", "Category:Y"))
    categories.add(categorized(33, "Category:Y", "A"))
    assert categories.add(categorized(36, "Category:X", "Category:Y", Direction.REMOVED)) >= {"A"}


# Three facts fall into one second: so many of them fall into the time that a list may be behind.
LAG = 3 * int(LISTING_LAG / timedelta(seconds=1))


def listed(number: int, page: str = "A", category: str = "Category:X") -> Categorized:
    return categorized(number, category, page, Direction.LISTED)


def test_a_page_that_is_listed_had_been_in_before_anything_was_known() -> None:
    categories = followed(listed(300))
    assert holds(categories, 3)
    assert holds(categories, 600)
    assert holds(categories, 3, now=True)


def test_a_page_that_is_taken_out_had_been_in() -> None:
    categories = followed(categorized(30, "Category:X", "A", Direction.REMOVED))
    assert [holds(categories, number) for number in (3, 29, 32, 33)] == [True, True, True, False]
    assert not holds(categories, 3, now=True)


def test_a_page_that_is_put_in_had_not_been_in_whatever_is_listed_later() -> None:
    categories = followed(categorized(30, "Category:X", "A"), listed(60), listed(90_000))
    assert not holds(categories, 3)
    assert holds(categories, 45)


def test_a_page_that_is_listed_and_put_in_much_later_had_been_in_once() -> None:
    categories = followed(listed(30), categorized(33 + LAG, "Category:X", "A"))
    assert holds(categories, 3)


def test_a_list_that_was_read_while_a_page_was_put_in_tells_nothing_of_before() -> None:
    """The wiki's clock may be ahead of ours."""
    categories = followed(listed(30), listed(33), categorized(30 + LAG, "Category:X", "A"))
    assert not holds(categories, 3)
    assert holds(categories, 33 + LAG)


def test_a_list_that_is_behind_does_not_bring_a_page_back() -> None:
    out = categorized(30, "Category:X", "A", Direction.REMOVED)
    assert not holds(followed(out, listed(60), listed(30 + LAG)), 60 + LAG, now=True)
    assert holds(followed(out, listed(33 + LAG)), 60 + LAG, now=True)


def test_a_listed_page_was_in_under_its_former_title_too() -> None:
    categories = followed(moved(30, "User:Ada/Draft", "A"), listed(60))
    assert holds(categories, 3, "User:Ada/Draft")
    assert not holds(categories, 45, "User:Ada/Draft"), "another page, made at the old title"


def test_a_listed_banner_means_the_article() -> None:
    assert holds(followed(listed(300, "Talk:A")), 3, "A", TALK)


def test_a_listed_subcategory_is_followed_and_touches_what_is_in_it() -> None:
    categories = followed(listed(300, "Category:Y"), listed(300, "A", "Category:Y"), depth=1)
    assert holds(categories, 3, scope=DEEP)
    assert categories.add(listed(600, "Category:Y")) >= {"A"}


def test_members_are_those_that_the_last_change_says_are_in() -> None:
    facts = (
        categorized(3, "Category:X", "B"),
        categorized(0, "Category:X", "A", Direction.REMOVED),
        categorized(9, "Category:X", "B", Direction.REMOVED),
        listed(6, "C"),
        listed(30, "B"),
        categorized(12, "Category:X", "D", Direction.UNKNOWN),
        categorized(12, "Category:X", "E"),
    )
    assert members(facts) == {"C", "E"}
