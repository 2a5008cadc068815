"""`wikitally programs`: definitions, and what becomes of programs."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.options import AsJson, By, Data, Files, Reason, Slug, Yes
from deploy.settings import load_settings

programs_app = typer.Typer(no_args_is_help=True, help="Programs: who, where, when and what counts.")

Time = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help="A time, such as 2026-11-24T10:00Z.")]


@programs_app.command()
def check(files: Files) -> None:
    """Validate files and print every error; store nothing."""
    from deploy.cli import program_reading

    program_reading.check(files)


@programs_app.command()
def apply(
    files: Files,
    yes: Yes = False,
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let programs be as the files have them; all or none. What was already read is judged by them too.

    What would change is shown first; where contributions would go, you are asked.
    """
    from deploy.cli import program_writing

    program_writing.apply(load_settings(data=data), files, yes=yes, reason=reason, by=by, as_json=as_json)


@programs_app.command()
def preview(files: Files, as_json: AsJson = False, data: Data = None) -> None:
    """Say what applying the files would change: plus and minus, with examples. Nothing is stored."""
    from deploy.cli import program_writing

    program_writing.try_out(load_settings(data=data), files, as_json=as_json)


@programs_app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were deleted, merged or expired.")] = False,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """List the programs of the store."""
    from deploy.cli import program_reading

    program_reading.list_programs(load_settings(data=data), everything=everything, as_json=as_json)


@programs_app.command()
def show(program: Slug, as_of: Time = None, data: Data = None) -> None:
    """Print a program's definition as YAML, with its version: edit it and apply it."""
    from deploy.cli import program_reading

    program_reading.show(load_settings(data=data), program, as_of)


@programs_app.command()
def history(program: Slug, as_json: AsJson = False, data: Data = None) -> None:
    """Tell all that was decided about a program, the newest last."""
    from deploy.cli import program_reading

    program_reading.history(load_settings(data=data), program, as_json=as_json)


@programs_app.command()
def diff(
    program: Slug,
    old: Annotated[
        int | None, typer.Option("--from", min=0, metavar="VERSION", help="Default: the one before.")
    ] = None,
    new: Annotated[int | None, typer.Option("--to", min=1, metavar="VERSION", help="Default: the newest.")] = None,
    data: Data = None,
) -> None:
    """Say what is another between two versions of a program, as YAML and in sentences."""
    from deploy.cli import program_reading

    program_reading.diff(load_settings(data=data), program, old, new)


@programs_app.command()
def clone(
    program: Slug,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Slug of the copy.")],
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Another value for a key, such as title=Monday or wikis=[dewiki]."
        ),
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Make a new program that is as another but for some keys."""
    from deploy.cli import program_writing

    program_writing.clone(load_settings(data=data), program, new, values or [], by=by, as_json=as_json)


@programs_app.command()
def merge(
    program: Slug,
    into: Annotated[str, typer.Argument(metavar="INTO", help="Slug of the program that stays.")],
    yes: Yes = False,
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Put the participants of a program into another, and let it end there. `restore` undoes its end."""
    from deploy.cli import program_writing

    program_writing.merge(load_settings(data=data), program, into, yes=yes, reason=reason, by=by, as_json=as_json)


@programs_app.command()
def delete(
    program: Slug, yes: Yes = False, reason: Reason = "", by: By = None, as_json: AsJson = False, data: Data = None
) -> None:
    """Let a program be gone. Nothing of it is lost: `restore` brings it back."""
    from deploy.cli import program_writing

    program_writing.delete(load_settings(data=data), program, yes=yes, reason=reason, by=by, as_json=as_json)


@programs_app.command()
def restore(program: Slug, reason: Reason = "", by: By = None, as_json: AsJson = False, data: Data = None) -> None:
    """Bring a program back that was deleted or merged; what was read meanwhile counts."""
    from deploy.cli import program_writing

    program_writing.restore(load_settings(data=data), program, reason=reason, by=by, as_json=as_json)


@programs_app.command()
def freeze(
    program: Slug,
    name: Annotated[str, typer.Argument(help="What the result is called, such as final.")],
    as_of: Time = None,
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Declare the numbers as of a time (default: now) a result that stays as it is."""
    from deploy.cli import program_writing

    program_writing.freeze(load_settings(data=data), program, name, as_of, reason=reason, by=by, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.add_typer(programs_app, name="programs")
