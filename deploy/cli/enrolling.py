"""What `wikitally participants`, `exclude` and `include` decide."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from api.program_render import carried_json, enrolment_json
from deploy.cli.organising import actor, carry_out, desk, report, timezone
from deploy.cli.reading import print_json
from deploy.cli.terminal import out
from deploy.programs.applying import read_text
from deploy.programs.commands import Commands
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.programs.commands import Assign, Command, Enrol, Exclude, HideName, Join, Leave, SetTeam
from processors.programs.enrolling import Enrolment, receipts
from processors.programs.names import read_time
from processors.programs.program import ExcludedPage, ExcludedRevision, ExcludedUser, Page
from processors.programs.texts import parse_roster
from processors.why.rule_words import number

Excluded = ExcludedUser | ExcludedPage | ExcludedRevision


def join(
    settings: Settings, slug: str, users: Sequence[str], team: str, since: str | None, *, by: str | None, as_json: bool
) -> None:
    """Enrol users by name."""
    with desk(settings) as at:
        start = read_time(since, timezone(at.commands.state(slug))) if since else None
        carried = at.commands.carry_out([Join(slug, user, team, start) for user in users], actor=actor(by))
        enrolled = receipts(carried.states[slug], users, carried.events)
        settled = at.settle(carried) if carried.events else ""
    if as_json:
        written = carried_json(carried, [slug])
        print_json({**written, "enrolments": [enrolment_json(one) for one in enrolled], "books": settled})
        return
    for one in enrolled:
        out.print(_receipt(one), markup=False, soft_wrap=True)
    if settled:
        out.print(settled)


def _receipt(one: Enrolment) -> str:
    since = f"{one.since:%Y-%m-%d %H:%M} UTC" if one.since else "the start of the program"
    told = "takes part already" if one.already else f"takes part, counting from {since} on"
    note = "; organises it too, and counts now" if one.note == "organiser" else ""
    return f"{one.program}: {one.user} {told}{note}" + (f" (event {one.event_id})" if one.event_id else "")


def enrol(settings: Settings, slug: str, file: str, *, reason: str, by: str | None, as_json: bool) -> None:
    """Enrol all users of a list."""
    text = sys.stdin.read() if file == "-" else read_text(Path(file))
    with desk(settings) as at:
        roster = parse_roster(text, timezone(at.commands.state(slug)))
        carried = at.commands.carry_out([Enrol(slug, roster, reason)], actor=actor(by))
        already = len(roster.entries) - len(carried.events)
        first = f"{slug}: {number(len(carried.events), 'user')} enrolled; {already:,} took part already"
        report(at, carried, as_json=as_json, first=first)


def leave(
    settings: Settings,
    slug: str,
    users: Sequence[str],
    at: str | None,
    *,
    reason: str,
    by: str | None,
    as_json: bool,
) -> None:
    """Let users be members no more."""

    def ask(commands: Commands) -> list[Command]:
        end = read_time(at, timezone(commands.state(slug))) if at else None
        return [Leave(slug, user, end, reason) for user in users]

    carry_out(settings, ask, by=by, as_json=as_json)


def set_team(settings: Settings, slug: str, user: str, team: str, *, by: str | None, as_json: bool) -> None:
    """Put somebody into a team."""
    carry_out(settings, lambda _: [SetTeam(slug, user, team)], by=by, as_json=as_json)


def hide(settings: Settings, slug: str, users: Sequence[str], *, hidden: bool, by: str | None, as_json: bool) -> None:
    """Hide names, or show them again."""
    carry_out(settings, lambda _: [HideName(slug, user, hidden) for user in users], by=by, as_json=as_json)


def assign(
    settings: Settings, slug: str, user: str, title: str, wiki: str, *, assigned: bool, by: str | None, as_json: bool
) -> None:
    """Assign a page to somebody, or take it from them."""
    page = Page(title, wiki)
    carry_out(settings, lambda _: [Assign(slug, user, page, assigned)], by=by, as_json=as_json)


def excluded(user: str | None, page: str | None, rev: int | None, wiki: str, reason: str) -> Excluded:
    """What is named.

    Raises:
        InvalidInput: nothing, or more than one thing.
    """
    if [user, page, rev].count(None) != 2:
        raise InvalidInput("say one of --user NAME, --page TITLE and --rev NUMBER")
    if user is not None:
        return ExcludedUser(user, reason)
    if page is not None:
        return ExcludedPage(Page(page, wiki), reason)
    if not wiki:
        raise InvalidInput(f"--rev {rev}: say of which wiki too, such as --wiki en.wikipedia.org")
    return ExcludedRevision(wiki, rev or 0, reason)


def exclude(settings: Settings, slug: str, what: Excluded, *, excluded: bool, by: str | None, as_json: bool) -> None:
    """Let something not count, or count again."""
    carry_out(settings, lambda _: [Exclude(slug, what, excluded)], by=by, as_json=as_json)
