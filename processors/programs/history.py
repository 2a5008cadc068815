"""What was decided about a program, event by event, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from processors.programs.events import (
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
    NewEvent,
    PageAssigned,
    PageExcluded,
    PageIncluded,
    PageUnassigned,
    Restored,
    RevisionExcluded,
    RevisionIncluded,
    TeamSet,
    UserExcluded,
    UserIncluded,
)
from processors.programs.program import Page, Program
from processors.programs.states import ProgramState, fold
from processors.why.rule_changes import differences


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words."""

    event: NewEvent
    sentences: tuple[str, ...]


def tell(events: Iterable[NewEvent]) -> Iterator[Told]:
    """Tell the events of one program, the first of them being its first."""
    states: dict[str, ProgramState] = {}
    pending: list[NewEvent] = []
    for event in events:
        if isinstance(event.change, Changed):
            # Folding is for whole definitions only: between them, an event says by itself what it changes.
            states = fold(pending, states)
            before = states[event.program].program if event.program in states else None
            states, pending = fold([event], states), []
            yield Told(event, tuple(_changed(before, states[event.program].program)))
        else:
            pending.append(event)
            yield Told(event, (sentence(event.change),))


def _changed(before: Program | None, after: Program) -> list[str]:
    found = differences(before, after) if before is not None else []
    return found or ["The program was written anew; nothing of it is another."]


def sentence(change: Change) -> str:
    """What one change says by itself."""
    return f"{_words(change)}."


def _words(change: Change) -> str:
    match change:
        case Defined(_, cloned_from):
            return "The program was defined" + (f", as a copy of {cloned_from}" if cloned_from else "")
        case Changed():
            return "The program was changed"
        case Joined(user, team, since, until):
            when = f"from {_time(since)} on" if since else "from the start of the program on"
            return f"{user} joined{_in(team)}, counting {when}" + (f" until {_time(until)}" if until else "")
        case Left(user, at):
            return f"{user} left at {_time(at)}" if at else f"{user} was taken out, as if never enrolled"
        case TeamSet(user, team):
            return f"{user} is in team {team}" if team else f"{user} is in no team any more"
        case NameHidden(user, hidden):
            return f"The name of {user} is {'hidden' if hidden else 'shown'}"
        case PageAssigned(user, page):
            return f"{_page(page)} was assigned to {user}"
        case PageUnassigned(user, page):
            return f"{_page(page)} was taken from {user}"
        case Merged(into):
            return f"The program was merged into {into}"
        case Frozen(name, as_of):
            return f"The numbers as of {_time(as_of)} were declared the result “{name}”"
        case Deleted():
            return "The program was deleted"
        case Restored():
            return "The program was restored"
        case Expired():
            return "The program expired"
        case AlertAcknowledged(alert):
            return f"The alert {alert} was acknowledged"
        case AlertMuted(_, _, _, until):
            return f"Nobody is told of {_alerts(change)}" + (f" until {_time(until)}" if until else " any more")
        case AlertUnmuted():
            return f"Everybody is told of {_alerts(change)} again"
    return _exclusion(change)


def _exclusion(change: Change) -> str:
    match change:
        case UserExcluded(what) | UserIncluded(what):
            subject = f"All that {what} does"
        case PageExcluded(page) | PageIncluded(page):
            subject = _page(page)
        case RevisionExcluded(wiki, rev_id) | RevisionIncluded(wiki, rev_id):
            subject = f"Revision {rev_id} of {wiki}"
        case _:  # pragma: no cover - the others have words already
            return str(change)
    excluded = isinstance(change, UserExcluded | PageExcluded | RevisionExcluded)
    return f"{subject} does not count any more" if excluded else f"{subject} counts again"


def _alerts(change: AlertMuted | AlertUnmuted) -> str:
    if change.alert:
        return f"the alert {change.alert}"
    return f"alerts about {_page(change.page)}" if change.page else f"alerts of the kind {change.kind}"


def _in(team: str) -> str:
    return f" team {team}" if team else ""


def _page(page: Page) -> str:
    return f"{page.title} ({page.wiki})" if page.wiki else page.title


def _time(at: datetime) -> str:
    spec = "%Y-%m-%d %H:%M:%S" if at.second or at.microsecond else "%Y-%m-%d %H:%M"
    return f"{at.astimezone(UTC).strftime(spec)} UTC"
