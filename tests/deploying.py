"""What tests of deploy/ share: where things are, and whether a command exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer.main

from deploy.cli.app import app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
ROOT_COMMAND: Any = typer.main.get_command(app)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def check_command(words: list[str]) -> None:
    """Fail if there is no such command, or if it has not got these options."""
    command = ROOT_COMMAND
    while hasattr(command, "commands"):
        assert words, "a command is missing"
        assert words[0] in command.commands, f"wikitally {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    options = {option for one in command.params for option in one.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options, words
