"""The rules of a program in sentences, as its organisers and participants read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from processors.numbers.points import POINT_RULES
from processors.programs.program import Period, Program
from processors.why.rule_changes import differences
from processors.why.rule_words import (
    AUDIENCE,
    MEMBERSHIP,
    MOST,
    Names,
    amount,
    excluded_page,
    excluded_revision,
    listed,
    moment,
    namespaces,
    number,
    period,
    scope,
    session,
    some,
    switched,
    wiki,
    wikis,
)

__all__ = ["differences", "rules"]


def rules(program: Program) -> list[str]:
    """What counts for the program and what does not, in the order in which it is tested.

    Hidden participants are not named.
    """
    parts = (_who, _when, _where, _scope, _exclusions, _statistics, _around)
    return Names(program).masked(sentence for part in parts for sentence in part(program))


def _who(program: Program) -> Iterator[str]:
    names = Names(program)
    if program.open:
        yield "Everyone's edits count; nobody has to enrol." + (
            " Participants are those who are in teams or have pages assigned." if program.participants else ""
        )
    elif program.participants:
        yield f"Edits by {number(len(program.participants), 'participant')} count, {_since_when(program, names)}."
    elif not program.hashtags:
        yield "Nobody takes part yet, so nothing counts."
    if program.hashtags and not program.open:
        tags = listed([f"#{tag}" for tag in program.hashtags], "or")
        yield f"An edit with {tags} in its summary counts, whoever makes it."
    yield from _teams(program)
    hidden = sum(one.hidden for one in program.participants)
    if hidden:
        yield f"{number(hidden, 'participant counts', 'participants count')} in all totals, but under a pseudonym."
    assigned = sum(bool(one.pages) for one in program.participants)
    if assigned:
        pages = sum(len(one.pages) for one in program.participants)
        yield (
            f"{number(pages, 'page is', 'pages are')} assigned to {number(assigned, 'participant')}; "
            "that does not decide what counts."
        )
    if program.organisers:
        who = names.some(program.organisers, "organiser")
        yield f"Organised by {who}: organisers' edits count only where they take part themselves."
    yield "Edits that come without an account's name never count: IP addresses are not kept."


def _since_when(program: Program, names: Names) -> str:
    timezone = ZoneInfo(program.timezone)
    own = [one for one in program.participants if one.periods != (Period(),)]
    if not own:
        return "each from the start of the program, whenever they were enrolled"
    shown = [one for one in own if names.may_show(one.user)][:MOST]
    parts = [
        f"{one.user} {', and '.join(period(part, timezone) for part in one.periods) or 'not, having left'}"
        for one in shown
    ]
    if len(own) > len(shown):
        parts.append(f"{number(len(own) - len(shown), 'other', 'others')} in times of their own")
    everyone = (
        "each from the start of the program" if len(own) < len(program.participants) else "each in their own time"
    )
    return f"{everyone}; {'; '.join(parts)}"


def _teams(program: Program) -> Iterator[str]:
    teams = Counter(one.team for one in program.participants if one.team)
    if teams:
        sizes = [f"{team} ({number(count, 'participant')})" for team, count in sorted(teams.items())]
        yield f"Teams: {listed(sizes)}."


def _when(program: Program) -> Iterator[str]:
    timezone = ZoneInfo(program.timezone)
    sessions = listed([session(one, timezone) for one in sorted(program.sessions, key=lambda one: one.start)])
    yield f"They count when they are made from {sessions} ({program.timezone}); the end itself is outside."


def _where(program: Program) -> Iterator[str]:
    yield f"They count on {wikis(program.wikis)}."
    lines = dict(program.namespaces)
    usual = lines.pop("default", frozenset({0}))
    parts = [namespaces(usual)]
    parts += [f"on {wiki(name)} {namespaces(numbers)}" for name, numbers in lines.items()]
    yield f"They count {'; '.join(parts)}: that is where the page is now, after any move."
    yield ("Uploads of files count on these wikis, whatever namespaces are tracked; new versions of a file do not.")


def _scope(program: Program) -> Iterator[str]:
    time = MEMBERSHIP[program.membership]
    if program.scope is None:
        yield "Every page counts." if not program.outside else "Every page counts but some."
    elif not program.scope:
        yield "No page is in scope, so nothing counts: the list of pages is empty."
    else:
        yield f"Only pages {listed([scope(one) for one in program.scope], 'or')} count, {time}."
    if program.outside:
        yield f"Out of scope in any case are pages {listed([scope(one) for one in program.outside], 'or')}, {time}."
    if program.scope or program.outside:
        yield "A talk page is where its subject page is."


def _exclusions(program: Program) -> Iterator[str]:
    exclude = program.exclude
    for switch in ("bots", "minor", "tools", "redirects"):
        yield switched(switch, getattr(exclude, switch))
    yield from _by_hand(program)
    yield (
        "Deleted pages, and revisions whose text or author is hidden, do not count; when they come back, they do again."
    )
    yield switched("reverted", exclude.reverted)


def _by_hand(program: Program) -> Iterator[str]:
    exclude = program.exclude
    if exclude.users:
        notes = {one.user: one.reason for one in exclude.users}
        yield f"Excluded by hand, with all they do: {Names(program).some(list(notes), 'user', notes)}."
    if exclude.titles:
        yield f"Excluded by hand: {some([excluded_page(one) for one in exclude.titles], 'page')}."
    if exclude.revisions:
        yield f"Excluded by hand: {some([excluded_revision(one) for one in exclude.revisions], 'revision')}."


def _statistics(program: Program) -> Iterator[str]:
    yield (
        "Bytes added is the sum of what each edit added; what it removed is not subtracted. "
        "It is counted in every tracked namespace; a new page credits its whole length."
    )
    yield (
        "Articles created are pages whose first revision counts and which are content of their wiki now; "
        "articles edited are the pages that have an edit that counts, each once."
    )
    yield (
        "New editors are those whose account was made during the program or up to "
        f"{number(program.new_editor_days, 'day')} before its start."
    )
    if program.points:
        parts = [f"{amount(value)} for {POINT_RULES[rule]}" for rule, value in program.points]
        yield f"Points: {'; '.join(parts)}."


def _around(program: Program) -> Iterator[str]:
    yield AUDIENCE[program.visibility]
    if program.hide_names_after_days is not None:
        days = number(program.hide_names_after_days, "day")
        yield f"{days.capitalize()} after the end, boards show pseudonyms for everyone."
    if program.expires is not None:
        expires = moment(program.expires, ZoneInfo(program.timezone))
        yield f"From {expires} ({program.timezone}) on the program is gone."
    yield (
        "Late news never ends: a page that is moved, deleted or restored, a revision that is hidden, somebody "
        "who is enrolled later change the numbers, however long after the end."
    )
