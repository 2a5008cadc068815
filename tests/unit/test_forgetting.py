"""Nothing is left of a forgotten person, and nobody else is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from processors.facts.facts import Fact, UserCreated
from processors.privacy.forgetting import BEGINNING, END, Alias, Forgetting, aliases
from processors.privacy.forgetting_programs import ForgettingIn
from processors.programs.definitions import dump_programs, parse_programs
from processors.programs.events import Change, Changed, Defined, Joined, PageAssigned, ProgramEvent, UserExcluded
from processors.programs.program import (
    ExcludedUser,
    Exclusions,
    Page,
    Participant,
    PrefixScope,
    Program,
    Session,
    TitlesScope,
)
from tests.histories import START, WIKI, common, edit, hidden, moved, renamed

ADA = Forgetting((Alias("Ada B."),), "(forgotten 1)")


def test_a_person_has_every_name_that_renames_gave_them() -> None:
    found = aliases([renamed(3, "Ada", "Lovelace"), renamed(9, "Lovelace", "Countess")], "Countess")
    assert found[0] == Alias("Countess", BEGINNING, END)
    assert {one.user for one in found} == {"Ada", "Lovelace", "Countess"}


def test_a_name_that_somebody_else_took_later_is_theirs_from_then_on() -> None:
    first, second = renamed(3, "Ada", "Lovelace"), renamed(9, "Ben", "Ada")
    lovelace = Forgetting(aliases([first, second], "Lovelace"), "x")
    assert lovelace.was("Ada", first.occurred_at)
    assert not lovelace.was("Ada", first.occurred_at + timedelta(seconds=1))
    assert lovelace.own == {"Lovelace"}
    ada = Forgetting(aliases([first, second], "Ada"), "x")
    assert not ada.was("Ada", first.occurred_at)
    assert ada.was("Ada", second.occurred_at)
    assert ada.was("Ben", second.occurred_at)


@pytest.mark.parametrize(
    "fact",
    [
        replace(edit(1, "A", "Ada B."), comment="mine"),
        edit(2, "User:Ada B./Draft", "Ben"),
        edit(3, "User talk:Ada B.", "Ben"),
        replace(
            edit(4, "A", "Ben"),
            comment="Reverted edits by [[Special:Contributions/Ada_B.|Ada B.]] ([[User talk:Ada B.#Hi|talk]])",
        ),
        moved(5, "User:Ada B./Draft", "User:Ada B./Done"),
        replace(hidden(6, "User:Ada B.", 5001, 1), params='{"ids":[5001],"nfield":1,"who":["Ada B."]}'),
    ],
)
def test_no_trace_is_left_in_a_fact_and_forgetting_again_changes_nothing(fact: Fact) -> None:
    after = ADA.fact(fact)
    assert after is not None
    assert "Ada B." not in repr(after).replace("_", " ")
    assert (after.event_id, after.occurred_at) == (fact.event_id, fact.occurred_at)
    assert after.user == (None if fact.user == "Ada B." else fact.user)
    assert ADA.fact(after) == after


@pytest.mark.parametrize(
    "fact",
    [
        edit(1, "Category:Ada B.", "Ben"),
        edit(2, "Ada B.", "Ben"),
        edit(3, "User:Ada B.C", "Ben"),
        replace(edit(4, "A", "Ben"), comment="about Ada B. and others"),
    ],
)
def test_pages_and_words_that_only_share_the_name_stay(fact: Fact) -> None:
    assert ADA.fact(fact) == fact


def test_that_an_account_was_made_and_renamed_goes_as_a_whole() -> None:
    log: dict[str, Any] = {"log_id": 1, "log_type": "newusers", "log_action": "create", "params": ""}
    made = UserCreated(**common(1, "User:Ada B.", "Ada B."), **log, created_user="Ada B.", user_id=7)
    assert ADA.fact(made) is None
    rename = renamed(3, "Ada", "Lovelace")
    lovelace = Forgetting(aliases([rename], "Lovelace"), "x")
    assert lovelace.fact(rename) == rename, "it tells the other names, so it goes last"
    assert lovelace.renaming(rename) is None
    assert ADA.renaming(rename) == rename


PROGRAM = Program(
    slug="p",
    title="P",
    sessions=(Session(START, START + timedelta(hours=1)),),
    wikis=(WIKI,),
    participants=(Participant("Ada B.", team="blue", pages=(Page("User:Ada B./Draft", WIKI),)), Participant("Ben")),
    organisers=("Ada B.", "Carl"),
    scope=(TitlesScope(frozenset({"User:Ada B./Draft", "A"}), WIKI), PrefixScope("User:Ada B./", WIKI)),
    exclude=Exclusions(users=(ExcludedUser("Ada B."),)),
)


def event(change: Change, actor: str = "Carl", reason: str = "") -> ProgramEvent:
    return ProgramEvent(
        event_id="e",
        position=1,
        program="p",
        version=1,
        recorded_at=START,
        actor=actor,
        reason=reason,
        change=change,
    )


@pytest.mark.parametrize(
    "one",
    [
        event(Defined(dump_programs([PROGRAM]))),
        event(Changed(dump_programs([PROGRAM]))),
        event(Joined("Ada B.", team="blue"), actor="Ada B."),
        event(PageAssigned("Ada B.", Page("User:Ada B./Draft", WIKI))),
        event(UserExcluded("Ada B."), reason="Ada B. asked for it"),
    ],
)
def test_no_trace_is_left_in_a_decision(one: ProgramEvent) -> None:
    without = ForgettingIn(ADA, START, (WIKI,))
    after = without.event(one)
    assert "Ada B." not in repr(after)
    assert (after.position, after.version, type(after.change)) == (1, 1, type(one.change))
    assert without.event(after) == after


def test_a_program_keeps_its_numbers_of_people_and_its_pages() -> None:
    (after,) = parse_programs(dump_programs([ForgettingIn(ADA, START, (WIKI,)).program(PROGRAM)]), source="x")
    assert [(one.user, one.team) for one in after.participants] == [("(forgotten 1)", "blue"), ("Ben", "")]
    assert after.organisers == ("(forgotten 1)", "Carl")
    assert after.scope is not None
    assert PrefixScope("User:(forgotten 1)/", WIKI) in after.scope


def test_who_is_listed_by_two_names_stands_there_once() -> None:
    both = replace(PROGRAM, participants=(Participant("Ada"), Participant("Lovelace")))
    person = Forgetting((Alias("Lovelace"), Alias("Ada", BEGINNING, START + timedelta(days=1))), "(forgotten 2)")
    after = ForgettingIn(person, START, ()).program(both)
    assert [one.user for one in after.participants] == ["(forgotten 2)"]


def test_a_text_without_the_person_stays_as_it_was_written() -> None:
    text = dump_programs([replace(PROGRAM, title="Other")])
    one = event(Defined(text))
    nobody = Forgetting((Alias("Nobody"),), "(forgotten 3)")
    assert ForgettingIn(nobody, START, (WIKI,)).event(one) == one
