"""`wikitally alerts`: what organisers should see, and what they decide about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from deploy.cli.options import AsJson, By, Data, Reason, Slug
from deploy.settings import load_settings
from processors.alerts.alerts import AlertKind
from processors.errors import InvalidInput

alerts_app = typer.Typer(
    no_args_is_help=True, help="What organisers should see: deletion tags, deletions, reverts, blocks, milestones, …"
)

Kinds = Annotated[
    list[AlertKind] | None, typer.Option("--kind", help="Only these kinds; may be repeated. Default: all.")
]
Ids = Annotated[
    list[str], typer.Argument(metavar="ALERT...", help="Ids, as `list` shows them; their beginning will do.")
]
Alert = Annotated[str | None, typer.Option("--alert", metavar="ID", help="One alert; the beginning of its id will do.")]
Kind = Annotated[AlertKind | None, typer.Option("--kind", help="All alerts of a kind.")]
Page = Annotated[str | None, typer.Option("--page", metavar="TITLE", help="All alerts about a page.")]
Wiki = Annotated[str, typer.Option("--wiki", metavar="WIKI", help="The page's wiki: en.wikipedia.org, or enwiki.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Until then. Default: until you decide otherwise.")]


@alerts_app.command("list")
def list_(
    program: Annotated[str | None, typer.Argument(metavar="PROGRAM", help="Slug of the program.")] = None,
    campaign: Annotated[str | None, typer.Option(metavar="SLUG", help="Of all programs of a campaign.")] = None,
    page: Page = None,
    wiki: Wiki = "",
    user: Annotated[str | None, typer.Option(metavar="NAME", help="That concern a participant.")] = None,
    kinds: Kinds = None,
    state: Annotated[
        str, typer.Option(help="live: what you may want to do something about; all; or one state, such as deleted.")
    ] = "live",
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Only what changed then or later.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many, what changed last first.")] = 50,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List alerts of a program, a campaign, a page or a participant, with how many there are of each kind."""
    from deploy.cli import alert_reading
    from processors.programs.names import read_time

    asked = alert_reading.Asked(program, campaign, (wiki, page) if page else None, user)
    at: datetime | None = read_time(since) if since else None
    alert_reading.show(load_settings(data=data), asked, kinds or [], state, at, limit, as_json=as_json)


@alerts_app.command()
def ack(
    program: Slug, alerts: Ids, reason: Reason = "", by: By = None, as_json: AsJson = False, data: Data = None
) -> None:
    """Say that alerts were seen as they are. They come back when something happens to them."""
    from deploy.cli import alert_deciding

    alert_deciding.acknowledge(load_settings(data=data), program, alerts, reason, by=by, as_json=as_json)


@alerts_app.command()
def mute(
    program: Slug,
    alert: Alert = None,
    kind: Kind = None,
    page: Page = None,
    wiki: Wiki = "",
    until: Until = None,
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let nobody be told any more of an alert, of a kind of them, or of those about a page. They stay in the store."""
    from deploy.cli import alert_deciding

    what = alert_deciding.What(alert or "", str(kind or ""), page, wiki)
    alert_deciding.mute(load_settings(data=data), program, what, until, reason, muted=True, by=by, as_json=as_json)


@alerts_app.command()
def unmute(
    program: Slug,
    alert: Alert = None,
    kind: Kind = None,
    page: Page = None,
    wiki: Wiki = "",
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let everybody be told again of what was muted."""
    from deploy.cli import alert_deciding

    what = alert_deciding.What(alert or "", str(kind or ""), page, wiki)
    alert_deciding.mute(load_settings(data=data), program, what, None, reason, muted=False, by=by, as_json=as_json)


@alerts_app.command("test")
def try_(
    wiki: Annotated[str, typer.Option("--wiki", metavar="WIKI", help="Whose rules: en.wikipedia.org, or enwiki.")],
    category: Annotated[str | None, typer.Option(metavar="TITLE", help="What a page in this category is.")] = None,
    comment: Annotated[str | None, typer.Option(metavar="TEXT", help="What an edit with this summary does.")] = None,
    page: Annotated[str | None, typer.Option(metavar="TITLE", help="What a page raised, by all that was read.")] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Try a wiki's rules: which rule a category or a summary falls under, or what alerts a page would raise."""
    from deploy.cli import alert_testing

    if [category, comment, page].count(None) != 2:
        raise InvalidInput("alerts test: say one of --category, --comment and --page")
    settings = load_settings(data=data)
    if page is not None:
        alert_testing.try_page(settings, wiki, page, as_json=as_json)
    else:
        alert_testing.try_rules(settings, wiki, category, comment, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Put the commands into the app."""
    app.add_typer(alerts_app, name="alerts")
