"""Alerts on a program's page in a real Chromium."""

from __future__ import annotations

from dataclasses import replace

from playwright.async_api import Browser, expect

from api.app import create_app
from api.live import Live
from api.probes import Health
from deploy.http_server import serving
from processors.alerts.alerts import AlertState
from processors.metrics import NoMetrics
from tests.acceptance.test_board_page import browser
from tests.boards import MemoryBoards, standing
from tests.integration.test_live_alerts import MemoryFeeds, alert, put

__all__ = ["browser"]


async def _healthy() -> Health:
    return Health(True)


async def test_an_alert_comes_onto_the_page_by_itself(browser: Browser) -> None:
    boards, feeds = MemoryBoards(standing("Ada", 1)), MemoryFeeds()
    live = Live(boards, metrics=NoMetrics(), feeds=feeds)
    app = create_app(boards, live, metrics_text=lambda: b"", health=_healthy, version="1", feeds=feeds)
    async with serving(app, "127.0.0.1", 0) as url:
        page = await browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(f"{url}/programs/wir")
        await expect(page.locator("#alert-empty")).to_be_visible()
        hostile = replace(alert(1, AlertState.OPEN), title="<img src=x onerror=alert(1)>")
        live.alerted(put(feeds, hostile, alert(2, AlertState.OPEN)))
        lines = page.locator("#alert-list .alert")
        await expect(lines).to_have_count(2)
        await expect(lines.first).to_contain_text("Page 2: a contribution was reverted")
        await expect(lines.last).to_contain_text("<img src=x onerror=alert(1)>: a contribution was reverted")
        await expect(page.locator("#alert-empty")).to_be_hidden()
        assert await page.locator("#alert-list img").count() == 0
        assert problems == []
        live.close()
