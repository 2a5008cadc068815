"""`wikitally migrate`: the schema of the store."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from deploy.cli.options import AsJson, Data
from deploy.cli.reading import print_json
from deploy.cli.terminal import err
from deploy.opening import any_store
from deploy.settings import Settings, load_settings
from storage.migrating import Migration, migrations, pending
from storage.target import Target

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the SQL that would be run, and run nothing.")]
Whole = Annotated[bool, typer.Option("--print", help="Print the SQL of all migrations for this layout; ask no server.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate(dry_run: DryRun = False, whole: Whole = False, as_json: AsJson = False, data: Data = None) -> None:
    """Bring the store's schema up to this version, one process at a time. `run` does it by itself when it starts.

    For which layout (one server, shards, replicated cluster) WIKITALLY_CLICKHOUSE_URL says.
    """
    settings = load_settings(data=data)
    if whole:
        _print_sql(migrations(), _target(settings))
        return
    with any_store(settings, create=True, migrate=False) as opened:
        connections = opened.store.connections
        if dry_run:
            wanted = pending(connections)
            if as_json:
                print_json([_as_json(one) for one in wanted])
            else:
                _print_sql(wanted, connections.target)
        else:
            wanted = opened.store.migrate()
            if as_json:
                print_json([_as_json(one) for one in wanted])
        _tell(wanted, dry_run=dry_run)


def _target(settings: Settings) -> Target:
    if settings.clickhouse_url is not None:
        return Target.parse(settings.clickhouse_url.get_secret_value())
    return Target("127.0.0.1", 9000, "", "")


def _print_sql(wanted: list[Migration] | tuple[Migration, ...], target: Target) -> None:
    for one in wanted:
        typer.echo(f"-- {one.name}, checksum {one.checksum}")
        for statement in one.rendered(target):
            if statement.once and target.layout.cluster:
                typer.echo("-- on one host only:")
            typer.echo(f"{statement.text.rstrip().rstrip(';')};\n")


def _as_json(one: Migration) -> dict[str, Any]:
    return {"number": one.number, "name": one.name, "checksum": one.checksum}


def _tell(wanted: list[Migration], *, dry_run: bool) -> None:
    if not wanted:
        err.print(f"up to date: {len(migrations())} migrations", markup=False)
        return
    names = ", ".join(one.name for one in wanted)
    err.print(f"{'would apply' if dry_run else 'applied'} {len(wanted)}: {names}", markup=False)
