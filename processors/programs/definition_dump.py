"""From a program to the mapping that is written for it. What is as usual is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from processors.programs.definition_text import Line, Lines
from processors.programs.program import (
    CategoryScope,
    Exclusions,
    Page,
    Participant,
    Period,
    PrefixScope,
    Program,
    Scope,
    Session,
    Side,
    TitlesScope,
)

_USUAL = Program(slug="", title="", sessions=(), wikis=())
_SWITCHES = ("bots", "minor", "redirects", "reverted", "tools")


def written_program(program: Program, version: int | None = None) -> dict[str, Any]:
    """What to write for a program, keys in order.

    Args:
        version: the stored program's, if the text is to say what it was made from.
    """
    written = {"slug": program.slug} | ({} if version is None else {"version": version})
    return {**written, **dict(_who_when_where(program)), **dict(_what(program)), **dict(_around(program))}


def _who_when_where(program: Program) -> Iterator[tuple[str, Any]]:
    timezone = ZoneInfo(program.timezone)
    yield "title", program.title
    if program.timezone != _USUAL.timezone:
        yield "timezone", program.timezone
    yield "sessions", Lines(_session(one, timezone) for one in program.sessions)
    yield "wikis", list(program.wikis)
    if program.namespaces != _USUAL.namespaces:
        yield (
            "namespaces",
            {wiki: "all" if numbers is None else sorted(numbers) for wiki, numbers in program.namespaces},
        )
    if program.participants or not (program.open or program.hashtags):
        yield "participants", Lines(_participant(one, timezone) for one in program.participants)
    if program.organisers:
        yield "organisers", Lines(program.organisers)
    if program.open:
        yield "open", True
    if program.hashtags:
        yield "hashtags", list(program.hashtags)


def _what(program: Program) -> Iterator[tuple[str, Any]]:
    scope: dict[str, Any] = {}
    if program.scope is not None:
        scope["any"] = Lines(_scope(one) for one in program.scope)
    if program.outside:
        scope["except"] = Lines(_scope(one) for one in program.outside)
    if program.membership is not _USUAL.membership:
        scope["membership"] = program.membership.value
    if scope:
        yield "scope", scope
    if exclude := _exclusions(program.exclude):
        yield "exclude", exclude


def _around(program: Program) -> Iterator[tuple[str, Any]]:
    if program.visibility is not _USUAL.visibility:
        yield "visibility", program.visibility.value
    if program.goals:
        yield "goals", dict(program.goals)
    if program.points:
        yield "points", {rule: _number(value) for rule, value in program.points}
    if program.campaigns:
        yield "campaigns", list(program.campaigns)
    if program.expires is not None:
        yield "expires", _time(program.expires, ZoneInfo(program.timezone))
    for name in ("new_editor_days", "hide_names_after_days"):
        if getattr(program, name) != getattr(_USUAL, name):
            yield name, getattr(program, name)


def _number(value: float) -> float:
    """Without `.0`, where nothing is lost by it."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _time(at: datetime, timezone: ZoneInfo) -> str:
    local = at.astimezone(timezone)
    return local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def _session(one: Session, timezone: ZoneInfo) -> Line:
    return Line(start=_time(one.start, timezone), end=_time(one.end, timezone), **_given(title=one.title))


def _given(**values: Any) -> dict[str, Any]:
    """Without those that say nothing."""
    return {name: value for name, value in values.items() if value}


def _participant(one: Participant, timezone: ZoneInfo) -> str | Line:
    when: dict[str, Any] = {}
    if len(one.periods) == 1:
        when = _period(one.periods[0], timezone)
    else:
        when["periods"] = [_period(period, timezone) for period in one.periods]
    more = _given(team=one.team) | when | _given(hidden=one.hidden, pages=[_page(page) for page in one.pages])
    return Line(user=one.user, **more) if more else one.user


def _period(one: Period, timezone: ZoneInfo) -> dict[str, str]:
    ends = {"joined": one.since, "left": one.until}
    return {name: _time(at, timezone) for name, at in ends.items() if at is not None}


def _page(one: Page, reason: str = "") -> str | Line:
    more = _given(wiki=one.wiki, reason=reason)
    return Line(title=one.title, **more) if more else one.title


def _scope(scope: Scope) -> Line | dict[str, Any]:
    match scope:
        case CategoryScope():
            side = "" if scope.side is Side.ARTICLE else scope.side.value
            return Line(category=scope.category, wiki=scope.wiki, **_given(depth=scope.depth, side=side))
        case TitlesScope():
            return {"titles": Lines(sorted(scope.titles)), **_given(wiki=scope.wiki)}
        case PrefixScope():
            return Line(prefix=scope.prefix, **_given(wiki=scope.wiki))


def _exclusions(exclude: Exclusions) -> dict[str, Any]:
    written: dict[str, Any] = {
        name: getattr(exclude, name) for name in _SWITCHES if getattr(exclude, name) != getattr(_USUAL.exclude, name)
    }
    return written | _given(
        users=Lines(Line(user=one.user, reason=one.reason) if one.reason else one.user for one in exclude.users),
        titles=Lines(_page(one.page, one.reason) for one in exclude.titles),
        revisions=Lines(Line(wiki=one.wiki, rev=one.rev_id, **_given(reason=one.reason)) for one in exclude.revisions),
    )
