"""What `docs/questions.md` tells people to ask can be asked, and every thread in it is tested."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import typer.main

from api.app import create_app
from api.live import Live
from api.probes import Health
from deploy.cli.app import app
from processors.metrics import NoMetrics
from tests.boards import MemoryBoards

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
NOT_HERE = {4, 9, 14, 19, 27, 31, 38}


def commands() -> list[list[str]]:
    """Every command of the page, as words."""
    return [line.split() for line in re.findall(r"^wikitally .*$|(?<=`)wikitally [^`]*", PAGE, re.MULTILINE)]


def test_every_command_of_the_page_exists_with_its_options() -> None:
    assert len(commands()) > 20
    for _, *words in commands():
        command: Any = typer.main.get_command(app)
        while inner := getattr(command, "commands", None):
            name, *words = words
            assert name in inner, f"{name}: no such command"
            command = inner[name]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, command.name


async def test_every_address_of_the_page_exists() -> None:
    async def healthy() -> Health:
        return Health(True)

    boards, unused = MemoryBoards(), object()
    app = create_app(
        boards,
        Live(boards, metrics=NoMetrics()),
        metrics_text=lambda: b"",
        health=healthy,
        version="0",
        reasons=unused,  # type: ignore[arg-type]
        desk=unused,  # type: ignore[arg-type]
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    named = re.findall(r"`(GET|POST) (/api/[^?` ]*)", PAGE)
    assert len(named) >= 4
    for method, path in named:
        assert method.lower() in paths[path], f"{method} {path}"


def test_every_thread_of_the_page_is_replayed_and_every_replayed_one_is_on_the_page() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "acceptance").glob("test_talk_page*.py")
    )
    replayed = {int(number) for number in re.findall(r"def test_thread_(\d+)", tests)}
    rows = re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE)
    asked = {int(number) for row in rows for number in row.split(",")}
    assert asked - NOT_HERE == replayed
    assert replayed | NOT_HERE == set(range(1, 39))
