"""`wikitally webhooks`: who is told of alerts, and how it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from api.webhook_render import attempt_json, outcome_json, shown_url, webhook_json
from deploy.cli.options import AsJson, By, Data
from deploy.cli.organising import actor
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import err, out, result_table
from deploy.clock import now
from deploy.delivering.keeping import webhook_desk
from deploy.delivering.office import StoreWebhooks
from deploy.delivering.vault import new_key
from deploy.programs.commands import Commands
from deploy.settings import load_settings
from processors.alerts.alerts import AlertKind
from processors.alerts.delivery import Outcome
from processors.alerts.subscriptions import Format, Subscription
from processors.errors import InvalidInput
from processors.ports.webhooks import Figures, Wanted
from processors.programs.names import read_slug

webhooks_app = typer.Typer(no_args_is_help=True, help="Who is told of alerts: webhooks, chats, mail addresses.")

_Result = TypeVar("_Result")
Webhook = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Its id, as `list` shows it.")]


def _ask(data: Path | None, call: Callable[[StoreWebhooks], Awaitable[_Result]], *, create: bool = False) -> _Result:
    settings = load_settings(data=data)

    async def ask() -> _Result:
        async with webhook_desk(opened, settings) as desk:
            return await call(desk)

    with opened_store(settings, create=create) as opened:
        return asyncio.run(ask())


@webhooks_app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to: https://…, or mailto:… with --format email.")],
    program: Annotated[str | None, typer.Option(metavar="SLUG", help="The program it is for.")] = None,
    campaign: Annotated[str | None, typer.Option(metavar="SLUG", help="The campaign it is for.")] = None,
    every: Annotated[bool, typer.Option("--every", help="For all programs that are not private.")] = False,
    kinds: Annotated[
        list[AlertKind] | None, typer.Option("--kind", help="Kinds of alerts; may be repeated. Default: all.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="What a message looks like.")] = Format.STANDARD,
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let an endpoint be told of alerts; print its id and the secret that signs, this once."""
    if [program is not None, campaign is not None, every].count(True) != 1:
        raise InvalidInput("say one of --program, --campaign and --every")
    slugs = {name: read_slug(slug) for name, slug in (("program", program), ("campaign", campaign)) if slug}
    wanted = Wanted(url, kinds=frozenset(kinds or ()), format=form, **slugs)
    made, secret = _ask(data, lambda desk: desk.add(wanted, by=actor(by)), create=True)
    if as_json:
        print_json({**webhook_json(made, Figures()), "secret": secret})
        return
    out.print(made.id, markup=False)
    if secret:
        out.print(secret, markup=False, soft_wrap=True)
        err.print("This is the only time that the secret is shown; the receiver verifies messages by it.")
    if program:
        _warn_of_unknown(program, data)


def _warn_of_unknown(program: str, data: Path | None) -> None:
    with opened_store(load_settings(data=data)) as opened:
        if program not in Commands(opened.store, opened.log, now).states():
            err.print(f"There is no program {program} yet; it is told once there is.", markup=False)


@webhooks_app.command("list")
def list_(as_json: AsJson = False, data: Data = None) -> None:
    """List all webhooks and how they go. Secrets are not shown."""
    found = _ask(data, lambda desk: desk.all())
    if as_json:
        print_json([webhook_json(*each) for each in found])
        return
    if not found:
        out.print("No webhooks yet; `wikitally webhooks add` makes one.")
        return
    table = result_table(["webhook", "for", "kinds", "to", "state", "last (UTC)"], [_row(*each) for each in found])
    # It is what the other commands are given.
    table.columns[0].no_wrap = True
    out.print(table)


def _row(one: Subscription, figures: Figures) -> list[object]:
    program = one.program or (f"campaign {one.campaign}" if one.campaign else "every program")
    last = "never"
    if figures.last_at is not None:
        last = f"{figures.last_at:%Y-%m-%d %H:%M} {figures.last_error or figures.last_status}"
    amounts = {"to be sent": figures.pending, "dead": figures.dead, "failed in a day": figures.failures}
    state = [one.ended_because or str(one.state), *(f"{count} {what}" for what, count in amounts.items() if count)]
    target = shown_url(one) if one.format is Format.STANDARD else f"{one.format} {shown_url(one)}"
    return [one.id, program, ", ".join(sorted(one.kinds)) or "all", target, ", ".join(state), last]


@webhooks_app.command()
def rotate(webhook: Webhook, as_json: AsJson = False, data: Data = None) -> None:
    """Replace the secret that signs; print the new one, this once. For a day both sign."""
    secret = _ask(data, lambda desk: desk.rotate(webhook))
    if as_json:
        print_json({"id": webhook, "secret": secret})
        return
    out.print(secret, markup=False, soft_wrap=True)
    err.print("This is the only time that it is shown. For a day the former secret signs too.")


@webhooks_app.command()
def ping(webhook: Webhook, as_json: AsJson = False, data: Data = None) -> None:
    """Send a test now. Exit code 1 when it does not arrive."""
    outcome = _ask(data, lambda desk: desk.ping(webhook))
    if as_json:
        print_json(outcome_json(outcome))
    else:
        out.print(_said(outcome), markup=False)
    if not outcome.delivered:
        raise typer.Exit(1)


def _said(outcome: Outcome) -> str:
    if outcome.delivered:
        return f"It arrived: status {outcome.status} after {outcome.seconds:.2f} s."
    return f"It did not arrive: {outcome.error} after {outcome.seconds:.2f} s."


@webhooks_app.command()
def replay(
    webhook: Webhook,
    messages: Annotated[
        list[str] | None, typer.Option("--message", metavar="ID", help="A dead letter; may be repeated. Default: all.")
    ] = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Put dead letters back to be sent, by whoever runs on the store."""
    count = _ask(data, lambda desk: desk.replay(webhook, messages or ()))
    if as_json:
        print_json({"replayed": count})
    else:
        out.print(f"{count} to be sent again." if count else "There is no dead letter.")


@webhooks_app.command()
def remove(webhook: Webhook, as_json: AsJson = False, data: Data = None) -> None:
    """Tell it nothing more."""
    _ask(data, lambda desk: desk.remove(webhook))
    if as_json:
        print_json({"id": webhook, "removed": True})
    else:
        out.print(f"{webhook}: removed", markup=False)


@webhooks_app.command()
def log(
    webhook: Webhook,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many attempts.")] = 50,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Show the newest attempts: when, which, how it went, how long it took."""
    attempts = _ask(data, lambda desk: desk.log(webhook, limit))
    if as_json:
        print_json([attempt_json(one) for one in attempts])
        return
    columns = ["at (UTC)", "message", "type", "attempt", "status", "error", "seconds"]
    rows = [
        (f"{one.at:%Y-%m-%d %H:%M:%S}", one.message_id, one.type, one.attempt, one.status or "", one.error,
         f"{one.seconds:.2f}")
        for one in attempts
    ]  # fmt: skip
    out.print(result_table(columns, rows) if rows else "Nothing was sent yet.")


@webhooks_app.command()
def key() -> None:
    """Print a new key for WIKITALLY_SECRET_KEY."""
    out.print(new_key(), markup=False, soft_wrap=True)


@webhooks_app.command()
def rekey(data: Data = None) -> None:
    """Encrypt all secrets by the first key of WIKITALLY_SECRET_KEY, so that the others can go."""
    out.print(f"{_ask(data, lambda desk: desk.rekey())} secrets are encrypted by the first key.")


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.add_typer(webhooks_app, name="webhooks")
