"""How far a moment is from sessions and memberships, in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from processors.programs.program import Participant, Program, Session
from processors.why.rule_words import moment, number, period
from processors.why.rule_words import session as session_words


def distance(span: timedelta) -> str:
    """`14 min`, `3 hours`, `2 days`: in the unit that people would use, rounded down."""
    seconds = int(abs(span).total_seconds())
    if seconds < 60:
        return number(seconds, "second")
    if seconds < 7200:
        return f"{seconds // 60} min"
    if seconds < 2 * 86_400:
        return number(seconds // 3600, "hour")
    return number(seconds // 86_400, "day")


def _sorted(program: Program) -> list[Session]:
    return sorted(program.sessions, key=lambda one: (one.start, one.end))


def _named(program: Program, place: int) -> str:
    return "the program" if len(program.sessions) == 1 else f"session {place}"


def _in_brackets(session: Session, at: datetime, program: Program) -> str:
    title = f"{session.title}, " if session.title.strip() else ""
    return f"({title}{moment(at, ZoneInfo(program.timezone))} {program.timezone})"


def before_sessions(program: Program, at: datetime) -> str:
    """`3 hours before the start of session 1 (8 November 2026, 14:00 Europe/Paris).`"""
    first = _sorted(program)[0]
    start = _in_brackets(first, first.start, program)
    return f"{distance(first.start - at)} before the start of {_named(program, 1)} {start}."


def after_sessions(program: Program, at: datetime) -> str:
    """`14 min after the end of session 1 (8 April 2026, 17:00 Europe/Paris), 6 days before session 2.`"""
    sessions = list(enumerate(_sorted(program), start=1))
    place, last = max((one for one in sessions if one[1].end <= at), key=lambda one: one[1].end)
    end = _in_brackets(last, last.end, program)
    words = f"{distance(at - last.end)} after the end of {_named(program, place)} {end}"
    coming = next((one for one in sessions if one[1].start > at), None)
    if coming is not None:
        words += f", {distance(coming[1].start - at)} before {_named(program, coming[0])}"
    return f"{words}."


def within(program: Program, at: datetime) -> str:
    """The session that the moment is in; "" where it is in none."""
    timezone = ZoneInfo(program.timezone)
    for place, one in enumerate(_sorted(program), start=1):
        if one.start <= at < one.end:
            where = "the program's time" if len(program.sessions) == 1 else f"session {place}"
            return f"Within {where}: {session_words(one, timezone)}."
    return ""


def membership(participant: Participant, at: datetime, timezone: ZoneInfo) -> str:
    """When somebody takes part, who did not at that moment."""
    user, periods = participant.user, participant.periods
    if not periods:
        return f"{user} has left the program for good"
    if periods[0].since is not None and at < periods[0].since:
        return f"{user} joined only on {moment(periods[0].since, timezone)}"
    past = [one for one in periods if one.until is not None and one.until <= at]
    back = next((one.since for one in periods if one.since is not None and one.since > at), None)
    if past and past[-1].until is not None:
        rejoined = f" and came back on {moment(back, timezone)}" if back else ""
        return f"{user} left on {moment(past[-1].until, timezone)}{rejoined}"
    return f"{user} takes part {' and '.join(period(one, timezone) for one in periods)}"
