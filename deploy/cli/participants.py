"""`wikitally participants`, `exclude` and `include`: who takes part, and what does not count."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.options import AsJson, By, Data, Reason, Slug
from deploy.settings import load_settings

participants_app = typer.Typer(no_args_is_help=True, help="Who takes part in a program.")

Users = Annotated[list[str], typer.Argument(metavar="USER...", help="User names.")]
User = Annotated[str, typer.Argument(help="User name.")]
Title = Annotated[str, typer.Argument(metavar="PAGE", help="Title of the page.")]
Wiki = Annotated[str, typer.Option(metavar="WIKI", help="Its wiki; needed where the program has several.")]


@participants_app.command("list")
def list_(program: Slug, as_json: AsJson = False, data: Data = None) -> None:
    """List who takes part, with their teams and times."""
    from deploy.cli import program_reading

    program_reading.list_participants(load_settings(data=data), program, as_json=as_json)


@participants_app.command()
def join(
    program: Slug,
    users: Users,
    team: Annotated[str, typer.Option(help="Put them into this team.")] = "",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From when on they count. Default: the start of the program.")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Enrol users. Whoever is enrolled late counts from the start of the program."""
    from deploy.cli import enrolling

    enrolling.join(load_settings(data=data), program, users, team, since, by=by, as_json=as_json)


@participants_app.command()
def enrol(
    program: Slug,
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="A list, CSV or wikitext; - or nothing: stdin.")] = "-",
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Enrol all users of a list: one a line, or CSV with user, team and joined. All or, if a line is wrong, none."""
    from deploy.cli import enrolling

    enrolling.enrol(load_settings(data=data), program, file, reason=reason, by=by, as_json=as_json)


@participants_app.command()
def leave(
    program: Slug,
    users: Users,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="From when on they do not count. Default: they never did.")
    ] = None,
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let users take part no more: from a time on, or as if they had never been enrolled."""
    from deploy.cli import enrolling

    enrolling.leave(load_settings(data=data), program, users, at, reason=reason, by=by, as_json=as_json)


@participants_app.command()
def team(
    program: Slug,
    user: User,
    team: Annotated[str, typer.Argument(help="The team; empty: none.")],
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Put a participant into a team."""
    from deploy.cli import enrolling

    enrolling.set_team(load_settings(data=data), program, user, team, by=by, as_json=as_json)


@participants_app.command()
def hide(program: Slug, users: Users, by: By = None, as_json: AsJson = False, data: Data = None) -> None:
    """Show pseudonyms instead of names; all they do still counts."""
    from deploy.cli import enrolling

    enrolling.hide(load_settings(data=data), program, users, hidden=True, by=by, as_json=as_json)


@participants_app.command()
def show(program: Slug, users: Users, by: By = None, as_json: AsJson = False, data: Data = None) -> None:
    """Show names again that were hidden."""
    from deploy.cli import enrolling

    enrolling.hide(load_settings(data=data), program, users, hidden=False, by=by, as_json=as_json)


@participants_app.command()
def assign(
    program: Slug, user: User, page: Title, wiki: Wiki = "", by: By = None, as_json: AsJson = False, data: Data = None
) -> None:
    """Assign a page to a participant. That does not decide what counts."""
    from deploy.cli import enrolling

    enrolling.assign(load_settings(data=data), program, user, page, wiki, assigned=True, by=by, as_json=as_json)


@participants_app.command()
def unassign(
    program: Slug, user: User, page: Title, wiki: Wiki = "", by: By = None, as_json: AsJson = False, data: Data = None
) -> None:
    """Take a page from a participant."""
    from deploy.cli import enrolling

    enrolling.assign(load_settings(data=data), program, user, page, wiki, assigned=False, by=by, as_json=as_json)


ExcludedUser = Annotated[str | None, typer.Option("--user", metavar="NAME", help="All that a user does.")]
ExcludedPage = Annotated[str | None, typer.Option("--page", metavar="TITLE", help="All edits of a page.")]
ExcludedRevision = Annotated[int | None, typer.Option("--rev", min=1, metavar="NUMBER", help="One edit, with --wiki.")]


def exclude(
    program: Slug,
    user: ExcludedUser = None,
    page: ExcludedPage = None,
    rev: ExcludedRevision = None,
    wiki: Wiki = "",
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let a user's edits, a page or a single edit not count, and say why."""
    from deploy.cli import enrolling

    what = enrolling.excluded(user, page, rev, wiki, reason)
    enrolling.exclude(load_settings(data=data), program, what, excluded=True, by=by, as_json=as_json)


def include(
    program: Slug,
    user: ExcludedUser = None,
    page: ExcludedPage = None,
    rev: ExcludedRevision = None,
    wiki: Wiki = "",
    reason: Reason = "",
    by: By = None,
    as_json: AsJson = False,
    data: Data = None,
) -> None:
    """Let something count again that was excluded."""
    from deploy.cli import enrolling

    what = enrolling.excluded(user, page, rev, wiki, reason)
    enrolling.exclude(load_settings(data=data), program, what, excluded=False, by=by, as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.add_typer(participants_app, name="participants")
    app.command()(exclude)
    app.command()(include)
