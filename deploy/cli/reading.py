"""Commands that read a store, or only files, and print."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from importlib.metadata import version
from typing import Any

import orjson

from deploy.cli.terminal import err, out, result_table
from deploy.logs import configure_logging
from deploy.opening import OpenStore, any_store
from deploy.settings import Settings


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
