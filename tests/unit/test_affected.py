"""Which slice a change of a program touches: never less than what differs."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.facts.facts import Action, Fact, is_action
from processors.judging.affected import EVERYTHING, NOTHING, Affected, affected
from processors.judging.contributions import Contribution, RevisionRef
from processors.judging.projection import Projector
from processors.programs.program import (
    ExcludedPage,
    ExcludedRevision,
    ExcludedUser,
    Exclusions,
    Page,
    Participant,
    Period,
    PrefixScope,
    Program,
    Session,
    TitlesScope,
    Visibility,
)
from tests.histories import START, WIKI, histories

SESSION = Session(START, START + timedelta(hours=3))
PROGRAM = Program(slug="p", title="P", sessions=(SESSION,), wikis=(WIKI,), participants=(Participant("Ada"),))


@pytest.mark.parametrize(
    ("changes", "slice_"),
    [
        ({"title": "Q"}, NOTHING),
        ({"visibility": Visibility.PRIVATE, "goals": (("edits", 5),), "points": (("edit", 1.0),)}, NOTHING),
        ({"participants": (Participant("Ada", team="blue", hidden=True, pages=(Page("A"),)),)}, NOTHING),
        ({"participants": (Participant("Ada"), Participant("Ben"))}, Affected(users=frozenset({"Ben"}))),
        ({"participants": ()}, Affected(users=frozenset({"Ada"}))),
        ({"participants": (Participant("Ada", periods=(Period(START),)),)}, Affected(users=frozenset({"Ada"}))),
        ({"exclude": Exclusions(users=(ExcludedUser("Ben"),))}, Affected(users=frozenset({"Ben"}))),
        (
            {"exclude": Exclusions(revisions=(ExcludedRevision(WIKI, 5, "spam"),))},
            Affected(revisions=frozenset({RevisionRef(WIKI, 5)})),
        ),
        ({"exclude": Exclusions(titles=(ExcludedPage(Page("A")),))}, EVERYTHING),
        ({"exclude": Exclusions(minor=True)}, EVERYTHING),
        ({"sessions": (replace(SESSION, end=START),)}, EVERYTHING),
        ({"scope": ()}, EVERYTHING),
        ({"hashtags": ("wir",)}, EVERYTHING),
    ],
)
def test_what_a_change_touches(changes: dict[str, Any], slice_: Affected) -> None:
    assert affected(PROGRAM, replace(PROGRAM, **changes)) == slice_


def test_a_program_that_is_new_touches_all_of_its_books() -> None:
    assert affected(None, PROGRAM) is EVERYTHING
    assert not affected(PROGRAM, PROGRAM)


def test_participants_of_an_open_program_only_name_teams() -> None:
    everyone = replace(PROGRAM, open=True)
    assert affected(everyone, replace(everyone, participants=())) == NOTHING


CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "participants": st.sets(
        st.builds(
            Participant,
            st.sampled_from(("Ada", "Ben", "Lovelace")),
            periods=st.sampled_from(((), (Period(),), (Period(START + timedelta(seconds=3)),))),
        ),
    ).map(lambda drawn: tuple({one.user: one for one in drawn}.values())),
    "open": st.booleans(),
    "title": st.sampled_from(("P", "Q")),
    "sessions": st.sampled_from(((SESSION,), (replace(SESSION, end=START + timedelta(seconds=4)),))),
    "namespaces": st.sampled_from(((("default", None),), (("default", frozenset({0})),))),
    "scope": st.sampled_from((None, (), (TitlesScope(frozenset({"A"})),))),
    "outside": st.sampled_from(((), (PrefixScope("User:"),))),
    "organisers": st.sampled_from(((), ("Ada",))),
    "exclude": st.builds(
        Exclusions,
        reverted=st.booleans(),
        users=st.sampled_from(((), (ExcludedUser("Ben"),))),
        revisions=st.sampled_from(((), (ExcludedRevision(WIKI, 5001),), (ExcludedRevision(WIKI, 5003),))),
    ),
}
SOME_PROGRAM = st.fixed_dictionaries(CHOICES).map(lambda changes: replace(PROGRAM, **changes))


def books(program: Program, facts: list[Fact]) -> dict[tuple[Any, ...], Contribution]:
    projector = Projector([program])
    projector.absorb(facts)
    entries = projector.judge(fact for fact in facts if is_action(fact))
    return {(one.wiki, one.kind, one.rev_id): one for one in entries}


@given(histories(), SOME_PROGRAM, SOME_PROGRAM)
@settings(max_examples=300, deadline=None)
def test_outside_of_the_slice_nothing_differs(facts: list[Fact], before: Program, after: Program) -> None:
    slice_ = affected(before, after)
    projector = Projector([after])
    projector.absorb(facts)
    people = projector.people
    users = {name for user in slice_.users for name in (user, *people.names(people.current(user, after.start)))}

    def touched(action: Action) -> bool:
        return slice_.everything or action.user in users or RevisionRef(action.wiki, action.rev_id) in slice_.revisions

    old, new = books(before, facts), books(after, facts)
    for fact in facts:
        if is_action(fact) and not touched(fact):
            key = fact.wiki, fact.kind, fact.rev_id
            assert old.get(key) == new.get(key)


def test_every_field_of_a_program_is_thought_of() -> None:
    """Whoever adds one decides whether it decides: here, and in `affected`."""
    deciding = {"sessions", "wikis", "namespaces", "participants", "open", "hashtags", "scope", "outside", "membership"}
    others = {
        "slug", "title", "timezone", "organisers", "visibility", "goals", "points", "campaigns", "expires",
        "new_editor_days", "hide_names_after_days",
    }  # fmt: skip
    assert {field.name for field in fields(Program)} == deciding | others | {"exclude"}
