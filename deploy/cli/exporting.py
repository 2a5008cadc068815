"""Exports of any size: a program's contributions or a whole view, streamed into a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TransferSpeedColumn

from deploy.cli.reading import opened_store
from deploy.cli.terminal import err
from deploy.opening import OpenStore
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.facts.wikis import nearest
from processors.ports.exports import ExportFormat
from processors.programs.program import Visibility
from storage.connection import query
from storage.embedded import attach
from storage.exports import HttpPort
from storage.http_target import HttpTarget
from storage.program_exports import EXPORT_FORMATS, contributions_of
from storage.views import view_texts


def export(
    settings: Settings, program: str | None, table: str | None, output: ExportFormat, file: Path | None, *, names: bool
) -> None:
    """Write the contributions of a program, or a view, to a file or (None) to standard output.

    Raises:
        InvalidInput: there is no such program or view, or the file cannot be written.
        StoreUnavailable: the store went away; the file is as it was before.
    """
    if (program is None) == (table is None):
        raise InvalidInput("want a program or --table NAME, one of the two")
    if file is None and output is ExportFormat.PARQUET and sys.stdout.isatty():
        raise InvalidInput("Parquet is not for terminals: say --output FILE")
    with opened_store(settings) as opened:
        params: Mapping[str, str | int] = {}
        if table is not None:
            sql = _view(opened, table)
        else:
            sql = query("export_contributions")
            params = contributions_of(_known(opened, program or ""), Visibility, names=names)
        port = _http_port(opened, settings)
        with port.stream(sql, EXPORT_FORMATS[output], params) as chunks, _written(file) as target:
            for chunk in _shown(chunks):
                target.write(chunk)


def _view(opened: OpenStore, table: str) -> str:
    if table not in view_texts():
        close = nearest(table, view_texts())
        hint = f"did you mean {close}?" if close else f"there are {', '.join(view_texts())}"
        raise InvalidInput(f"{table}: no such view; {hint}")
    return f"SELECT * FROM `{opened.store.connections.target.analytics}`.{table}"  # noqa: S608 -- one of ours


def _known(opened: OpenStore, slug: str) -> str:
    if opened.store.definition(slug) is None:
        close = nearest(slug, opened.store.definitions())
        hint = f"; did you mean {close}?" if close else ""
        raise InvalidInput(f"{slug}: no such program{hint}")
    return slug


def _http_port(opened: OpenStore, settings: Settings) -> HttpPort:
    """Of the embedded server, or of the one that is named by its native port."""
    target = opened.store.connections.target
    if settings.clickhouse_url is not None:
        return HttpPort(HttpTarget.beside(target, settings.clickhouse_http_port))
    address = opened.server.start() if opened.server else attach(settings.data)
    if address is None:
        raise InvalidInput(f"{settings.data}: whoever ran on it has just stopped; try again")
    return HttpPort(HttpTarget.beside(target, address.http_port))


@contextmanager
def _written(file: Path | None) -> Iterator[BinaryIO]:
    """Where to write; a file takes the place of the one before only when it is whole."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as target:
            yield target
        part.replace(file)
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def _shown(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, while a line on standard error counts them."""
    columns = (SpinnerColumn(), TextColumn("Exporting"), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        for chunk in chunks:
            yield chunk
            progress.advance(task, len(chunk))
