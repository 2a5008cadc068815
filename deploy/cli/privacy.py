"""Commands for what must not be stored any more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import forgetting
from deploy.cli.terminal import err, out
from deploy.clock import now
from deploy.opening import any_store
from deploy.settings import load_settings
from processors.errors import InvalidInput
from processors.privacy.forgetting import BEGINNING
from processors.programs.names import read_user

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Directory of the store. Default: WIKITALLY_DATA.")
]


def forget(
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Whose traces go: the name of today.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Take a person out of everything that is stored, for good: every name they ever had. See docs/privacy.md."""
    name = read_user(user)
    with any_store(load_settings(data=data)) as opened:
        with err.status("Looking ..."):
            found = forgetting.find(opened.store, opened.log, name)
        _show(found, name)
        if not found:
            raise InvalidInput(f"{name}: nothing is stored of a user of that name")
        if not yes and not typer.confirm("Take all of it out? It cannot be undone.", err=True):
            raise typer.Abort
        with err.status("Forgetting ..."):
            instead = forgetting.forget(opened.store, opened.log, found.person, now())
        out.print(f"Forgotten. Where the name has to stand for something, it is {instead} now.", markup=False)
        if not opened.owned:
            out.print("Another wikitally runs on this store: restart it, it still knows the name.", style="bold")


def _show(found: forgetting.Found, name: str) -> None:
    former = sorted({one.user for one in found.person} - {name})
    if former:
        out.print(f"{name}, formerly {', '.join(former)}", markup=False)
    current = found.person[0]
    if current.since > BEGINNING:
        out.print(f"Who was called {name} until {current.since:%Y-%m-%d %H:%M} UTC is somebody else now.", markup=False)
    for table, rows in found.rows.items():
        out.print(f"  {table:<15} {rows:>12,} rows", markup=False)
    if found.programs:
        out.print(f"  in programs: {', '.join(found.programs)}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.command()(forget)
