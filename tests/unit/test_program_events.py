"""What is decided about programs, as events, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import InvalidEvent, InvalidPrograms
from processors.programs.definitions import dump_programs
from processors.programs.events import (
    KINDS,
    AlertAcknowledged,
    AlertMuted,
    AlertUnmuted,
    Change,
    Changed,
    Defined,
    Deleted,
    Expired,
    Frozen,
    Joined,
    Left,
    Merged,
    NameHidden,
    PageAssigned,
    PageExcluded,
    PageIncluded,
    PageUnassigned,
    ProgramEvent,
    Restored,
    RevisionExcluded,
    RevisionIncluded,
    TeamSet,
    UserExcluded,
    UserIncluded,
    decode_change,
    encode_change,
    kind_of,
)
from processors.programs.program import (
    ExcludedPage,
    ExcludedRevision,
    ExcludedUser,
    Exclusions,
    Page,
    Participant,
    Period,
    Program,
    Session,
)
from processors.programs.sentences import WORDS
from processors.programs.states import RECENT, ProgramState, Result, Status, evolve, fold, state_at

START = datetime(2026, 11, 8, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
WIR = Program(
    slug="wir",
    title="Women in Red",
    sessions=(Session(START, START + 3 * HOUR),),
    wikis=("en.wikipedia.org", "fr.wikipedia.org"),
    participants=(Participant("Ada"), Participant("Bo", "blue")),
)

instants = st.integers(-3 * 10**9, 3 * 10**9).map(lambda number: START + timedelta(microseconds=number))
names = st.sampled_from(["Ada", "Bo", "Chén Xiǎomíng", "Dot"])
pages = st.builds(Page, st.sampled_from(["Marie Curie", "Ada"]), st.sampled_from(["", "en.wikipedia.org"]))
wild = st.builds(Page, st.text(), st.text())
CHANGES: dict[type, st.SearchStrategy[Change]] = {
    Defined: st.builds(Defined, st.text(), st.text()),
    Changed: st.builds(Changed, st.text(), st.booleans()),
    Joined: st.builds(Joined, st.text(), st.text(), st.none() | instants, st.none() | instants),
    Left: st.builds(Left, st.text(), st.none() | instants),
    TeamSet: st.builds(TeamSet, st.text(), st.text()),
    NameHidden: st.builds(NameHidden, st.text(), st.booleans()),
    PageAssigned: st.builds(PageAssigned, st.text(), wild),
    PageUnassigned: st.builds(PageUnassigned, st.text(), wild),
    UserExcluded: st.builds(UserExcluded, st.text()),
    UserIncluded: st.builds(UserIncluded, st.text()),
    PageExcluded: st.builds(PageExcluded, wild),
    PageIncluded: st.builds(PageIncluded, wild),
    RevisionExcluded: st.builds(RevisionExcluded, st.text(), st.integers(1, 2**63)),
    RevisionIncluded: st.builds(RevisionIncluded, st.text(), st.integers(1, 2**63)),
    Merged: st.builds(Merged, st.text()),
    Deleted: st.just(Deleted()),
    Restored: st.just(Restored()),
    Expired: st.just(Expired()),
    Frozen: st.builds(Frozen, st.text(), instants),
    AlertAcknowledged: st.builds(AlertAcknowledged, st.text()),
    AlertMuted: st.builds(AlertMuted, st.text(), st.text(), st.none() | wild, st.none() | instants),
    AlertUnmuted: st.builds(AlertUnmuted, st.text(), st.text(), st.none() | wild),
}
fitting = st.one_of(
    st.builds(Joined, names, st.sampled_from(["", "red"]), st.none() | instants, st.none() | instants),
    st.builds(Left, names, st.none() | instants),
    st.builds(TeamSet, names, st.sampled_from(["", "red"])),
    st.builds(NameHidden, names, st.booleans()),
    st.builds(PageAssigned, names, pages),
    st.builds(PageUnassigned, names, pages),
    st.builds(UserExcluded, names),
    st.builds(UserIncluded, names),
    st.builds(PageExcluded, pages),
    st.builds(PageIncluded, pages),
    st.builds(RevisionExcluded, st.just("en.wikipedia.org"), st.integers(1, 3)),
    st.builds(RevisionIncluded, st.just("en.wikipedia.org"), st.integers(1, 3)),
    st.sampled_from([Deleted(), Restored(), Expired(), Merged("b"), Frozen("final", START)]),
    st.sampled_from([AlertAcknowledged("a" * 32), AlertMuted(kind="lag"), AlertUnmuted(kind="lag")]),
    st.builds(
        Changed,
        st.sampled_from([WIR, replace(WIR, participants=(Participant("Dot"),))]).map(lambda one: dump_programs([one])),
        st.booleans(),
    ),
)


def events(*changes: Change, program: str = "wir", reason: str = "", first: int = 1) -> list[ProgramEvent]:
    return [
        ProgramEvent(
            event_id=f"{program}/{number}",
            position=number,
            program=program,
            version=number,
            recorded_at=START + timedelta(minutes=number),
            actor=f"Actor {number}",
            reason=reason,
            change=change,
        )
        for number, change in enumerate(changes, start=first)
    ]


def after(*changes: Change, program: Program = WIR, reason: str = "") -> ProgramState:
    """The state after a program was defined and these changes were made."""
    return fold(events(Defined(dump_programs([program])), *changes, reason=reason))["wir"]


def people(state: ProgramState) -> dict[str, Participant]:
    return {one.user: one for one in state.program.participants}


def periods(*changes: Change, user: str = "Dot") -> tuple[Period, ...]:
    return people(after(*changes))[user].periods


# encoding


def test_every_kind_of_change_has_a_strategy_and_words() -> None:
    assert set(CHANGES) == set(KINDS.values())
    assert set(WORDS) == set(KINDS)


@given(st.one_of(*CHANGES.values()))
def test_a_change_comes_back_from_its_encoding(change: Change) -> None:
    assert decode_change(kind_of(change), encode_change(change)) == change


def test_kinds_have_stable_names() -> None:
    """They are in stores."""
    assert list(KINDS) == [
        "defined", "changed", "joined", "left", "team_set", "name_hidden", "page_assigned", "page_unassigned",
        "user_excluded", "user_included", "page_excluded", "page_included", "revision_excluded", "revision_included",
        "merged", "deleted", "restored", "expired", "frozen", "alert_acknowledged", "alert_muted", "alert_unmuted",
    ]  # fmt: skip


def test_an_encoding_is_plain_json() -> None:
    assert orjson.loads(encode_change(Joined("Chén", "blue", START))) == {
        "user": "Chén",
        "team": "blue",
        "since": "2026-11-08T14:00:00Z",
        "until": None,
    }


def test_keys_that_are_not_known_are_ignored_and_those_that_are_missing_are_as_usual() -> None:
    assert decode_change("joined", '{"user": "Ada", "mood": "good"}') == Joined("Ada")
    assert decode_change("changed", '{"definition": "slug: wir"}') == Changed("slug: wir", complete=True)


@pytest.mark.parametrize(("kind", "payload"), [("promoted", "{}"), ("joined", "{}"), ("joined", "no JSON")])
def test_what_a_newer_version_wrote_is_not_taken_for_something_else(kind: str, payload: str) -> None:
    with pytest.raises(InvalidEvent, match=kind):
        decode_change(kind, payload)


# folding


def test_a_defined_program_is_what_its_definition_says() -> None:
    state = after()
    assert state.program == state.written == WIR
    assert (state.version, state.status, state.created_at) == (1, Status.ACTIVE, START + timedelta(minutes=1))


def test_who_joins_counts_back_to_the_start() -> None:
    state = after(Joined("Dot", "red"))
    assert people(state)["Dot"] == Participant("Dot", "red")
    assert state.enrolled_by_event == {"Dot"}
    assert state.version == 2
    assert state.changed_at == START + timedelta(minutes=2)


def test_who_joins_since_a_time_counts_from_then_on() -> None:
    assert periods(Joined("Dot", since=START)) == (Period(START),)


def test_a_stretch_that_ends_before_it_begins_is_none() -> None:
    assert periods(Joined("Dot", since=START, until=START)) == ()
    assert periods(Joined("Dot", since=START + HOUR, until=START)) == ()


def test_joining_twice_is_joining_once() -> None:
    assert periods(Joined("Dot", since=START), Joined("Dot", since=START + HOUR)) == (Period(START),)


def test_joining_without_a_time_counts_back_for_who_is_in_already() -> None:
    assert periods(Joined("Dot", since=START), Joined("Dot")) == (Period(),)


def test_who_leaves_keeps_what_was_before() -> None:
    assert periods(Left("Ada", START + HOUR), user="Ada") == (Period(None, START + HOUR),)


def test_who_leaves_before_they_joined_was_never_in() -> None:
    assert periods(Joined("Dot", since=START + HOUR), Left("Dot", START)) == ()


def test_who_leaves_and_rejoins_counts_back() -> None:
    assert periods(Left("Ada", START), Joined("Ada"), user="Ada") == (Period(),)


def test_who_leaves_and_rejoins_from_a_time_on_has_two_periods() -> None:
    left_at, back_at = START + HOUR, START + 2 * HOUR
    assert periods(Left("Ada", left_at), Joined("Ada", since=back_at), user="Ada") == (
        Period(None, left_at),
        Period(back_at),
    )


def test_who_rejoins_as_they_left_has_one_period() -> None:
    assert periods(Left("Ada", START), Joined("Ada", since=START), user="Ada") == (Period(),)


def test_leaving_altogether_is_as_if_never_enrolled() -> None:
    assert "Ada" not in people(after(Left("Ada")))


def test_a_team_stays_unless_another_is_said() -> None:
    assert people(after(Left("Bo", START), Joined("Bo")))["Bo"].team == "blue"
    assert people(after(Joined("Bo", "red")))["Bo"].team == "red"
    assert people(after(TeamSet("Bo", "")))["Bo"].team == ""


def test_names_are_hidden_and_shown() -> None:
    assert people(after(NameHidden("Ada")))["Ada"].hidden
    assert not people(after(NameHidden("Ada"), NameHidden("Ada", hidden=False)))["Ada"].hidden


def test_who_edits_an_open_program_can_hide_their_name_without_becoming_a_member() -> None:
    state = after(NameHidden("Dot"), program=replace(WIR, open=True))
    assert people(state)["Dot"] == Participant("Dot", periods=(), hidden=True)
    assert "Dot" not in people(after(NameHidden("Dot")))


def test_pages_are_assigned_once_and_taken_away() -> None:
    page, other = Page("Marie Curie", "fr.wikipedia.org"), Page("Lise Meitner")
    state = after(PageAssigned("Ada", page), PageAssigned("Ada", other), PageAssigned("Ada", page))
    assert people(state)["Ada"].pages == (page, other)
    assert state.assigned_by_event == {("Ada", page), ("Ada", other)}
    assert people(after(PageAssigned("Ada", page), PageUnassigned("Ada", page)))["Ada"].pages == ()


def test_what_is_excluded_carries_the_reason_of_its_event() -> None:
    page = Page("Ada", "en.wikipedia.org")
    state = after(UserExcluded("Bo"), PageExcluded(page), RevisionExcluded("en.wikipedia.org", 7), reason="a test edit")
    assert state.program.exclude == Exclusions(
        users=(ExcludedUser("Bo", "a test edit"),),
        titles=(ExcludedPage(page, "a test edit"),),
        revisions=(ExcludedRevision("en.wikipedia.org", 7, "a test edit"),),
    )
    assert state.excluded_by_event == {"Bo", page, ("en.wikipedia.org", 7)}


def test_what_is_included_again_is_as_if_never_excluded() -> None:
    page = Page("Ada")
    state = after(
        UserExcluded("Bo"), PageExcluded(page), RevisionExcluded("en.wikipedia.org", 7),
        UserIncluded("Bo"), PageIncluded(page), RevisionIncluded("en.wikipedia.org", 7),
    )  # fmt: skip
    assert state.program == WIR


@pytest.mark.parametrize(
    ("change", "status"),
    [(Deleted(), Status.DELETED), (Expired(), Status.EXPIRED), (Merged("b"), Status.MERGED)],
)
def test_a_program_ends_and_is_restored(change: Change, status: Status) -> None:
    state = after(change)
    assert state.status is status
    assert not state.active
    assert state.merged_into == ("b" if status is Status.MERGED else "")
    restored = after(change, Restored())
    assert (restored.status, restored.merged_into, restored.program) == (Status.ACTIVE, "", WIR)


def test_results_stay_in_their_order() -> None:
    state = after(Frozen("half time", START), Frozen("final", START + HOUR), Deleted())
    assert state.results == (
        Result("half time", START, START + timedelta(minutes=2), 2),
        Result("final", START + HOUR, START + timedelta(minutes=3), 3),
    )


def test_a_copy_says_what_it_is_a_copy_of() -> None:
    copied = fold(events(Defined(dump_programs([WIR]), cloned_from="wir-2025"), Joined("Dot")))["wir"]
    assert copied.cloned_from == "wir-2025"


@pytest.mark.parametrize(
    "change",
    [Left("Nobody", START), Left("Nobody"), TeamSet("Nobody", "red"), PageAssigned("Nobody", Page("A")),
     PageUnassigned("Ada", Page("A")), UserIncluded("Nobody"), NameHidden("Nobody")],
)  # fmt: skip
def test_an_event_that_does_not_fit_changes_nothing_but_the_version(change: Change) -> None:
    before, state = after(), after(change)
    assert state.program == before.program
    assert state.version == 2


@given(st.one_of(*(one for kind, one in CHANGES.items() if kind not in (Defined, Changed))))
def test_an_event_of_a_program_that_never_was_leaves_one_that_is_deleted(change: Change) -> None:
    state = fold(events(change))["wir"]
    assert state.version == 1
    assert state.program.end == START + timedelta(minutes=1)
    assert not evolve(None, events(Deleted())[0]).active
    assert evolve(state, events(Defined(dump_programs([WIR])))[0]).active


@given(st.lists(fitting, max_size=12), st.integers(0, 12))
def test_a_fold_can_be_cut_anywhere(changes: Sequence[Change], cut: int) -> None:
    all_events = events(Defined(dump_programs([WIR])), *changes, reason="why")
    whole = fold(all_events)
    assert fold(all_events[cut:], fold(all_events[:cut])) == whole
    state: ProgramState | None = None
    for event in all_events:
        state = evolve(state, event)
    assert state == whole["wir"]
    assert state is not None
    assert state.version == len(all_events)


@given(st.lists(fitting, max_size=12))
def test_what_events_make_of_a_program_can_be_written_and_read(changes: Sequence[Change]) -> None:
    program = after(*changes).program
    assert fold(events(Defined(dump_programs([program]))))["wir"].program == program


@given(st.lists(fitting, max_size=12))
def test_periods_are_in_order_and_apart(changes: Sequence[Change]) -> None:
    for one in after(*changes).program.participants:
        ends = [end for period in one.periods for end in (period.since, period.until)]
        assert None not in ends[1:-1]
        known = [end for end in ends if end is not None]
        assert all(earlier < later for earlier, later in pairwise(known))


def test_programs_do_not_touch_each_other() -> None:
    other = replace(WIR, slug="other")
    states = fold(
        [
            *events(Defined(dump_programs([WIR]))),
            *events(Defined(dump_programs([other])), Joined("Dot"), program="other"),
            *events(Deleted(), first=2),
        ]
    )
    assert states["wir"].program == WIR
    assert not states["wir"].active
    assert "Dot" in people(states["other"])


def test_the_past_is_as_it_was() -> None:
    log = events(Defined(dump_programs([WIR])), Joined("Dot"), Deleted())
    assert state_at(log, START) == {}
    assert state_at(log, START + timedelta(minutes=2)) == fold(log[:2])
    assert state_at(log, START + HOUR) == fold(log)


def test_only_the_last_decisions_are_remembered() -> None:
    state = after(*(Joined(f"User {number}") for number in range(30)))
    assert [one.version for one in state.recent] == list(range(32 - RECENT, 32))
    assert (state.recent[-1].kind, state.recent[-1].actor) == ("joined", "Actor 31")


def test_thousands_of_joins_are_folded_as_one_by_one() -> None:
    log = events(Defined(dump_programs([WIR])), *(Joined(f"User {number}") for number in range(5000)))
    state = fold(log)["wir"]
    assert len(state.program.participants) == 5002
    assert fold(log[4000:], fold(log[:4000]))["wir"] == state


def test_a_wiki_that_only_the_stream_names_does_not_make_the_log_unreadable() -> None:
    state = after(program=replace(WIR, wikis=("wiki.example.net",)))
    assert state.program.wikis == ("wiki.example.net",)


def test_a_definition_that_cannot_be_read_is_named() -> None:
    with pytest.raises(InvalidPrograms, match="version 1 in the log"):
        fold(events(Defined("slug: wir")))


# a new text of the program


def rewritten(new: Program, *changes: Change, complete: bool = False) -> ProgramState:
    """After the changes, the program is written anew."""
    return after(*changes, Changed(dump_programs([new]), complete=complete))


def test_a_text_that_says_all_is_what_counts() -> None:
    new = replace(WIR, title="New")
    state = rewritten(new, Joined("Dot"), UserExcluded("Bo"), Left("Ada", START), complete=True)
    assert state.program == state.written == new


def test_what_events_added_stays_when_the_text_changes_something_else() -> None:
    page = Page("Marie Curie", "fr.wikipedia.org")
    overlay = (
        Joined("Dot", "red"), Left("Ada", START), UserExcluded("Bo"), PageExcluded(page),
        RevisionExcluded("en.wikipedia.org", 7), PageAssigned("Bo", page), NameHidden("Bo"),
    )  # fmt: skip
    before, state = after(*overlay), rewritten(replace(WIR, title="New"), *overlay)
    assert state.program == replace(before.program, title="New")
    assert state.enrolled_by_event == {"Dot"}


def test_who_is_taken_out_of_the_text_is_out() -> None:
    state = rewritten(replace(WIR, participants=(Participant("Ada"),)), Joined("Dot"), TeamSet("Bo", "red"))
    assert set(people(state)) == {"Ada", "Dot"}


def test_who_is_written_into_the_text_is_in() -> None:
    state = rewritten(replace(WIR, participants=(*WIR.participants, Participant("Eve", "red"))), Joined("Dot"))
    assert people(state)["Eve"] == Participant("Eve", "red")


def test_who_has_joined_belongs_to_the_text_once_they_are_written_into_it() -> None:
    with_dot = replace(WIR, participants=(*WIR.participants, Participant("Dot")))
    page = Page("Marie Curie", "fr.wikipedia.org")
    joined = (Joined("Dot", "red", START), NameHidden("Dot"), PageAssigned("Dot", page))
    state = rewritten(with_dot, *joined)
    assert people(state)["Dot"] == Participant("Dot", "red", hidden=True, pages=(page,))
    assert state.enrolled_by_event == frozenset()
    gone = rewritten(WIR, *joined, Changed(dump_programs([with_dot]), complete=False))
    assert "Dot" not in people(gone)


def test_a_new_team_in_the_text_neither_brings_back_who_left_nor_shows_a_hidden_name() -> None:
    new = replace(WIR, participants=(Participant("Ada", "red"), Participant("Bo", "red")))
    state = rewritten(new, Left("Ada", START), Left("Bo"), NameHidden("Ada"))
    assert people(state) == {"Ada": Participant("Ada", "red", (Period(None, START),), hidden=True)}


def test_new_times_in_the_text_bring_back_who_left() -> None:
    new = replace(WIR, participants=(Participant("Ada", periods=(Period(START),)), Participant("Bo", "blue")))
    assert people(rewritten(new, Left("Ada")))["Ada"].periods == (Period(START),)


def test_what_was_included_again_stays_so_until_the_text_changes_it() -> None:
    excluding = replace(WIR, exclude=Exclusions(users=(ExcludedUser("Bo", "a bot"),)))
    same = Changed(dump_programs([replace(excluding, title="New")]), complete=False)
    assert after(UserIncluded("Bo"), same, program=excluding).program.exclude.users == ()
    another = replace(excluding, exclude=Exclusions(users=(ExcludedUser("Bo", "still a bot"),)))
    again = Changed(dump_programs([another]), complete=False)
    assert after(UserIncluded("Bo"), again, program=excluding).program.exclude.users == (
        ExcludedUser("Bo", "still a bot"),
    )


@given(st.lists(fitting, max_size=8))
def test_writing_the_same_text_again_changes_nothing(changes: Sequence[Change]) -> None:
    before = after(*changes)
    state = after(*changes, Changed(dump_programs([before.written]), complete=False))
    assert set(state.program.participants) == set(before.program.participants)
    assert replace(state.program, participants=(), exclude=Exclusions()) == replace(
        before.program, participants=(), exclude=Exclusions()
    )
    assert state.excluded_by_event == before.excluded_by_event
