"""What a board is asked: which program, as it was at which moment, over which time, for whose eyes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deploy.answers.board_people import BoardPeople, enrolled
from deploy.answers.explaining import stored_program
from processors.errors import InvalidInput
from processors.numbers.numbers import By, Standing, Totals
from processors.numbers.points import points
from processors.ports.boards import NOW, Freshness, Moment, Window, session_of
from processors.privacy.pseudonyms import Masks
from processors.programs.program import Program, Visibility
from processors.programs.states import fold
from storage.clickhouse import ClickHouseStore
from storage.fact_rows import EPOCH
from storage.statistics import Cut, Sum


@dataclass(frozen=True, slots=True)
class Asked:
    """A program as it was at the moment that is asked about, and what to read of it."""

    program: Program
    cut: Cut
    masks: Masks
    freshness: Freshness
    live: bool
    """All of it, as it is now."""


class Asking:
    """Turns questions into what the store has to read, and what it read into what may be shown."""

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.clock = clock
        self.people = BoardPeople(store, clock)

    def ask(
        self, slug: str, visibilities: Collection[Visibility], moment: Moment = NOW, *, names: bool = False
    ) -> Asked | None:
        """What to read of a program; None where there is none of these visibilities, or was none then.

        Raises:
            InvalidInput: it has no such session.
        """
        found = self.store.definition(slug, visibilities)
        if found is None:
            return None
        version, now = found[0], stored_program(found[1])
        program = self._then(slug, visibilities, moment.as_of) if moment.as_of else now
        if program is None:
            return None
        freshness = self.freshness(moment)
        cut = Cut(
            visibilities=visibilities,
            program=slug,
            as_of=moment.as_of,
            window=window(program, moment, freshness),
            timezone=program.timezone,
            sessions=program.sessions,
            teams=self.people.teams([program]),
            newcomers=self.people.newcomers([program], visibilities, as_of=moment.as_of),
        )
        masks = self.people.masks([(now, version)], visibilities, names=names)
        return Asked(program, cut, masks, freshness, moment == NOW)

    def _then(self, slug: str, visibilities: Collection[Visibility], as_of: datetime) -> Program | None:
        history = self.store.program_history(slug, visibilities)
        state = fold(event for event in history if event.recorded_at <= as_of).get(slug)
        return state.program if state is not None and state.active else None

    def freshness(self, moment: Moment = NOW) -> Freshness:
        """How fresh an answer about a moment is: nothing in it is later than the moment."""
        fresh = self.store.freshness(self.clock)
        if moment.as_of is None or fresh.as_of is None or fresh.as_of <= moment.as_of:
            return fresh
        as_of = max(moment.as_of, EPOCH)
        return replace(fresh, as_of=as_of, lag_seconds=(self.clock() - as_of).total_seconds())

    def totals(self, asked: Asked, whole: Sum) -> Totals:
        """The numbers of the whole, with those who take part."""
        program, editors = asked.program, whole.totals.editors
        participants = editors if program.open else len(enrolled(program))
        if program.hashtags:
            participants = max(participants, editors)
        return replace(
            whole.totals,
            participants=participants,
            new_editors=self.people.new_among(program, asked.cut.newcomers, whole.newcomers),
            points=points(program.points, whole.totals),
        )

    def shown(
        self, lines: Iterable[Standing], by: By, programs: Sequence[Program], teams: Mapping[str, str], masks: Masks
    ) -> list[Standing]:
        """Lines as they are shown: with teams, and names where they may be."""
        start = min(program.start for program in programs)
        lines = list(lines)
        if by in (By.USER, By.ARTICLE_USER) and (teams or masks):
            teamed = (replace(one, team=teams.get(one.user, "")) for one in lines)
            lines = [self.people.masked(one, masks, start) for one in teamed]
        match by:
            case By.ARTICLE | By.ARTICLE_USER if masks.names:
                hidden = sorted({name for user in masks.names for name in self.people.names(user, start)}, key=len)
                pages = re.compile(rf":(?:{'|'.join(map(re.escape, reversed(hidden)))})(?![\w-])")
                return [replace(one, title=pages.sub(":(hidden)", one.title)) for one in lines]
        return lines


def window(program: Program | None, moment: Moment, freshness: Freshness) -> Window:
    """The time that is asked about.

    Raises:
        InvalidInput: the program has no such session.
    """
    since = until = None
    if moment.session is not None and program is not None:
        session = session_of(program, moment.session)
        if session is None:
            raise InvalidInput(_no_session(program, moment.session))
        since, until = session.start, session.end
    if moment.last_minutes is not None and freshness.as_of is not None:
        recent = freshness.as_of - timedelta(minutes=moment.last_minutes)
        since = recent if since is None else max(since, recent)
    return Window(since, until)


def _no_session(program: Program, wanted: str) -> str:
    number = len(program.sessions)
    titles = ", ".join(one.title for one in program.sessions if one.title)
    there_are = "there is only session 1" if number == 1 else f"there are sessions 1 to {number}"
    return f"{program.slug}: no session {wanted!r}; {there_are}" + (f" ({titles})" if titles else "")
