"""The operator's rules file: read again when it changes, and no reason to stop when it is bad."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.alerting.rules_file import RulesFile
from processors.alerts.alerts import AlertKind
from processors.errors import InvalidInput

SPEEDY = "svwiki: {categories: [{kind: speedy, title: Kategori:Snabbraderingar}]}"
OTHER = SPEEDY.replace("speedy", "other_deletion")


def kind(file: RulesFile) -> AlertKind | None:
    return file.rules.of("sv.wikipedia.org").category_kind("Kategori:Snabbraderingar")


def rewrite(path: Path, text: str, at: int) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at, at))


def test_without_a_file_the_shipped_rules_hold() -> None:
    file = RulesFile(None)
    assert file.rules.of("de.wikipedia.org").category_kind("Kategorie:Wikipedia:Löschkandidat")
    assert kind(file) is None


def test_a_changed_file_is_read_again_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rewrite(path, SPEEDY, 1)
    file = RulesFile(path)
    assert kind(file) is AlertKind.SPEEDY
    assert file.rules is file.rules
    rewrite(path, OTHER, 2)
    assert kind(file) is AlertKind.OTHER_DELETION


def test_the_former_rules_stay_when_a_file_turns_bad_and_it_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rewrite(path, SPEEDY, 1)
    file = RulesFile(path)
    for number, bad in enumerate(("svwiki: 3", "svwiki: {categories: [{}]}"), start=2):
        rewrite(path, bad, number)
        with capture_logs() as logs:
            assert kind(file) is AlertKind.SPEEDY
            assert kind(file) is AlertKind.SPEEDY
        (line,) = logs
        assert line["log_level"] == "warning"
        assert "rules.yaml: svwiki" in line["error"]
    rewrite(path, OTHER, 9)
    assert kind(file) is AlertKind.OTHER_DELETION


def test_a_file_that_is_taken_away_and_put_back_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    rewrite(path, SPEEDY, 1)
    file = RulesFile(path)
    path.unlink()
    with capture_logs() as logs:
        assert kind(file) is AlertKind.SPEEDY
        assert kind(file) is AlertKind.SPEEDY
    assert [line["log_level"] for line in logs] == ["warning"]
    rewrite(path, OTHER, 1)
    assert kind(file) is AlertKind.OTHER_DELETION


@pytest.mark.parametrize("content", [None, b"\xff", b"svwiki: 3"])
def test_a_bad_file_at_the_start_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "rules.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"rules\.yaml"):
        RulesFile(path)
