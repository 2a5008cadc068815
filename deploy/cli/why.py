"""Commands that say why: explain, rules, why-zero, ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer
from rich.console import RenderableType

from api.render import freshness_json
from api.why_render import explanation_json, ledger_json, participant_json, sentences_json
from deploy.answers.reasons import StoreReasons
from deploy.cli import why_text
from deploy.cli.options import AsJson, Data, Slug
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import err, out
from deploy.clock import now
from deploy.settings import load_settings
from processors.errors import InvalidInput
from processors.facts.wikis import nearest
from processors.ports.why import Fresh, Untold
from storage.clickhouse import ClickHouseStore

_Answer = TypeVar("_Answer")
_Wiki = Annotated[str | None, typer.Option(metavar="WIKI", help="Wiki of the revision: en.wikipedia.org, or enwiki.")]
_Revision = Annotated[int | None, typer.Option("--rev", metavar="N", min=1, help="Revision of that wiki.")]
_User = Annotated[str | None, typer.Option(metavar="NAME", help="A user, by any name that they had.")]


@contextmanager
def _reasons(data: Any) -> Iterator[tuple[StoreReasons, ClickHouseStore]]:
    with opened_store(load_settings(data=data)) as opened, err.status("Looking ..."):
        yield StoreReasons(opened.store, now), opened.store


def _found(slug: str, answer: Fresh[_Answer] | None, store: ClickHouseStore) -> Fresh[_Answer]:
    if answer is not None:
        assert not isinstance(answer.answer, Untold), "only what everybody asks goes untold"
        return answer
    slugs = sorted(store.definitions())
    if not slugs:
        raise InvalidInput(f"{slug}: the store has no programs; `wikitally programs apply FILE` adds some")
    close = nearest(slug, slugs)
    hint = f"did you mean {close}?" if close else f"there are: {', '.join(slugs[:10])}"
    raise InvalidInput(f"{slug}: no such program; {hint}")


def _print(table: RenderableType, value: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        out.print(table)


def explain(
    program: Slug,
    wiki: _Wiki = None,
    rev: _Revision = None,
    user: _User = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Say why an edit counts or not (--wiki and --rev), or list all that somebody did with its reasons (--user)."""
    if user is not None and wiki is None and rev is None:
        _explain_user(program, user, data, as_json=as_json)
    elif user is None and wiki is not None and rev is not None:
        _explain_revision(program, wiki, rev, data, as_json=as_json)
    else:
        raise InvalidInput("explain: say either --wiki and --rev, for an edit, or --user, for all that somebody did")


def _explain_user(slug: str, user: str, data: Any, *, as_json: bool) -> None:
    with _reasons(data) as (reasons, store):
        found = _found(slug, reasons.read_participant(slug, user, names=True), store)
    assert not isinstance(found.answer, Untold)
    table = why_text.reconciliation(found.answer, found.freshness)
    _print(table, participant_json(found.answer) | freshness_json(found.freshness), as_json=as_json)


def _explain_revision(slug: str, wiki: str, rev_id: int, data: Any, *, as_json: bool) -> None:
    with _reasons(data) as (reasons, store):
        found = _found(slug, reasons.read_revision(slug, wiki, rev_id, names=True), store)
    assert not isinstance(found.answer, Untold)
    table = why_text.explanation(found.answer, found.freshness)
    _print(table, explanation_json(found.answer) | freshness_json(found.freshness), as_json=as_json)


def rules(program: Slug, data: Data = None, as_json: AsJson = False) -> None:
    """Print what counts for a program, and what does not, in sentences."""
    with _reasons(data) as (reasons, store):
        found = _found(program, reasons.read_rules(program), store)
    _print(why_text.sentences(found.answer, found.freshness), sentences_json(found), as_json=as_json)


def why_zero(program: Slug, data: Data = None, as_json: AsJson = False) -> None:
    """Say why there is little or nothing on a program's board."""
    with _reasons(data) as (reasons, store):
        found = _found(program, reasons.read_quiet(program), store)
    _print(why_text.sentences(found.answer, found.freshness), sentences_json(found), as_json=as_json)


def ledger(
    program: Slug,
    user: _User = None,
    wiki: _Wiki = None,
    rev: _Revision = None,
    limit: Annotated[int, typer.Option(min=1, help="Only the newest so many changes.")] = 50,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print what changed in a program's books, newest first: what became what, and because of what."""
    if (wiki is None) != (rev is None):
        raise InvalidInput("ledger: --wiki and --rev name a revision together; say both or neither")
    revision = (wiki, rev) if wiki is not None and rev is not None else None
    with _reasons(data) as (reasons, store):
        found = _found(program, reasons.read_ledger(program, limit, user or "", revision, names=True), store)
    assert not isinstance(found.answer, Untold)
    table = why_text.ledger(found.answer, found.freshness)
    _print(table, ledger_json(found.answer) | freshness_json(found.freshness), as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.command()(explain)
    app.command()(rules)
    app.command("why-zero")(why_zero)
    app.command()(ledger)
