"""`docs/sql.md`: its schema is what the views say of themselves, its results are those of the demo's recordings.

`python -m deploy.schema docs/sql.md` writes both anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from deploy.clock import now
from deploy.counting.worker import Worker
from deploy.demo import demo_programs
from deploy.opening import owned_store
from deploy.programs.applying import apply_programs
from deploy.settings import Settings
from ingest.recorded import read_events
from ingest.tracking import PositionTracker
from processors.metrics import NoMetrics
from processors.ports.store import ProgramLog
from storage.clickhouse import ClickHouseStore

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""Names of columns, and rows."""
_BATCH = 500
_SCHEMA = re.compile(r"(?<=<!-- schema -->\n).*?(?=<!-- end of schema -->)", re.DOTALL)
_QUESTION = re.compile(r"(```sql\n(.*?)```\n)\n?(?:\|[^\n]*\n)*\n?", re.DOTALL)
_COMMENT = re.compile(r"(?P<meaning>.*); unit: (?P<unit>.*); e\.g\. (?P<example>.*)")


def play_demo(store: ClickHouseStore, log: ProgramLog) -> None:
    """Count the demo's recordings into a store, at their recorded times."""
    apply_programs(log, demo_programs(live=False))
    worker = Worker(store, log, PositionTracker("recorded", None), metrics=NoMetrics(), clock=now)
    worker.catch_up()
    with resources.as_file(resources.files("deploy").joinpath("recordings")) as folder:
        for file in sorted(folder.glob("*.gz")):
            events = read_events(file)
            while batch := list(islice(events, _BATCH)):
                worker.commit(worker.read(batch))


def refreshed(page: str, ask: Callable[[str], Table]) -> str:
    """The page with the schema and the results that `ask` gives; the same when it is up to date."""
    page = _SCHEMA.sub(lambda _: "\n" + "\n".join(_schema(ask)) + "\n", page)
    page = _QUESTION.sub(lambda found: f"{found[1]}\n{_markdown(*ask(found[2]))}\n", page)
    return page.rstrip() + "\n"


def questions(page: str) -> list[str]:
    """The queries of a page."""
    return [found[2] for found in _QUESTION.finditer(page)]


def asking(store: ClickHouseStore) -> Callable[[str], Table]:
    """Asks a store; `analytics` stands for the database of its views."""

    def ask(sql: str) -> Table:
        rows, columns = store.connections.statement(re.sub(r"\banalytics\b", store.connections.target.analytics, sql))
        return [name for name, _ in columns], rows

    return ask


def _schema(ask: Callable[[str], Table]) -> Iterator[str]:
    _, views = ask("SELECT name, comment FROM system.tables WHERE database = 'analytics' ORDER BY name")
    _, columns = ask(
        "SELECT table, name, type, comment FROM system.columns WHERE database = 'analytics' ORDER BY position"
    )
    for view, comment in views:
        yield f"### analytics.{view}\n\n{comment}.\n"
        rows = [_described(*row) for table, *row in columns if table == view]
        yield _markdown(("column", "type", "meaning", "unit", "example"), rows)


def _described(name: str, kind: str, comment: str) -> Sequence[str]:
    found = _COMMENT.fullmatch(comment)
    assert found, f"{name}: {comment}"
    return f"`{name}`", kind, found["meaning"], found["unit"], found["example"]


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *([_cell(value) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(" ").removesuffix("+00:00")
        case list() | tuple():
            return ", ".join(map(_cell, value))
    return str(value).replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write the schema and the results of a page anew."""
    page = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, owned_store(Settings(data=Path(folder) / "store")) as opened:
        play_demo(opened.store, opened.log)
        page.write_text(refreshed(page.read_text(encoding="utf-8"), asking(opened.store)), encoding="utf-8")


if __name__ == "__main__":
    main()
