"""A store that dies while everything starts."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from deploy import service
from deploy.opening import owned_store
from deploy.settings import Settings
from processors.errors import StoreUnavailable


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "store")


async def test_a_store_that_dies_before_it_is_read_is_revived(settings: Settings) -> None:
    with owned_store(settings) as opened:
        assert opened.server is not None
        os.kill(opened.server.pid, signal.SIGKILL)
        assert await service._resumed(opened, "s") == (None, [])


async def test_one_that_stays_away_ends_the_start(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PATIENCE", 1.0)
    with owned_store(settings) as opened:
        assert opened.server is not None
        opened.server.stop()
        with pytest.raises(StoreUnavailable, match="does not answer"):
            await service._resumed(opened, "s")
