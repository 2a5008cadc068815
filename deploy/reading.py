"""Commands that read a store, or only files, and print."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from api.render import board_csv, board_json, board_wikitext
from deploy.applying import apply_programs, read_programs
from deploy.boards import StoreBoards
from deploy.clock import now
from deploy.logs import configure_logging
from deploy.opening import OpenStore, any_store
from deploy.settings import Settings
from deploy.terminal import board_table, err, out, result_table
from deploy.worker import Worker
from ingest.tracking import PositionTracker
from processors.errors import InvalidInput
from processors.metrics import NoMetrics
from processors.ports import Metric
from processors.programs import Program
from processors.wikis import nearest


class BoardFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    WIKITEXT = "wikitext"


class ResultFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"


def version_line() -> str:
    """Name and version."""
    return f"wikitally {version('wikitally')}"


@contextmanager
def opened_store(settings: Settings, *, create: bool = False) -> Iterator[OpenStore]:
    """Open the store beside whoever runs on it, for a command that prints."""
    configure_logging(settings.log_format, quiet=True)
    with err.status("Opening the store ...") as status, any_store(settings, create=create) as opened:
        status.stop()
        yield opened


def print_json(value: object) -> None:
    """A value as indented JSON."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    sys.stdout.write(orjson.dumps(value, default=_plain, option=options).decode())


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def leaderboard(settings: Settings, slug: str, metric: Metric, output: BoardFormat, limit: int | None) -> None:
    """Print the board of a program."""
    with opened_store(settings) as opened:
        boards = StoreBoards(opened.store, now)
        board = boards.read_board(slug, metric, limit)
        if board is None:
            raise _unknown(slug, boards)
    match output:
        case BoardFormat.TABLE:
            out.print(board_table(board))
        case BoardFormat.JSON:
            print_json(board_json(board))
        case BoardFormat.CSV:
            sys.stdout.write(board_csv(board))
        case BoardFormat.WIKITEXT:
            sys.stdout.write(board_wikitext(board))


def _unknown(slug: str, boards: StoreBoards) -> InvalidInput:
    slugs = [program.slug for program in boards.list_programs()]
    if not slugs:
        return InvalidInput(f"{slug}: the store has no programs; `wikitally programs apply FILE` adds some")
    close = nearest(slug, slugs)
    hint = f"did you mean {close}?" if close else f"there are: {', '.join(slugs[:10])}"
    return InvalidInput(f"{slug}: no such program; {hint}")


def sql(settings: Settings, statement: str, output: ResultFormat) -> None:
    """Print the result of a SELECT."""
    with opened_store(settings) as opened, err.status("Running ..."):
        rows, typed = opened.analyst.statement(statement)
    columns = [name for name, _ in typed]
    match output:
        case ResultFormat.TABLE:
            out.print(result_table(columns, rows))
        case ResultFormat.JSON:
            print_json([dict(zip(columns, row, strict=True)) for row in rows])
        case ResultFormat.CSV:
            _write_separated(columns, rows, "excel")
        case ResultFormat.TSV:
            _write_separated(columns, rows, "excel-tab")


def _write_separated(columns: Sequence[str], rows: Sequence[Sequence[Any]], dialect: str) -> None:
    writer = csv.writer(sys.stdout, dialect, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def programs_check(files: Sequence[Path]) -> None:
    """Say that the files are valid, or every error."""
    programs = read_programs(files)
    for program in (written.program for written in programs):
        who = "open to everyone" if program.open else _participants(program)
        out.print(f"{program.slug}: valid; {who}; {', '.join(program.wikis)}; {program.start:%Y-%m-%d %H:%M} UTC on")


def _participants(program: Program) -> str:
    number = len(program.participants)
    return f"{number:,} participant{'' if number == 1 else 's'}"


def programs_apply(settings: Settings, files: Sequence[Path]) -> None:
    """Store the programs of the files and, when nobody runs on the store, judge by them."""
    programs = read_programs(files)
    with opened_store(settings, create=True) as opened:
        applied = apply_programs(opened.log, programs)
        if opened.owned and (applied.added or applied.changed):
            with err.status("Judging what was already read ..."):
                Worker(opened.store, opened.log, PositionTracker("", None), metrics=NoMetrics(), clock=now).catch_up()
    out.print(str(applied))
    if not opened.owned:
        out.print("Whoever runs on this store takes them up within seconds.")


def programs_list(settings: Settings, *, as_json: bool) -> None:
    """Print the programs of the store."""
    with opened_store(settings) as opened:
        programs = StoreBoards(opened.store, now).list_programs()
    if as_json:
        fields = ("slug", "title", "start", "end", "wikis", "open")
        print_json(
            [
                {name: getattr(one, name) for name in fields}
                | {"visibility": str(one.visibility), "participants": len(one.participants)}
                for one in programs
            ]
        )
        return
    if not programs:
        out.print("No programs yet; `wikitally programs apply FILE` adds some.")
        return
    out.print(
        result_table(
            ["program", "title", "from", "to (UTC)", "who", "visibility"],
            [
                (
                    one.slug,
                    one.title,
                    f"{one.start:%Y-%m-%d %H:%M}",
                    f"{one.end:%Y-%m-%d %H:%M}",
                    "everyone" if one.open else _participants(one),
                    one.visibility,
                )
                for one in programs
            ],
        )
    )


def programs_show(settings: Settings, slug: str) -> None:
    """Print a program's definition."""
    with opened_store(settings) as opened:
        found = opened.store.definition(slug)
        if found is None:
            raise _unknown(slug, StoreBoards(opened.store, now))
    sys.stdout.write(found[1])
