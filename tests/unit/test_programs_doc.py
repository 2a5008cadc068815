"""`docs/programs.md` names everything that a program may say, and its examples are right."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from textwrap import dedent

import pytest

from processors.judging.judge import Verdict
from processors.numbers.points import POINT_RULES
from processors.programs.definition_shape import (
    GOALS,
    SHORT_KEYS,
    ExcludedPageShape,
    ExcludedRevisionShape,
    ExcludedUserShape,
    ExclusionsShape,
    PageShape,
    ParticipantShape,
    PeriodShape,
    ProgramShape,
    ScopeShape,
    ScopesShape,
    SessionShape,
    Shape,
    keys_of,
)
from processors.programs.definitions import parse_programs
from processors.programs.program import Membership, Program, Side, Visibility

PAGE = (Path(__file__).parents[2] / "docs" / "programs.md").read_text(encoding="utf-8")
EXAMPLES = [dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)]
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
ELSEWHERE = """\
slug: example
start: 2026-11-08T14:00
end: 2026-11-08T17:00
wiki: enwiki
participants: [Ada B.]
"""


def cells(section: str) -> dict[str, str]:
    """Rows of the section's tables by the names in their first cell."""
    rows = re.findall(r"^\| (`[^|]*`) \|(.*)$", SECTIONS[section], re.MULTILINE)
    return {name: row for first, row in rows for name in re.findall(r"`(\w+)`", first)}


def completed(example: str) -> str:
    """The example, with what it leaves to be said elsewhere."""
    keys = set(re.findall(r"^(\w+):", example, re.MULTILINE))
    said = keys | ({"wiki"} if "wikis" in keys else set()) | ({"start", "end"} if "sessions" in keys else set())
    return example + "".join(f"{line}\n" for line in ELSEWHERE.splitlines() if line.partition(":")[0] not in said)


def program(example: str) -> Program:
    (one,) = parse_programs(completed(example), source="docs/programs.md")
    return one


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_valid(example: str) -> None:
    assert program(example).slug


def test_the_examples_use_every_part_of_a_program() -> None:
    found = [program(example) for example in EXAMPLES]
    usual = program("")
    for name in Program.__dataclass_fields__:
        assert any(getattr(one, name) != getattr(usual, name) for one in found), name


@pytest.mark.parametrize(
    ("section", "shapes"),
    [
        ("The program", [ProgramShape]),
        ("Sessions", [SessionShape]),
        ("Participants", [ParticipantShape, PeriodShape]),
        ("Scope", [ScopesShape, ScopeShape]),
        ("Exclusions", [ExclusionsShape, ExcludedUserShape, ExcludedPageShape, ExcludedRevisionShape, PageShape]),
    ],
)
def test_every_key_has_its_row_with_its_default(section: str, shapes: list[type[Shape]]) -> None:
    rows = cells(section)
    known = [key for shape in shapes for key in keys_of(shape)]
    assert set(rows) == {*known, *(SHORT_KEYS if section == "The program" else ())}
    for shape in shapes:
        for name, field in shape.model_fields.items():
            default = field.default.value if isinstance(field.default, Enum) else field.default
            if isinstance(default, str | int) and default != "":
                written = str(default).lower() if isinstance(default, bool) else default
                assert rows[field.alias or name].endswith(f"| `{written}` |")


def test_every_reason_is_explained_in_the_order_of_the_tests() -> None:
    reasons = list(cells("Why an edit does not count"))
    assert reasons == [verdict.value for verdict in Verdict if verdict is not Verdict.COUNTED]


def test_every_point_rule_is_explained_as_it_counts() -> None:
    explained = {rule: row.strip(" |") for rule, row in cells("Goals and points").items()}
    assert explained == POINT_RULES


def test_every_statistic_and_every_choice_is_named() -> None:
    goals, _, _ = SECTIONS["Goals and points"].partition("Points are given")
    assert set(GOALS) <= set(re.findall(r"`(\w+)`", goals))
    for choices in (Visibility, Membership, Side):
        assert all(f"`{choice.value}`" in PAGE for choice in choices)
