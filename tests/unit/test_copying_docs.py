"""What the pages about copies and backups tell people to type can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from deploy.cli.app import app

PAGES = Path(__file__).parents[2] / "docs" / "operations"


def commands(page: str) -> list[list[str]]:
    """Every `wikitally …` of the page, in blocks and in sentences."""
    text = (PAGES / page).read_text(encoding="utf-8")
    found = re.findall(r"^\$ (?:\w+=\S+ )?wikitally (.*?)(?:  +#.*)?$", text, re.MULTILINE)
    found += re.findall(r"`wikitally ([^`]*)`", text)
    found += re.findall(r"'wikitally ([^']*)'", text)
    return [shlex.split(one) for one in found]


@pytest.mark.parametrize("page", ["backup.md", "copy.md"])
def test_every_command_on_the_page_exists_with_its_options(page: str) -> None:
    group = typer.main.get_command(app)
    assert len(commands(page)) > 5
    for name, *rest in commands(page):
        known = {option for one in group.commands[name].params for option in one.opts}  # type: ignore[attr-defined]
        assert {word for word in rest if word.startswith("--")} <= known, (name, rest)
