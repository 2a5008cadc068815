"""What can be asked of programs, what is decided about it, and how it gets into the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import Conflict, EnrolmentRefused, InvalidInput, InvalidPrograms
from processors.programs.commands import (
    Apply,
    Assign,
    Clone,
    Command,
    Delete,
    Enrol,
    Exclude,
    Expire,
    Freeze,
    HideName,
    Join,
    Leave,
    Merge,
    Restore,
    SetTeam,
    decide,
    due,
)
from processors.programs.commits import Programs, catch_up, commit, draft
from processors.programs.deciding import Decided
from processors.programs.definitions import dump_programs
from processors.programs.enrolling import Enrolment, receipts
from processors.programs.events import (
    Changed,
    Defined,
    Deleted,
    Expired,
    Frozen,
    Joined,
    Left,
    Merged,
    NameHidden,
    NewEvent,
    PageAssigned,
    PageExcluded,
    ProgramEvent,
    Restored,
    RevisionExcluded,
    TeamSet,
    UserExcluded,
    UserIncluded,
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
    Visibility,
)
from processors.programs.states import ProgramState, Status
from processors.programs.texts import Roster, parse_roster
from tests.program_logs import MemoryProgramLog

START = datetime(2026, 11, 8, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + HOUR
WIR = Program(
    slug="wir",
    title="Women in Red",
    sessions=(Session(START, START + 3 * HOUR),),
    wikis=("en.wikipedia.org",),
    participants=(Participant("Ada"), Participant("Bo", "blue")),
    organisers=("Olga",),
)
States = Mapping[str, ProgramState]


class Desk:
    """Takes commands, one after the other."""

    def __init__(self, *programs: Program) -> None:
        self.log = MemoryProgramLog()
        self._ids = map(str, count(1))
        for program in programs:
            self.ask(Apply(program))

    def ask(self, *commands: Command, at: datetime = NOW, actor: str = "Olga") -> tuple[ProgramEvent, ...]:
        decide = partial(draft, commands=commands, at=at, actor=actor, new_id=lambda: next(self._ids))
        return commit(self.log, decide).events

    @property
    def states(self) -> States:
        return catch_up(self.log).states

    def program(self, slug: str = "wir") -> Program:
        return self.states[slug].program

    def people(self, slug: str = "wir") -> dict[str, Participant]:
        return {one.user: one for one in self.program(slug).participants}

    def changes(self, *commands: Command, at: datetime = NOW) -> list[object]:
        return [event.change for event in self.ask(*commands, at=at)]


@pytest.fixture
def desk() -> Desk:
    """With one program, of version 1."""
    return Desk(WIR)


# writing


def test_a_program_that_is_new_is_defined() -> None:
    assert Desk().changes(Apply(WIR)) == [Defined(dump_programs([WIR]))]


def test_a_program_that_is_written_as_it_is_stays_as_it_is(desk: Desk) -> None:
    assert desk.ask(Apply(WIR)) == ()
    assert desk.ask(Apply(WIR, version=1)) == ()


def test_a_program_is_changed_by_another_text(desk: Desk) -> None:
    new = replace(WIR, title="New")
    assert desk.changes(Apply(new)) == [Changed(dump_programs([new]), complete=False)]
    assert desk.program() == new


def test_who_has_joined_stays_when_a_text_without_version_does_not_name_them(desk: Desk) -> None:
    desk.ask(Join("wir", "Dot"), Leave("wir", "Bo", NOW))
    assert desk.ask(Apply(WIR)) == ()
    desk.ask(Apply(replace(WIR, title="New")))
    assert list(desk.people()) == ["Ada", "Bo", "Dot"]
    assert desk.people()["Bo"].periods == (Period(None, NOW),)


def test_a_text_with_the_newest_version_says_all(desk: Desk) -> None:
    desk.ask(Join("wir", "Dot"))
    new = replace(WIR, title="New")
    assert desk.changes(Apply(new, version=2)) == [Changed(dump_programs([new]), complete=True)]
    assert desk.program() == new


def test_what_was_shown_can_be_applied_as_it_is(desk: Desk) -> None:
    desk.ask(Join("wir", "Dot"))
    assert desk.ask(Apply(desk.program(), version=2)) == ()


def test_a_text_of_an_older_version_is_told_what_was_decided_since(desk: Desk) -> None:
    desk.ask(Join("wir", "Dot"), actor="Dot", at=NOW)
    desk.ask(Exclude("wir", ExcludedUser("Bo")), at=NOW + HOUR)
    with pytest.raises(Conflict) as refused:
        desk.ask(Apply(replace(WIR, title="New"), version=1))
    assert str(refused.value) == (
        "wir: the text was made from version 1, and version 3 is the newest. Since then: "
        "somebody joined by Dot at 2026-11-08 15:00:00 UTC, a user was excluded by Olga at 2026-11-08 16:00:00 UTC"
    )


def test_what_was_decided_long_since_is_counted_only(desk: Desk) -> None:
    desk.ask(Enrol("wir", parse_roster("\n".join(f"User {number}" for number in range(50)))))
    with pytest.raises(Conflict, match="30 earlier decisions, somebody joined"):
        desk.ask(Apply(replace(WIR, title="New"), version=1))


def test_a_text_of_a_version_that_never_was_is_refused(desk: Desk) -> None:
    with pytest.raises(Conflict, match="from version 7, and version 1 is the newest"):
        desk.ask(Apply(replace(WIR, title="New"), version=7))
    with pytest.raises(Conflict, match="there is no such program"):
        Desk().ask(Apply(WIR, version=1))


def test_a_program_that_was_deleted_is_not_changed_and_not_brought_back_by_its_text(desk: Desk) -> None:
    desk.ask(Delete("wir"))
    assert desk.ask(Apply(WIR)) == ()
    with pytest.raises(InvalidInput, match="was deleted; restore it first"):
        desk.ask(Apply(replace(WIR, title="New")))


def test_a_program_that_has_expired_is_brought_back_by_another_time_to_expire() -> None:
    desk = Desk(replace(WIR, expires=NOW))
    assert desk.changes(*due(desk.states, NOW)) == [Expired()]
    with pytest.raises(InvalidInput, match="give it another `expires`"):
        desk.ask(Apply(replace(WIR, expires=NOW, title="New")))
    new = replace(WIR, expires=NOW + HOUR)
    assert desk.changes(Apply(new)) == [Changed(dump_programs([new]), complete=False), Restored()]
    assert desk.states["wir"].active


# copies, mergers, ends


def test_a_copy_is_as_the_original_but_for_what_is_to_be_changed(desk: Desk) -> None:
    desk.ask(Join("wir", "Dot"))
    (event,) = desk.ask(
        Clone("wir", "wir-2027", {"title": "Next", "wiki": "igwiktionary", "start": "2027-11-08T14:00",
                                  "end": "2027-11-08T17:00", "participants": []})
    )  # fmt: skip
    copy = desk.program("wir-2027")
    assert (event.program, event.version) == ("wir-2027", 1)
    assert (copy.title, copy.wikis, copy.participants) == ("Next", ("ig.wiktionary.org",), ())
    assert (copy.start, copy.organisers) == (datetime(2027, 11, 8, 14, tzinfo=UTC), ("Olga",))
    assert desk.states["wir-2027"].cloned_from == "wir"
    desk.ask(Clone("wir", "same"))
    assert desk.program("same") == replace(desk.program(), slug="same")


def test_a_copy_with_an_error_is_refused_with_all_of_them(desk: Desk) -> None:
    with pytest.raises(InvalidPrograms) as refused:
        desk.ask(Clone("wir", "next", {"wikis": ["enwki"], "titel": "Next"}))
    assert len(refused.value.problems) == 2


def test_a_copy_needs_an_original_and_a_slug_that_is_free(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="there is a program wir already"):
        desk.ask(Clone("wir", "wir"))
    with pytest.raises(InvalidInput, match="did you mean wir"):
        desk.ask(Clone("wire", "next"))
    with pytest.raises(InvalidInput, match="is no slug"):
        desk.ask(Clone("wir", "a b"))


def test_a_merger_brings_the_participants_with_their_times_teams_pages_and_hidden_names() -> None:
    page = Page("Marie Curie")
    source = replace(
        WIR,
        slug="a",
        participants=(
            Participant("Ada", "red"),
            Participant("Bo", "red", (Period(START, NOW), Period(NOW + HOUR))),
            Participant("Dot", "red", (Period(NOW),), hidden=True, pages=(page,)),
        ),
    )
    desk = Desk(source, replace(WIR, slug="b", participants=(Participant("Ada", "blue"),)))
    changes = desk.changes(Merge("a", "b"))
    assert changes == [
        Joined("Bo", "red", START, NOW), Joined("Bo", "red", NOW + HOUR),
        Joined("Dot", "red", NOW), NameHidden("Dot"), PageAssigned("Dot", page), Merged("b"),
    ]  # fmt: skip
    assert desk.people("b") == {"Ada": Participant("Ada", "blue")} | {
        one.user: one for one in source.participants if one.user != "Ada"
    }
    assert desk.states["a"].status is Status.MERGED
    assert desk.ask(Merge("a", "b")) == ()


def test_a_program_is_not_merged_into_itself_nor_into_one_that_has_ended(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="itself"):
        desk.ask(Merge("wir", "wir"))
    desk.ask(Clone("wir", "gone"), Delete("gone"))
    with pytest.raises(InvalidInput, match="gone was deleted"):
        desk.ask(Merge("wir", "gone"))
    assert desk.states["wir"].active


def test_a_program_is_deleted_and_restored(desk: Desk) -> None:
    assert desk.ask(Restore("wir")) == ()
    (event,) = desk.ask(Delete("wir", "a test"))
    assert (event.change, event.reason) == (Deleted(), "a test")
    assert desk.ask(Delete("wir")) == ()
    assert desk.changes(Restore("wir")) == [Restored()]


def test_a_program_expires_when_its_time_has_come_and_not_before() -> None:
    desk = Desk(replace(WIR, expires=NOW), replace(WIR, slug="other"))
    assert due(desk.states, NOW - HOUR) == []
    assert desk.ask(Expire("wir"), Expire("other"), at=NOW - HOUR) == ()
    assert due(desk.states, NOW) == [Expire("wir")]
    desk.ask(Expire("wir"))
    assert desk.states["wir"].status is Status.EXPIRED
    assert due(desk.states, NOW + HOUR) == []
    with pytest.raises(InvalidInput, match="another `expires`"):
        desk.ask(Restore("wir"))


def test_a_result_is_of_the_past_and_stays(desk: Desk) -> None:
    assert desk.changes(Freeze("wir", " final ", NOW)) == [Frozen("final", NOW)]
    assert desk.ask(Freeze("wir", "final", NOW)) == ()
    with pytest.raises(InvalidInput, match="take another name"):
        desk.ask(Freeze("wir", "final", START))
    with pytest.raises(InvalidInput, match="yet to come"):
        desk.ask(Freeze("wir", "next", NOW + HOUR))
    with pytest.raises(InvalidInput, match="has a name"):
        desk.ask(Freeze("wir", " ", NOW))


# taking part


def join(user: str = "Dot", *, slug: str = "wir", since: datetime | None = None, invited: bool = False) -> Join:
    """Somebody enrols themselves."""
    return Join(slug, user, since=since, own=True, invited=invited)


def test_a_receipt_names_the_decision(desk: Desk) -> None:
    events = desk.ask(join("user:dot"))
    assert receipts(desk.states["wir"], ["user:dot"], events) == [
        Enrolment("wir", "Dot", events[0].event_id, since=None, already=False)
    ]


def test_who_is_in_already_gets_a_receipt_without_a_decision(desk: Desk) -> None:
    first = desk.ask(Join("wir", "Dot", since=START))
    assert len(first) == 1
    assert desk.ask(join()) == ()
    assert receipts(desk.states["wir"], ["Dot"], ()) == [Enrolment("wir", "Dot", None, since=START, already=True)]


def test_an_organiser_who_takes_part_is_told_that_it_counts(desk: Desk) -> None:
    events = desk.ask(join("Olga"))
    assert receipts(desk.states["wir"], ["Olga"], events)[0].note == "organiser"


def test_who_left_and_joins_again_counts_back(desk: Desk) -> None:
    assert desk.changes(Leave("wir", "Ada", NOW)) == [Left("Ada", NOW)]
    assert desk.ask(Leave("wir", "Ada", NOW)) == ()
    assert desk.changes(join("Ada"), at=NOW) == [Joined("Ada")]
    assert desk.people()["Ada"].periods == (Period(),)


def test_an_organiser_can_enrol_from_an_earlier_time_who_is_in_already(desk: Desk) -> None:
    desk.ask(Join("wir", "Dot", since=NOW))
    assert desk.changes(Join("wir", "Dot", since=START)) == [Joined("Dot", since=START)]
    assert desk.people()["Dot"].periods == (Period(START),)


def test_leaving_as_if_never_enrolled_needs_nobody_to_be_there(desk: Desk) -> None:
    assert desk.changes(Leave("wir", "Ada")) == [Left("Ada")]
    assert desk.ask(Leave("wir", "Ada")) == ()
    assert desk.ask(Leave("wir", "Nobody")) == ()


def test_after_the_end_only_organisers_enrol(desk: Desk) -> None:
    assert _code(desk, join(), at=WIR.end) == "ended"
    assert desk.ask(join("Ada"), at=WIR.end) == ()
    assert desk.changes(Join("wir", "Dot"), at=WIR.end) == [Joined("Dot")]


def test_a_private_program_is_joined_by_invitation() -> None:
    desk = Desk(replace(WIR, visibility=Visibility.PRIVATE))
    assert _code(desk, join()) == "private"
    assert desk.changes(join(invited=True)) == [Joined("Dot")]
    assert desk.changes(Join("wir", "Eve")) == [Joined("Eve")]


def _code(desk: Desk, command: Command, at: datetime = NOW) -> str:
    with pytest.raises(EnrolmentRefused) as refused:
        desk.ask(command, at=at)
    return refused.value.code


def test_whoever_cannot_be_enrolled_is_told_why_by_a_code(desk: Desk) -> None:
    desk.ask(Clone("wir", "b"), Clone("wir", "c"), Merge("b", "wir"), Delete("c"))
    desk.ask(Apply(replace(WIR, slug="e", expires=NOW)), Expire("e"))
    makers: list[Callable[[str], Command]] = [
        lambda slug: join(slug=slug),
        lambda slug: Join(slug, "Dot"),
        lambda slug: Enrol(slug, parse_roster("Dot")),
    ]
    for make in makers:
        assert _code(desk, make("x")) == "no_such_program"
        assert _code(desk, make("b")) == "merged"
        assert _code(desk, make("c")) == "deleted"
        assert _code(desk, make("e")) == "expired"
    assert _code(desk, join("192.168.0.1")) == "invalid_user"
    assert _code(desk, join("a/b")) == "invalid_user"


def test_a_list_enrols_whoever_is_not_in_already_in_one_append(desk: Desk) -> None:
    roster = parse_roster("Ada\nBo,red\nDot,red\nEve,,2026-11-08T15:00")
    events = desk.ask(Enrol("wir", roster, "from the sign-in sheet"))
    assert [event.change for event in events] == [Joined("Bo", "red"), Joined("Dot", "red"), Joined("Eve", since=NOW)]
    assert {event.reason for event in events} == {"from the sign-in sheet"}
    assert [event.version for event in events] == [2, 3, 4]
    told = receipts(desk.states["wir"], ["Ada", "Bo", "Dot", "Eve"], events)
    assert [one.already for one in told] == [True, False, False, False]
    assert desk.ask(Enrol("wir", roster)) == ()


def test_a_list_with_a_problem_enrols_nobody(desk: Desk) -> None:
    with pytest.raises(InvalidPrograms) as refused:
        desk.ask(Enrol("wir", parse_roster("Dot\n10.0.0.1\nEve|x")))
    assert len(refused.value.problems) == 2
    with pytest.raises(InvalidInput, match="names nobody"):
        desk.ask(Enrol("wir", Roster(())))
    assert len(desk.log.read()) == 1


def test_five_thousand_are_enrolled_at_once(desk: Desk) -> None:
    assert len(desk.ask(Enrol("wir", parse_roster("\n".join(f"User {number}" for number in range(5000)))))) == 5000
    desk.ask(Apply(replace(WIR, slug="b")))
    assert len(desk.ask(Merge("wir", "b"))) == 5001


# participants and exclusions


def test_teams_names_and_pages_of_participants_are_set(desk: Desk) -> None:
    page = Page("marie Curie")
    assert desk.changes(SetTeam("wir", "ada", "red")) == [TeamSet("Ada", "red")]
    assert desk.changes(HideName("wir", "Ada")) == [NameHidden("Ada")]
    assert desk.changes(Assign("wir", "Ada", page)) == [PageAssigned("Ada", Page("Marie Curie"))]
    assert desk.people()["Ada"] == Participant("Ada", "red", hidden=True, pages=(Page("Marie Curie"),))
    assert desk.ask(SetTeam("wir", "Ada", "red"), HideName("wir", "Ada"), Assign("wir", "Ada", page)) == ()
    desk.ask(SetTeam("wir", "Ada"), HideName("wir", "Ada", hidden=False), Assign("wir", "Ada", page, assigned=False))
    assert desk.people()["Ada"] == Participant("Ada")


def test_nothing_is_set_of_who_takes_no_part(desk: Desk) -> None:
    for command in (SetTeam("wir", "Adaa", "red"), HideName("wir", "Adaa"), Assign("wir", "Adaa", Page("X"))):
        with pytest.raises(InvalidInput, match="Adaa is no participant of wir; did you mean Ada"):
            desk.ask(command)


def test_in_an_open_program_everybody_can_hide_their_name() -> None:
    desk = Desk(replace(WIR, open=True))
    assert desk.changes(HideName("wir", "Dot")) == [NameHidden("Dot")]


def test_users_pages_and_revisions_are_excluded_for_a_reason_and_included_again(desk: Desk) -> None:
    commands = [
        Exclude("wir", ExcludedUser("user:bo", "a test account")),
        Exclude("wir", ExcludedPage(Page("user:ada/x", "enwiki"), "a sandbox")),
        Exclude("wir", ExcludedRevision("enwiki", 7, "a mistake")),
    ]
    assert desk.changes(*commands) == [
        UserExcluded("Bo"),
        PageExcluded(Page("User:Ada/x", "en.wikipedia.org")),
        RevisionExcluded("en.wikipedia.org", 7),
    ]
    assert desk.program().exclude == Exclusions(
        users=(ExcludedUser("Bo", "a test account"),),
        titles=(ExcludedPage(Page("User:Ada/x", "en.wikipedia.org"), "a sandbox"),),
        revisions=(ExcludedRevision("en.wikipedia.org", 7, "a mistake"),),
    )
    assert desk.ask(*commands) == ()
    assert desk.changes(Exclude("wir", ExcludedUser("Bo", "a bot"))) == [UserExcluded("Bo")]
    desk.ask(*(replace(command, excluded=False) for command in commands))
    assert desk.program() == WIR
    assert desk.ask(*(replace(command, excluded=False) for command in commands)) == ()


@pytest.mark.parametrize(
    "what",
    [ExcludedUser("10.0.0.1"), ExcludedPage(Page("a[b")), ExcludedPage(Page("A", "enwki")),
     ExcludedRevision("enwki", 7), ExcludedRevision("enwiki", 0), ExcludedRevision("*.wikipedia.org", 7)],
)  # fmt: skip
def test_what_cannot_be_is_not_excluded(desk: Desk, what: ExcludedUser | ExcludedPage | ExcludedRevision) -> None:
    with pytest.raises(InvalidInput):
        desk.ask(Exclude("wir", what))


def test_a_program_that_has_ended_is_left_as_it_is(desk: Desk) -> None:
    desk.ask(Delete("wir"))
    commands: list[Command] = [
        SetTeam("wir", "Ada", "red"), HideName("wir", "Ada"), Assign("wir", "Ada", Page("X")), Leave("wir", "Ada"),
        Exclude("wir", ExcludedUser("Bo")), Freeze("wir", "final", NOW),
    ]  # fmt: skip
    for command in commands:
        with pytest.raises(InvalidInput, match="was deleted; restore it first"):
            desk.ask(command)


# into the log


users = st.sampled_from(["Ada", "Bo", "Dot"])
times = st.none() | st.integers(0, 3).map(lambda hours: START + hours * HOUR)
anything = st.one_of(
    st.builds(Join, st.just("wir"), users, st.sampled_from(["", "red"]), times),
    st.builds(Leave, st.just("wir"), users, times),
    st.builds(HideName, st.just("wir"), st.just("Ada"), st.booleans()),
    st.builds(Exclude, st.just("wir"), st.builds(ExcludedUser, users), st.booleans()),
    st.builds(Freeze, st.just("wir"), st.just("final"), st.just(START)),
)


@given(st.lists(anything, max_size=8))
def test_whatever_is_asked_twice_in_a_row_changes_nothing_the_second_time(commands: Sequence[Command]) -> None:
    desk = Desk(WIR)
    for command in commands:
        try:
            desk.ask(command)
        except InvalidInput:
            continue
        assert desk.ask(command) == ()
    assert [event.version for event in desk.log.read()] == list(range(1, desk.log.last_position() + 1))


def test_commands_are_decided_on_top_of_one_another_and_all_or_none(desk: Desk) -> None:
    assert desk.changes(Join("wir", "Dot"), SetTeam("wir", "Dot", "red")) == [Joined("Dot"), TeamSet("Dot", "red")]
    with pytest.raises(InvalidInput):
        desk.ask(Join("wir", "Eve"), SetTeam("wir", "Nobody", "red"))
    assert "Eve" not in desk.people()


def test_a_clock_that_was_put_back_does_not_take_back_what_was_decided(desk: Desk) -> None:
    (event,) = desk.ask(Join("wir", "Dot"), at=NOW - HOUR)
    assert event.recorded_at == NOW


def test_an_event_says_who_decided(desk: Desk) -> None:
    (event,) = desk.ask(Join("wir", "Dot"), actor="Olga")
    assert (event.actor, event.position, event.version) == ("Olga", 2, 2)


class Contended(MemoryProgramLog):
    """Somebody else is first, so many times."""

    def __init__(self, others: Sequence[Command]) -> None:
        super().__init__()
        self._others = list(others)

    def append(self, events: Sequence[NewEvent], *, after: int) -> Sequence[ProgramEvent]:
        if self._others:
            states = catch_up(self).states
            other = draft(states, [self._others.pop()], at=NOW, actor="Other", new_id=lambda: "other")
            super().append(other, after=self.last_position())
        return super().append(events, after=after)


def _asked(*commands: Command) -> Callable[[States], list[NewEvent]]:
    return partial(draft, commands=commands, at=NOW, actor="Olga", new_id=lambda: "ours")


def test_who_was_not_first_decides_again_from_what_is_now() -> None:
    log = Contended([Join("wir", "Dot"), Apply(replace(WIR, title="Theirs"))])
    committed = commit(log, _asked(Apply(WIR)))
    assert [event.actor for event in log.read()] == ["Other", "Other", "Olga"]
    assert isinstance(committed.events[0].change, Changed)
    assert committed.programs == catch_up(log)
    assert committed.programs.states["wir"].program.title == "Women in Red"


def test_what_somebody_else_has_decided_meanwhile_is_not_decided_again() -> None:
    log = Contended([Apply(WIR)])
    assert commit(log, _asked(Apply(WIR))).events == ()
    assert log.last_position() == 1


def test_who_is_never_first_gives_up() -> None:
    log = Contended([HideName("wir", "Ada", hidden=bool(number % 2)) for number in range(8)] + [Apply(WIR)])
    with pytest.raises(Conflict):
        commit(log, _asked(Apply(replace(WIR, title="Ours"))), attempts=5)
    assert all(event.actor == "Other" for event in log.read())


def test_a_conflict_with_the_text_is_not_tried_again(desk: Desk) -> None:
    asked: list[States] = []

    def deciding(states: States) -> list[NewEvent]:
        asked.append(states)
        return _asked(Apply(replace(WIR, title="New"), version=7))(states)

    with pytest.raises(Conflict, match="version 7"):
        commit(desk.log, deciding)
    assert len(asked) == 1


def test_only_what_is_new_in_the_log_is_read(desk: Desk) -> None:
    known = catch_up(desk.log)
    desk.ask(Join("wir", "Dot"))
    assert catch_up(desk.log, known) == catch_up(desk.log, Programs())


def test_what_is_decided_says_of_which_program_it_is(desk: Desk) -> None:
    assert decide(desk.states, Delete("wir", "a test"), NOW) == [Decided("wir", Deleted(), "a test")]


def test_including_again_who_was_never_excluded_changes_nothing(desk: Desk) -> None:
    assert desk.ask(Exclude("wir", ExcludedUser("Bo"), excluded=False)) == ()
    excluding = replace(WIR, exclude=Exclusions(users=(ExcludedUser("Bo"),)))
    desk.ask(Apply(excluding))
    assert desk.changes(Exclude("wir", ExcludedUser("Bo"), excluded=False)) == [UserIncluded("Bo")]
