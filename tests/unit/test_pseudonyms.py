"""Pseudonyms: who is hidden, behind which number, whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from processors.numbers.numbers import Standing
from processors.privacy.pseudonyms import Masks, Roster, all_hidden, masked, masks
from processors.programs.definitions import dump_programs
from processors.programs.events import Change, Changed, Defined, Joined, Left, NameHidden, NewEvent
from processors.programs.program import Participant, Program, Session
from processors.programs.states import fold

START = datetime(2026, 11, 8, 14, tzinfo=UTC)
PROGRAM = Program("p", "P", (Session(START, START + timedelta(hours=3)),), ("en.wikipedia.org",))
USERS = ("Ada", "Ben", "Cay", "Zoë")


def events(*changes: Change) -> list[NewEvent]:
    return [
        NewEvent(event_id=f"e{version}", program="p", version=version, recorded_at=START, actor="Olga", change=change)
        for version, change in enumerate(changes, start=1)
    ]


def text(*participants: Participant) -> str:
    return dump_programs([replace(PROGRAM, participants=participants)])


participants = st.lists(
    st.builds(Participant, st.sampled_from(USERS), hidden=st.booleans()), max_size=4, unique_by=lambda one: one.user
)
changes = st.one_of(
    st.builds(lambda some, complete: Changed(text(*some), complete), participants, st.booleans()),
    st.builds(Joined, st.sampled_from(USERS)),
    st.builds(Left, st.sampled_from(USERS)),
    st.builds(NameHidden, st.sampled_from(USERS), st.booleans()),
)


@given(participants, st.lists(changes, max_size=8), st.integers(0, 9))
def test_numbers_never_change_and_whoever_hides_now_is_hidden(
    first: Sequence[Participant], then: Sequence[Change], cut: int
) -> None:
    log = events(Defined(text(*first)), *then)
    before, after = Roster().after(log[:cut]), Roster().after(log)
    assert before.after(log[cut:]) == after
    assert after.enrolled[: len(before.enrolled)] == before.enrolled
    program = fold(log)["p"].program
    assert {one.user for one in program.participants} <= set(after.enrolled)
    hidden = after.hidden(program)
    for one in program.participants:
        assert (one.user in hidden) is one.hidden


def test_who_was_hidden_when_they_left_stays_hidden() -> None:
    log = events(Defined(text(Participant("Ada"))), NameHidden("Ada"), Left("Ada"))
    assert Roster().after(log).hidden(fold(log)["p"].program) == {"Ada"}


def test_a_pseudonym_is_a_place_on_the_list() -> None:
    found = masks([(("Ben", "Ada", "Zoë"), {"Ada", "Zoë"})])
    assert [found.of({user}) for user in ("Ada", "Ben", "Zoë", "Eve")] == ["Participant 2", None, "Participant 3", None]
    assert found.of({"Eve", "Zoë", "Ada"}) == "Participant 2", "whoever was enrolled twice is one person"


def test_who_hides_in_one_of_several_programs_hides_in_all_of_them() -> None:
    found = masks([(("Ada", "Ben"), ()), (("Cay", "Ben"), {"Ben"})])
    assert dict(found.names) == {"Ben": "Participant 2"}


def test_contributors_are_numbered_by_themselves() -> None:
    contributors = ["Cay", "Ada", "Dan"]
    found = masks([(("Ada",), {"Ada"})], contributors, everyone=True)
    assert dict(found.names) == {"Ada": "Participant 1", "Cay": "Contributor 1", "Dan": "Contributor 3"}
    enrolled_later = masks([(("Ada", "Cay"), {"Ada", "Cay"})], contributors, everyone=True)
    assert enrolled_later.of({"Dan"}) == "Contributor 3"
    assert found.of({"somebody who has only just come"}) == "Contributor"


def test_nobody_is_hidden_where_nobody_hides() -> None:
    assert not masks([(("Ada",), ())])
    assert not Masks()
    assert Masks(everyone=True)


def test_names_are_hidden_so_many_days_after_the_end_and_not_before() -> None:
    program = replace(PROGRAM, hide_names_after_days=2)
    due = program.end + timedelta(days=2)
    assert [all_hidden(program, due - timedelta(seconds=1)), all_hidden(program, due)] == [False, True]
    assert not all_hidden(PROGRAM, datetime.max.replace(tzinfo=UTC))


def test_a_masked_standing_keeps_its_numbers_but_not_the_second_of_an_edit() -> None:
    one = Standing("Ada", "blue", 3, 10, 4, 1, 2, START, uploads=1, points=2.5, rank=4)
    assert masked(one, None) == one
    assert masked(one, "Participant 1") == replace(one, user="Participant 1", hidden=True, last_edit_at=None)
