"""Settings: where they come from, which wins, what a wrong one gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.settings import DEFAULT_STREAMS, load_settings
from processors.errors import InvalidInput


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CONTACT", "DATA", "PORT", "STREAMS", "CONFIG", "CLICKHOUSE_URL", "BATCH_EVENTS"):
        monkeypatch.delenv(f"WIKITALLY_{name}", raising=False)


def test_everything_has_a_default() -> None:
    settings = load_settings()
    assert (settings.port, settings.host, settings.streams) == (8080, "127.0.0.1", DEFAULT_STREAMS)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wikitally.toml").write_text('contact = "file@x.org"\nport = 1\nhost = "::1"\n')
    monkeypatch.setenv("WIKITALLY_CONTACT", "environment@x.org")
    monkeypatch.setenv("WIKITALLY_PORT", "2")
    settings = load_settings(port=3, data=None)
    assert (settings.port, settings.contact, settings.host) == (3, "environment@x.org", "::1")


def test_another_file_can_be_named_and_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "other.toml"
    monkeypatch.setenv("WIKITALLY_CONFIG", str(named))
    with pytest.raises(InvalidInput, match=r"other\.toml"):
        load_settings()
    named.write_text("port = 7\n")
    assert load_settings().port == 7


def test_streams_are_a_comma_list_in_the_environment_and_a_list_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wikitally.toml").write_text('streams = ["a", "b"]\n')
    assert load_settings().streams == ("a", "b")
    monkeypatch.setenv("WIKITALLY_STREAMS", "b, c,")
    assert load_settings().streams == ("b", "c")


def test_every_wrong_setting_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKITALLY_PORT", "99999")
    monkeypatch.setenv("WIKITALLY_BATCH_EVENTS", "many")
    with pytest.raises(InvalidInput) as caught:
        load_settings()
    assert "WIKITALLY_PORT" in str(caught.value)
    assert "WIKITALLY_BATCH_EVENTS" in str(caught.value)


def test_a_misspelt_key_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "wikitally.toml").write_text('contakt = "a@b.org"\n')
    with pytest.raises(InvalidInput, match="CONTAKT"):
        load_settings()


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "wikitally.toml").write_text("port = = 1\n")
    with pytest.raises(InvalidInput, match=r"wikitally\.toml"):
        load_settings()


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKITALLY_CLICKHOUSE_URL", "clickhouse://a:hunter2@db/x")
    assert "hunter2" not in repr(load_settings())
