"""What the documents say is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from deploy.cli.app import app
from deploy.settings import Settings
from processors.programs.definitions import parse_programs

ROOT = Path(__file__).parents[2]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def command_names() -> set[str]:
    group = typer.main.get_command(app)
    return set(group.commands)  # type: ignore[attr-defined]


def test_every_command_of_the_readme_exists_and_every_command_is_in_it() -> None:
    named = set(re.findall(r"wikitally (\w+(?:-\w+)*)", text("README.md")))
    assert named == command_names()


def test_the_readmes_program_is_valid() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", text("README.md"), re.DOTALL)
    (program,) = parse_programs(block, source="README.md")
    assert program.slug == "women-in-red-2026-11"


def test_every_setting_is_documented_with_its_default() -> None:
    page = text("docs/settings.md")
    for name, field in Settings.model_fields.items():
        row = next((line for line in page.splitlines() if f"`WIKITALLY_{name.upper()}`" in line), None)
        assert row is not None, f"{name} is not in docs/settings.md"
        assert field.description is not None
        assert field.description in row
        if field.default not in (None, "", ()):
            shown = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
            assert f"`{shown}`" in row


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=;\[ ]", one)[0] for one in wanted}
    listed = {
        name.strip()
        for row in re.findall(r"^\| ([^|]+) \|", text("docs/dependencies.md"), re.MULTILINE)
        for name in row.split(",")
    }
    assert names <= listed
    assert listed - names <= {"package", "---"}


def test_make_help_names_every_target() -> None:
    makefile = text("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    documented = set(re.findall(r"^(\w+):.*## ", makefile, re.MULTILINE))
    assert documented == set(phony.split())


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_lock_files_pin_hashes_and_carry_no_addresses(name: str) -> None:
    lock = text(name)
    assert "://" not in lock
    assert "--hash=sha256:" in lock
    pinned = re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==\S+", lock, re.MULTILINE)
    assert len(pinned) > 30
