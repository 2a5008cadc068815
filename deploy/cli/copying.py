"""A store copied into another, whichever of the two is the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from pydantic import SecretStr
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from deploy.cli.terminal import err, out
from deploy.opening import any_store, owned_store
from deploy.settings import Settings
from processors.errors import InvalidInput
from storage.clickhouse import ClickHouseStore
from storage.copying import Compared, copy_store
from storage.copying_streams import Streams, said_plainly
from storage.target import Target


def copy(settings: Settings, source: str | None, target: str | None) -> bool:
    """Copy from `source` (a URL; None: the store of the settings) to `target` (None: the directory of the settings).

    Returns whether both are equal now; if not, says what differs and why that may be.

    Raises:
        InvalidInput: it is not said from where to where, or the target is no place for it.
        StoreUnavailable: one of the two is away; repeat it.
    """
    if source is None and target is None:
        raise InvalidInput("say where to: --to URL, or --from URL and --data DIR")
    _check(source, "--from")
    _check(target, "--to")
    with said_plainly(), ExitStack() as stack:
        with err.status("Opening both stores ..."):
            ours, live = stack.enter_context(_source(settings, source))
            theirs = stack.enter_context(_target(settings, target))
        compared = copy_store(ours, theirs, stack.enter_context(_shown()))
    return _report(compared, live=live)


@contextmanager
def _source(settings: Settings, url: str | None) -> Iterator[tuple[Streams, bool]]:
    """The store to read, and whether another wikitally may be writing to it."""
    if url is not None:
        settings = settings.model_copy(update={"clickhouse_url": SecretStr(url)})
    with any_store(settings) as opened, closing(Streams(opened.store.connections.target)) as streams:
        yield streams, not opened.owned


@contextmanager
def _target(settings: Settings, url: str | None) -> Iterator[Streams]:
    if url is None:
        # Owned, so that nobody else writes to it.
        embedded = settings.model_copy(update={"clickhouse_url": None})
        with owned_store(embedded) as opened, closing(Streams(opened.store.connections.target)) as streams:
            yield streams
        return
    store = ClickHouseStore(Target.parse(url))
    with closing(store), closing(Streams(store.connections.target)) as streams:
        store.migrate()
        yield streams


def _check(url: str | None, option: str) -> None:
    try:
        if url is not None:
            Target.parse(url)
    except InvalidInput as error:
        raise InvalidInput(str(error).replace("WIKITALLY_CLICKHOUSE_URL", option)) from None


class _Shown:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def on_step(self, what: str) -> None:
        self._progress.update(self._task, description=what)
        if not err.is_terminal:
            err.print(what, markup=False)

    def on_total(self, rows: int) -> None:
        self._progress.update(self._task, total=rows)

    def on_rows(self, rows: int) -> None:
        self._progress.advance(self._task, rows)


@contextmanager
def _shown() -> Iterator[_Shown]:
    """Rows, and when it may be done, on standard error."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        yield _Shown(progress)


def _report(compared: list[Compared], *, live: bool) -> bool:
    table = Table(header_style="bold")
    for name in ("table", "rows", "in the copy", ""):
        table.add_column(name, justify="left" if name in ("table", "") else "right")
    for one in compared:
        if one.source.rows or one.target.rows:
            words = "equal" if one.equal else "differs"
            table.add_row(one.table, f"{one.source.rows:,}", f"{one.target.rows:,}", words)
    out.print(table)
    differing = [one.table for one in compared if not one.equal]
    if not differing:
        out.print(f"Equal: {sum(one.source.rows for one in compared):,} rows, compared by a hash of each table.")
        return True
    why = "wikitally may be running on the source; stop it and copy once more" if live else "copy once more"
    err.print(f"Not equal yet ({', '.join(differing)}): {why}.", style="bold", markup=False)
    return False
