"""A store that dies while everything starts."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy import opening, service
from deploy.opening import owned_store
from deploy.settings import Settings
from processors.errors import StoreUnavailable
from storage.embedded import EmbeddedServer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "store")


async def test_a_store_that_dies_before_it_is_read_is_revived(settings: Settings) -> None:
    with owned_store(settings) as opened:
        assert opened.server is not None
        os.kill(opened.server.pid, signal.SIGKILL)
        assert await service._resumed(opened, "s") == (None, [])


async def test_one_that_stays_away_ends_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "PATIENCE", 1.0)
    with owned_store(settings) as opened:
        assert opened.server is not None
        opened.server.stop()
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await service._resumed(opened, "s")


def test_who_counts_waits_for_a_server_that_is_not_up_yet(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedServer(tmp_path / "server") as server:
        address = server.start()
        url = SecretStr(address.url.replace("/wikitally", "/late"))
        os.kill(server.pid, signal.SIGKILL)
        bringing_up = threading.Timer(1.0, server.ensure_running)
        bringing_up.start()
        with owned_store(settings.model_copy(update={"clickhouse_url": url})) as opened:
            assert opened.log.last_position() == 0
        bringing_up.join()
        os.kill(server.pid, signal.SIGKILL)
        monkeypatch.setattr(opening, "PATIENCE", 1.0)
        with (
            pytest.raises(StoreUnavailable, match="does not answer"),
            owned_store(settings.model_copy(update={"clickhouse_url": url})),
        ):
            pass
