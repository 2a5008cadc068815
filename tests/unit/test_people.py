"""Accounts through their renames."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from processors.facts.facts import UserRenamed
from processors.folds.people import People, Person
from tests.histories import START, renamed


def people(*renames: UserRenamed) -> People:
    found = People()
    for one in renames:
        found.add(one)
    return found


def test_who_was_never_renamed_is_who_they_are() -> None:
    person = people(renamed(3, "Ada", "Lovelace")).person("Ben", START)
    assert person == Person("Ben", frozenset({"Ben"}))


def test_a_name_is_followed_to_the_name_of_today() -> None:
    known = people(renamed(3, "Ada", "Lovelace"), renamed(9, "Lovelace", "Countess"))
    before = known.person("Ada", START)
    assert before == Person("Countess", frozenset({"Ada", "Lovelace", "Countess"}))
    assert known.person("Countess", START + timedelta(days=1)) == before


def test_whoever_takes_a_name_that_became_free_is_somebody_else() -> None:
    known = people(renamed(3, "Ada", "Lovelace"))
    assert known.current("Ada", START + timedelta(seconds=2)) == "Ada"
    assert known.current("Ada", START + timedelta(seconds=1)) == "Lovelace"


def test_wikis_that_log_a_rename_later_do_not_make_two_people_of_one() -> None:
    meta, slow_wiki = renamed(3, "Ada", "Lovelace"), renamed(30, "Ada", "Lovelace")
    known = people(meta, slow_wiki)
    assert known.current("Ada", START + timedelta(seconds=5)) == "Lovelace"
    assert known.person("Ada", START).names == {"Ada", "Lovelace"}


def test_names_that_go_in_a_circle_end() -> None:
    known = people(renamed(3, "Ada", "Ben"), renamed(3, "Ben", "Ada"))
    assert known.current("Ada", START) in ("Ada", "Ben")


@given(st.permutations([renamed(3, "Ada", "Ben"), renamed(6, "Ben", "Eve"), renamed(9, "Zoe", "Ada")]))
def test_the_order_in_which_renames_arrive_does_not_matter(renames: list[UserRenamed]) -> None:
    known = people(*renames, *renames[:2])
    moments = [START + timedelta(seconds=seconds) for seconds in range(5)]
    expected = people(*sorted(renames, key=lambda one: one.order))
    for name in ("Ada", "Ben", "Eve", "Zoe"):
        assert [known.person(name, moment) for moment in moments] == [
            expected.person(name, moment) for moment in moments
        ]
