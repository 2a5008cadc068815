"""Who the people on a board are: their names of now, their teams, whose account is new, whose name is hidden."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from time import perf_counter

from processors.facts.facts import UserRenamed
from processors.folds.people import People
from processors.numbers.newcomers import newcomers, registered_within
from processors.numbers.numbers import Standing
from processors.privacy.pseudonyms import Masks, Roster, all_hidden, masked, masks
from processors.programs.program import Participant, Program, Visibility
from storage.clickhouse import ClickHouseStore

_RENAMES_LAST = timedelta(seconds=1)
_SHARE_OF_TIME = 0.1
"""At most so much of the time goes into reading renames."""
_MOST_ROSTERS = 1000
_UNNAMED = Masks()


class BoardPeople:
    """Answers for boards, from the store.

    What it keeps is either found to be old, or a second old at most; in large logs some seconds.
    """

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._renames: tuple[datetime, People, frozenset[str]] | None = None
        self._renames_last = _RENAMES_LAST
        self._rosters: dict[str, Roster] = {}

    def _renamed(self) -> tuple[People, frozenset[str]]:
        """Renames, and every name that was given up."""
        now = self._clock()
        if self._renames is None or abs(now - self._renames[0]) >= self._renames_last:
            started = perf_counter()
            people, former = People(), set()
            for fact in self._store.renames():
                if isinstance(fact, UserRenamed):
                    people.add(fact)
                    former.add(fact.old)
            self._renames = now, people, frozenset(former)
            self._renames_last = max(_RENAMES_LAST, timedelta(seconds=(perf_counter() - started) / _SHARE_OF_TIME))
        return self._renames[1:]

    @property
    def people(self) -> People:
        """Renames, but for the very newest."""
        return self._renamed()[0]

    def names(self, user: str, at: datetime) -> frozenset[str]:
        """Every name that whoever was called so at that time may have had, or has."""
        people = self.people
        if not people.renamed(user):
            return frozenset((user,))
        return people.names(user) | people.names(people.current(user, at))

    def teams(self, programs: Iterable[Program]) -> dict[str, str]:
        """Teams by every name that their members may have in the books."""
        members = [(one, program.start) for program in programs for one in program.participants if one.team]
        teams: dict[str, str] = {}
        for one, _ in members:
            teams.setdefault(one.user, one.team)
        for one, start in members:
            for name in self.names(one.user, start):
                teams.setdefault(name, one.team)
        return teams

    def newcomers(
        self,
        programs: Sequence[Program],
        visibilities: Collection[Visibility],
        *,
        as_of: datetime | None = None,
        campaign: str = "",
    ) -> frozenset[str]:
        """Whose account is new for any of these programs (several: those of the campaign), by every name they had."""
        people, former = self._renamed()
        windows = [registered_within(program) for program in programs]
        names = former.union(*(self._names_of(program, people) for program in programs))
        # Elsewhere nobody is in the books who is not enrolled.
        anybody = any(one.open or one.hashtags for one in programs)
        seen = self._store.registrations(
            min(since for since, _ in windows),
            max(until for _, until in windows),
            names,
            visibilities,
            program=programs[0].slug if anybody and not campaign else "",
            campaign=campaign if anybody else "",
        )
        known = [one for one in seen if as_of is None or one.seen_at <= as_of]
        new = frozenset[str]().union(*(newcomers(known, program, people) for program in programs))
        return new if as_of is None else new.union(*(people.names(user) for user in new))

    def _names_of(self, program: Program, people: People) -> set[str]:
        """Every name that participants may have had, or have."""
        start = program.start
        names = {one.user for one in enrolled(program)}
        for user in [user for user in names if people.renamed(user)]:
            names |= people.names(user) | people.names(people.current(user, start))
        return names

    def new_among(self, program: Program, new: Collection[str], editors: Collection[str]) -> int:
        """How many of a program's participants and of these editors are new."""
        people, start = self.people, program.start
        found = {people.current(one.user, start) for one in enrolled(program)}.intersection(new)
        return len(found.union(people.current(user, start) for user in editors))

    def masks(
        self, programs: Sequence[tuple[Program, int]], visibilities: Collection[Visibility], *, names: bool = False
    ) -> Masks:
        """How those who hide their names are shown in programs (each with its version) that are shown as one."""
        if names:
            return _UNNAMED
        now = self._clock()
        rosters, contributors = [], list[str]()
        for program, version in programs:
            roster = self._roster(program.slug, version, visibilities)
            everyone = all_hidden(program, now)
            rosters.append((roster.enrolled, roster.enrolled if everyone else roster.hidden(program)))
            if everyone and (program.open or program.hashtags):
                contributors += self._store.contributors(program.slug, visibilities)
        return masks(rosters, contributors, everyone=all(all_hidden(program, now) for program, _ in programs))

    def _roster(self, slug: str, version: int, visibilities: Collection[Visibility]) -> Roster:
        roster = self._rosters.get(slug, Roster())
        if roster.version < version:
            roster = roster.after(self._store.program_history(slug, visibilities, roster.version))
            if len(self._rosters) >= _MOST_ROSTERS:
                self._rosters.clear()
            self._rosters[slug] = roster
        return roster

    def masked(self, standing: Standing, masks: Masks, start: datetime) -> Standing:
        """The standing as it is shown."""
        if not masks:
            return standing
        return masked(standing, masks.of(self.names(standing.user, standing.last_edit_at or start)))


def enrolled(program: Program) -> list[Participant]:
    """Participants who are members at some time."""
    return [one for one in program.participants if one.periods]
