"""What `wikitally alerts list` prints."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from api.alert_render import feed_json
from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import freshness_line, out
from deploy.clock import now
from deploy.settings import Settings
from processors.alerts.alerts import AlertKind, AlertState
from processors.alerts.wording import phrase
from processors.errors import InvalidInput
from processors.facts.titles import canonical_user, namespaces_for
from processors.facts.wikis import nearest
from processors.ports.alerts import Feed, FeedFilter, ShownAlert, Standing
from processors.programs.names import read_wiki

_ID = 8
"""Digits of an id that are printed: enough to tell a program's alerts apart."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose alerts: one of them."""

    program: str | None
    campaign: str | None
    page: tuple[str, str] | None
    """Wiki and title."""
    user: str | None


def show(
    settings: Settings,
    asked: Asked,
    kinds: Collection[AlertKind],
    state: str,
    since: datetime | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """Print a feed, with real names."""
    wanted = FeedFilter(frozenset(kinds), read_state(state), since, limit=limit)
    with opened_store(settings) as opened:
        feed = _read(StoreAlertFeeds(opened.store, now), asked, wanted)
    if as_json:
        print_json(feed_json(feed))
        return
    if feed.alerts:
        out.print(_table(feed))
    else:
        out.print("There are no such alerts.")
    counts = [f"{kind} {number}" for kind, number in feed.counts.items()]
    left_out = [f"{number} {word}" for word, number in feed.muted.items() if number]
    out.print(", ".join(counts + left_out) or "none of any kind", style="dim", markup=False)
    out.print(freshness_line(feed.freshness), style="dim", markup=False)


def read_state(text: str) -> Standing | AlertState:
    """The state that is meant.

    Raises:
        InvalidInput: there is none such.
    """
    known: dict[str, Standing | AlertState] = {str(one): one for one in (*Standing, *AlertState)}
    if text not in known:
        close = nearest(text, known)
        raise InvalidInput(f"--state {text}: " + (f"did you mean {close}?" if close else f"one of {', '.join(known)}"))
    return known[text]


def _read(feeds: StoreAlertFeeds, asked: Asked, wanted: FeedFilter) -> Feed:
    given = [one for one in (asked.program, asked.campaign, asked.page, asked.user) if one is not None]
    if len(given) != 1:
        raise InvalidInput("alerts list: say one of a program, --campaign, --page with --wiki, and --user")
    if asked.page is not None:
        wiki = read_wiki(asked.page[0]) if asked.page[0] else ""
        if not wiki or "*" in wiki:
            raise InvalidInput("--page: say its --wiki too, such as en.wikipedia.org")
        return feeds.read_page(wiki, namespaces_for(wiki).canonical(asked.page[1]), wanted, names=True)
    if asked.user is not None:
        return feeds.read_user(canonical_user(asked.user), wanted, names=True)
    feed = (
        feeds.read_program(asked.program, wanted, names=True)
        if asked.program is not None
        else feeds.read_campaign(asked.campaign or "", wanted, names=True)
    )
    if feed is None:
        raise InvalidInput(f"{given[0]}: there is no such {'program' if asked.program else 'campaign'}")
    return feed


def _table(feed: Feed) -> Table:
    table = Table(header_style="bold")
    for column in ("changed (UTC)", "program", "alert", "what", "who", ""):
        table.add_column(column, overflow="fold")
    for one in feed.alerts:
        alert = one.alert
        subject = f"{alert.title} ({alert.wiki})" if alert.title else alert.wiki or alert.program
        detail = alert.steps[-1].detail
        what = f"{subject}: {phrase(alert.kind, alert.state)}" + (f" – {detail}" if detail else "")
        cells = (f"{alert.changed_at:%Y-%m-%d %H:%M}", alert.program, alert.alert_id[:_ID], what)
        table.add_row(*map(Text, cells), Text(", ".join(alert.users)), Text(_marks(one)))
    return table


def _marks(one: ShownAlert) -> str:
    seen = f"seen by {one.acknowledged_by or 'somebody'}" if one.acknowledged_at else ""
    return ", ".join(filter(None, (seen, "muted" if one.muted else "")))
