"""The `wikitally` command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli import (
    alerts,
    boards,
    export,
    kafka,
    participants,
    privacy,
    programs,
    reading,
    schema,
    scope,
    store,
    tokens,
    webhooks,
    why,
)
from deploy.cli import doctor as health
from deploy.settings import load_settings
from processors.errors import InvalidInput, WikitallyError

app = typer.Typer(
    name="wikitally",
    help="Live statistics for Wikimedia edit-a-thons, counted from EventStreams into ClickHouse.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Directory of the store. Default: WIKITALLY_DATA.")
]
Programs = Annotated[
    list[Path] | None, typer.Option("--programs", metavar="FILE", help="Program definitions (YAML) to apply first.")
]
Host = Annotated[str | None, typer.Option(help="Address to serve on. Default: 127.0.0.1, this machine only.")]
Port = Annotated[int | None, typer.Option(help="Port to serve on; 0: any free one. Default: 8080.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]
Recordings = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Recorded events: NDJSON or SSE, plain or gzip.")
]


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(reading.version_line())
        raise typer.Exit
    if context.invoked_subcommand is None:  # pragma: no cover - typer prints the help before
        raise typer.Exit(2)


@app.command()
def run(
    programs: Programs = None,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    stream: Annotated[
        str | None, typer.Option(metavar="URL", help="Another EventStreams, such as a rehearsal.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option(help="Mail address or URL for Wikimedia to reach you. Default: WIKITALLY_CONTACT.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Where a new store starts reading, such as 2026-11-24T10:00Z.")
    ] = None,
) -> None:
    """Read the live stream, count, and serve boards and the API. Ctrl-C ends it; the next run goes on from there."""
    from deploy import running

    settings = load_settings(data=data, host=host, port=port, stream_url=stream, contact=contact)
    running.run(settings, programs or [], since)


@app.command()
def serve(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Serve boards and the API over a store that another wikitally counts into: `run` beside it, or on a server.

    Counts nothing, so there may be any number of them. Ctrl-C ends it.
    """
    from deploy import serving

    serving.serve(load_settings(data=data, host=host, port=port))


@app.command()
def rehearse(
    files: Recordings,
    host: Annotated[str, typer.Option(help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve on; 0: any free one.")] = 8900,
    speed: Annotated[float, typer.Option(min=0.01, help="Times as fast as it was recorded.")] = 1.0,
    rebase: Annotated[bool, typer.Option(help="Move the recorded times to now.")] = True,
    close_after: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Close connections after so long, as EventStreams does.")
    ] = 900.0,
) -> None:
    """Serve recorded events over HTTP as EventStreams would: a rehearsal before the event."""
    from deploy import running

    running.rehearse(files, host=host, port=port, speed=speed, rebase=rebase, close_after=close_after)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Whole recording as fast as possible; print standings and figures.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
    port: Port = None,
    speed: Annotated[float, typer.Option(min=0.1, help="Times as fast as it was recorded.")] = 4.0,
) -> None:
    """Play a recorded edit-a-thon through the whole pipeline and watch the board move."""
    from deploy import running

    running.demo(once=once or as_json, as_json=as_json, data=data, port=port, speed=speed)


@app.command()
def replay(files: Recordings, programs: Programs = None, data: Data = None, as_json: AsJson = False) -> None:
    """Count recorded files as fast as possible into the store. Counting a file twice changes nothing."""
    from deploy import running

    running.replay(load_settings(data=data), files, programs or [], as_json=as_json)


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(help="A SELECT.")],
    output: Annotated[
        reading.ResultFormat, typer.Option("--format", help="How to print it.")
    ] = reading.ResultFormat.TABLE,
    data: Data = None,
) -> None:
    """Run a SELECT on the store, read-only."""
    reading.sql(load_settings(data=data), statement, output)


@app.command()
def doctor(data: Data = None, as_json: AsJson = False) -> None:
    """Say what is configured, reachable, lagging and on disk. Exit code 1 when something is broken."""
    health.doctor(load_settings(data=data), as_json=as_json)


for _commands in (
    alerts,
    boards,
    export,
    kafka,
    participants,
    privacy,
    programs,
    schema,
    scope,
    store,
    tokens,
    webhooks,
    why,
):
    _commands.register(app)


def main() -> None:
    """Run the command; errors of ours are one clear message, exit code 2 for bad input and 1 for the rest."""
    try:
        app()
    except InvalidInput as error:
        _fail(error, 2)
    except WikitallyError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has had enough (`| head`).
        sys.stderr.close()
        sys.exit(0)


def _fail(error: Exception, code: int) -> None:
    typer.echo(f"wikitally: {error}", err=True)
    sys.exit(code)
