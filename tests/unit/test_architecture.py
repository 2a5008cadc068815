"""The arrows of docs/architecture.md, kept by reading every import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {"processors", "ingest", "storage", "api", "deploy"}
MAY_IMPORT = {
    "processors": {"processors"},
    "ingest": {"ingest", "processors"},
    "storage": {"storage", "processors"},
    "api": {"api", "processors"},
    "deploy": ROOMS,
}
IMPURE = {
    "aiohttp", "asyncio", "clickhouse_driver", "fastapi", "httpx", "logging", "os", "pathlib", "random", "requests",
    "secrets", "socket", "sqlite3", "structlog", "subprocess", "threading", "time", "urllib.request",
}  # fmt: skip


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield node.module or ""


def files(room: str) -> list[Path]:
    found = sorted((ROOT / room).rglob("*.py"))
    assert found, f"no modules in {room}"
    return found


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_lies_further_inside(room: str) -> None:
    outwards = {
        (str(file.relative_to(ROOT)), name)
        for file in files(room)
        for name in imports(file)
        if name.partition(".")[0] in (ROOMS | {"tests", "bench"}) - MAY_IMPORT[room]
    }
    assert outwards == set()


def test_the_core_has_no_client_no_clock_and_no_logger() -> None:
    impure = {
        (file.name, name)
        for file in files("processors")
        for name in imports(file)
        if name in IMPURE or name.partition(".")[0] in IMPURE
    }
    assert impure == set()


def test_the_core_asks_nobody_what_time_it_is() -> None:
    asked = {
        (file.name, node.lineno)
        for file in files("processors")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
    }
    assert asked == set()


def test_no_two_rooms_share_a_module_name_with_the_standard_library() -> None:
    """`python -m deploy.…` puts nothing in the way of an import of the standard library."""
    assert not ROOMS & set(__import__("sys").stdlib_module_names)
