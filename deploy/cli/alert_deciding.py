"""What `wikitally alerts` decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.cli.organising import Desk, actor, desk, report, timezone
from deploy.clock import now
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.ports.alerts import MOST, FeedFilter, Standing
from processors.programs.commands import Acknowledge, Command, Mute
from processors.programs.names import read_time
from processors.programs.program import Page


@dataclass(frozen=True, slots=True)
class What:
    """What is muted; empty: not that."""

    alert: str
    kind: str
    page: str | None
    wiki: str


def acknowledge(
    settings: Settings, slug: str, alerts: Sequence[str], reason: str, *, by: str | None, as_json: bool
) -> None:
    """Say that alerts were seen."""
    with desk(settings) as at:
        asked = [Acknowledge(slug, _whole(at, slug, one), reason) for one in alerts]
        report(at, at.commands.carry_out(asked, actor=actor(by)), as_json=as_json)


def mute(
    settings: Settings,
    slug: str,
    what: What,
    until: str | None,
    reason: str,
    *,
    muted: bool,
    by: str | None,
    as_json: bool,
) -> None:
    """Let nobody be told, or everybody again."""
    with desk(settings) as at:
        end = read_time(until, timezone(at.commands.state(slug))) if until else None
        alert = _whole(at, slug, what.alert) if what.alert else ""
        page = Page(what.page, what.wiki) if what.page is not None else None
        asked: list[Command] = [Mute(slug, alert, what.kind, page, end, muted, reason)]
        report(at, at.commands.carry_out(asked, actor=actor(by)), as_json=as_json)


def _whole(at: Desk, slug: str, beginning: str) -> str:
    """The id that begins so, of the program's alerts.

    Raises:
        InvalidInput: none does, or several do.
    """
    beginning = beginning.strip().lower()
    feeds, found, cursor = StoreAlertFeeds(at.opened.store, now), set[str](), ""
    while True:
        feed = feeds.read_program(slug, FeedFilter(state=Standing.ALL, limit=MOST, cursor=cursor), names=True)
        found |= {one.alert.alert_id for one in feed.alerts} if feed else set()
        cursor = feed.next_cursor if feed else ""
        if not cursor:
            break
    fitting = sorted(one for one in found if one.startswith(beginning))
    if len(fitting) != 1:
        what = "no alert that begins so" if not fitting else f"{len(fitting)} alerts that begin so; write more of it"
        raise InvalidInput(f"{beginning}: {slug} has {what}")
    return fitting[0]
