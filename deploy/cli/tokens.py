"""`wikitally tokens`: who may see private programs over HTTP, and decide about programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from api.program_render import token_json
from deploy.cli.options import AsJson, By, Data
from deploy.cli.organising import actor, desk
from deploy.cli.reading import print_json
from deploy.cli.terminal import err, out, result_table
from deploy.clock import now
from deploy.settings import load_settings
from processors.programs.names import read_slug, read_time
from processors.programs.tokens import Role, Token

tokens_app = typer.Typer(no_args_is_help=True, help="Tokens of the API: who may see and decide what.")

Name = Annotated[str, typer.Argument(help="Who has it, or what for.")]


@tokens_app.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What its holder may do.")],
    programs: Annotated[
        list[str] | None, typer.Option("--program", metavar="SLUG", help="A program it is for.")
    ] = None,
    campaigns: Annotated[
        list[str] | None, typer.Option("--campaign", metavar="SLUG", help="A campaign it is for.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it ends, such as 2026-12-31T00:00Z.")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a token and print its secret, this once: it is not kept."""
    slugs, of_campaigns = (frozenset(map(read_slug, one or [])) for one in (programs, campaigns))
    end = read_time(expires) if expires else None
    who = actor(by)

    def make(digest: str, at: datetime) -> Token:
        return Token(name.strip(), role, digest, at, who, slugs, of_campaigns, end)

    with desk(load_settings(data=data), create=True) as at:
        unknown = sorted(slugs - at.commands.states().keys())
        token, secret = at.commands.add_token(make)
    if as_json:
        print_json({**token_json(token, now()), "secret": secret})
        return
    out.print(secret, markup=False, soft_wrap=True)
    err.print("This is the only time that it is shown. Send it as: Authorization: Bearer TOKEN", markup=False)
    for slug in unknown:
        err.print(f"There is no program {slug} yet; the token is good for it once there is.", markup=False)


@tokens_app.command("list")
def list_(as_json: AsJson = False, data: Data = None) -> None:
    """List all tokens; those that are good for nothing any more too."""
    with desk(load_settings(data=data)) as at:
        tokens = at.commands.tokens.all()
    if as_json:
        print_json([token_json(one, now()) for one in tokens])
        return
    columns = ["token", "role", "programs", "campaigns", "made (UTC)", "by", "state"]
    out.print(
        result_table(columns, map(_row, tokens)) if tokens else "No tokens yet; `wikitally tokens add` makes one."
    )


def _row(one: Token) -> list[str]:
    if one.revoked_at:
        state = f"revoked {one.revoked_at:%Y-%m-%d %H:%M}"
    elif not one.valid(now()):
        state = "expired"
    else:
        state = f"until {one.expires:%Y-%m-%d %H:%M}" if one.expires else "valid"
    programs, campaigns = (", ".join(sorted(names)) for names in (one.programs, one.campaigns))
    return [one.name, str(one.role), programs, campaigns, f"{one.created_at:%Y-%m-%d %H:%M}", one.created_by, state]


@tokens_app.command()
def revoke(name: Name, as_json: AsJson = False, data: Data = None) -> None:
    """Let a token be good for nothing, at once."""
    with desk(load_settings(data=data)) as at:
        token = at.commands.revoke_token(name)
    if as_json:
        print_json({"name": token.name, "revoked": True})
    else:
        out.print(f"{token.name}: revoked", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.add_typer(tokens_app, name="tokens")
