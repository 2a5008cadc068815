"""The board in a real Chromium, as people see it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from api.app import create_app
from api.live import Live
from api.probes import Health
from api.render import board_json
from deploy.http_server import serving
from processors.metrics import NoMetrics
from processors.numbers.numbers import Metric
from processors.ports.boards import Freshness
from tests.boards import START, MemoryBoards, standing
from tests.needs import missing

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
NAMES = (
    "Ada",
    "山田太郎",
    "مريم الحسن",
    "Chén Xiǎomíng",
    "Łukasz Żółw",
    "Ben",
    "Größe & Söhne",
    "Zoë",
    "O'Neil",
    "Ünal",
)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        bundled = playwright.chromium.executable_path
        found = next(filter(None, map(shutil.which, (*CHROMIUM, bundled))), None)
        if found is None:
            missing("Chromium", "install the package `chromium` of your system")
        running = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield running
        await running.close()


@dataclass
class Site:
    """A site over boards in memory, that can go away and come back at the same address."""

    boards: MemoryBoards
    port: int = 0
    live: Live | None = None

    @asynccontextmanager
    async def up(self) -> AsyncIterator[str]:
        self.live = Live(self.boards, metrics=NoMetrics())

        async def health() -> Health:
            return Health(True)

        app = create_app(self.boards, self.live, metrics_text=lambda: b"", health=health, version="1")
        async with serving(app, "127.0.0.1", self.port) as url:
            self.port = int(url.rpartition(":")[2])
            yield f"{url}/programs/wir"
            self.live.close()

    def put(self, user: str, edits: int) -> None:
        assert self.live is not None
        self.boards.put(standing(user, edits, edits * 100))
        self.live.changed(["wir"])


@pytest.fixture
def site() -> Site:
    return Site(MemoryBoards(*(standing(name, 20 - place, 2000 - place) for place, name in enumerate(NAMES))))


@asynccontextmanager
async def opened(browser: Browser, url: str, **context: object) -> AsyncIterator[Page]:
    """A page that may not say anything on the console."""
    said: list[str] = []
    async with AsyncExitStack() as stack:
        options = {"viewport": {"width": 1280, "height": 800}} | context
        where = await browser.new_context(**options)  # type: ignore[arg-type]
        stack.push_async_callback(where.close)
        page = await where.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        await page.goto(url)
        yield page
    assert not [text for text in said if "ERR_CONNECTION" not in text and "ERR_INCOMPLETE" not in text], said


async def users(page: Page) -> list[str]:
    return await page.locator("#board tbody th").all_inner_texts()


async def test_rows_move_and_numbers_change_by_themselves(browser: Browser, site: Site) -> None:
    async with site.up() as url, opened(browser, f"{url}?metric=edits") as page:
        assert await users(page) == list(NAMES)
        await page.evaluate("document.querySelector('[data-user=Ben]').id = 'the-same-row'")
        site.put("Ben", 99)
        first = page.locator("#board tbody tr").first
        await expect(first.locator("th")).to_have_text("Ben")
        await expect(first).to_have_id("the-same-row")
        await expect(first.locator(".rank")).to_have_text("1")
        await expect(page.locator("[data-total=edits]")).to_have_text(
            str(sum(one.edits for one in site.boards.standings))
        )
        site.put("Newcomer", 98)
        await expect(page.locator("#board tbody tr").nth(1).locator("th")).to_have_text("Newcomer")
        await expect(page.locator("#freshness")).to_contain_text("s behind · no gaps")


INTERRUPTED = """
([first, second]) => {
  const row = document.querySelector("[data-user=Ben]");
  update(first);
  for (const move of row.getAnimations()) move.currentTime = 200;
  const seen = row.getBoundingClientRect().top;
  update(second);
  const after = row.getBoundingClientRect().top;
  for (const move of row.getAnimations()) move.finish();
  return [seen, after, row.getBoundingClientRect().top];
}
"""


async def test_a_row_that_is_on_its_way_goes_on_from_where_it_is(browser: Browser, site: Site) -> None:
    frames = []
    async with site.up() as url, opened(browser, f"{url}?metric=edits") as page:
        for user, edits in (("Ben", 99), ("Ada", 100), ("Zoë", 101)):
            site.boards.put(standing(user, edits))
            board = await site.boards.board("wir", Metric.EDITS)
            assert board is not None
            frames.append(board_json(board))
        seen, after, rest = await page.evaluate(INTERRUPTED, [frames[0], frames[2]])
    assert after == pytest.approx(seen, abs=0.5)
    assert abs(after - rest) > 1


async def test_rows_stand_still_for_who_wants_less_motion(browser: Browser, site: Site) -> None:
    async with site.up() as url, opened(browser, f"{url}?metric=edits", reduced_motion="reduce") as page:
        site.put("Ben", 99)
        await expect(page.locator("#board tbody th").first).to_have_text("Ben")
        assert await page.evaluate("document.getAnimations().length") == 0


async def test_the_freshness_line_is_the_same_with_scripts_and_without(browser: Browser, site: Site) -> None:
    site.boards.fresh = Freshness(START, 125_000.4, 1)
    said = "As of 2026-11-24 14:00:00 UTC · 34 hours behind · 1 gap: some edits are missing"
    async with site.up() as url:
        async with opened(browser, url, java_script_enabled=False) as page:
            await expect(page.locator("#freshness")).to_have_text(said)
        async with opened(browser, url) as page:
            site.put("Newcomer", 1)
            await expect(page.locator("[data-user=Newcomer]")).to_be_attached()
            await expect(page.locator("#freshness")).to_have_text(said)


async def test_the_board_shows_without_scripts(browser: Browser, site: Site) -> None:
    async with site.up() as url, opened(browser, url, java_script_enabled=False) as page:
        assert await users(page) == list(NAMES)
        assert await page.locator("[data-total=editors]").inner_text() == str(len(NAMES))


async def test_an_empty_board_fills_with_the_first_edit(browser: Browser, site: Site) -> None:
    site.boards.standings.clear()
    async with site.up() as url, opened(browser, url) as page:
        await expect(page.locator("#empty")).to_be_visible()
        await expect(page.locator("#board")).to_be_hidden()
        site.put("Ada", 1)
        await expect(page.locator("#board tbody th")).to_have_text("Ada")
        await expect(page.locator("#empty")).to_be_hidden()


async def test_a_lost_connection_is_told_and_mended(browser: Browser, site: Site) -> None:
    async with AsyncExitStack() as first:
        url = await first.enter_async_context(site.up())
        async with opened(browser, url) as page:
            await expect(page.locator("#freshness")).to_contain_text("behind")
            site.put("Ada", 50)
            await expect(page.locator("[data-user=Ada] [data-value=edits]")).to_have_text("50")
            await first.aclose()
            await expect(page.locator("#state")).to_contain_text("Connection lost")
            async with site.up():
                site.put("Ada", 77)
                await expect(page.locator("[data-user=Ada] [data-value=edits]")).to_have_text("77", timeout=15_000)
                await expect(page.locator("#state")).to_have_text("")


async def test_a_store_that_is_away_leaves_the_last_numbers(browser: Browser, site: Site) -> None:
    async with site.up() as url, opened(browser, url) as page:
        await expect(page.locator("#freshness")).to_contain_text("behind")
        site.boards.away = True
        site.put("Ada", 50)
        await expect(page.locator("#state")).to_contain_text("store does not answer")
        assert len(await users(page)) == len(NAMES)


async def test_the_metric_can_be_chosen(browser: Browser, site: Site) -> None:
    site.boards.put(standing("Ben", 1, 99_999))
    async with site.up() as url, opened(browser, f"{url}?metric=edits") as page:
        assert (await users(page))[0] == "Ada"
        await page.get_by_role("link", name="Bytes added").click()
        await expect(page.locator("#board tbody th").first).to_have_text("Ben")
        await expect(page.locator("nav [aria-current=page]")).to_have_text("Bytes added")


async def test_a_long_board_says_how_many_it_does_not_show(browser: Browser, site: Site) -> None:
    site.boards.standings = [standing(f"User {number}", 200 - number) for number in range(103)]
    async with site.up() as url, opened(browser, url) as page:
        await expect(page.locator("#more")).to_have_text("and 3 more")
        site.put("Newcomer", 900)
        await expect(page.locator("#more")).to_have_text("and 4 more")
        assert len(await users(page)) == 100


@pytest.mark.parametrize("metric", ["edits", "bytes_removed", "bytes_absolute", "articles_edited"])
async def test_the_number_that_decides_is_always_shown(browser: Browser, site: Site, metric: str) -> None:
    phone = {"width": 390, "height": 844}
    async with site.up() as url, opened(browser, f"{url}?metric={metric}", viewport=phone) as page:
        await expect(page.locator(f"thead [data-column={metric}]")).to_be_visible()
        site.put("Newcomer", 500)
        await expect(page.locator(f"[data-user=Newcomer] [data-value={metric}]")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (768, 1024), (1280, 800), (1920, 1080)])
async def test_nothing_is_wider_than_the_screen(browser: Browser, site: Site, width: int, height: int) -> None:
    site.boards.put(standing("A very long user name without any end " * 3, 1_000_000, 123_456_789_012))
    async with site.up() as url, opened(browser, url, viewport={"width": width, "height": height}) as page:
        for script in ("document.documentElement.scrollWidth", "document.querySelector('#board').scrollWidth"):
            assert await page.evaluate(script) <= width


async def test_ten_rows_fit_on_a_projector(browser: Browser, site: Site) -> None:
    async with site.up() as url, opened(browser, url, viewport={"width": 1920, "height": 1080}) as page:
        box = await page.locator("#board tbody tr").nth(9).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 1080


CONTRAST = """
(selectors) => selectors.map((selector) => {
  const channels = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (text) => channels(text)
    .map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
  let element = document.querySelector(selector);
  const text = light(getComputedStyle(element).color);
  while (getComputedStyle(element).backgroundColor === "rgba(0, 0, 0, 0)") element = element.parentElement;
  const ground = light(getComputedStyle(element).backgroundColor);
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
})
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_text_is_legible_in_both_themes(browser: Browser, site: Site, scheme: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    selectors = ["h1", ".when", ".freshness", "thead th", "tbody th", ".rank", "nav a", "nav a[aria-current]", "dt"]
    async with site.up() as url, opened(browser, url, color_scheme=scheme) as page:
        ratios = await page.evaluate(CONTRAST, selectors)
    assert {name: ratio for name, ratio in zip(selectors, ratios, strict=True) if ratio < 4.5} == {}


async def test_the_page_has_the_structure_that_screen_readers_need(browser: Browser, site: Site) -> None:
    async with site.up() as url, opened(browser, url) as page:
        assert await page.evaluate("document.documentElement.lang") == "en"
        assert await page.locator("h1").count() == 1
        assert await page.locator("main").count() == 1
        assert await page.locator("nav[aria-label]").count() == 1
        assert await page.locator("tbody th:not([scope=row])").count() == 0
        assert await page.locator("thead th:not([scope=col])").count() == 0
        assert await page.locator("[role=status]").count() == 1
        assert await page.locator("[role=status] #freshness, #freshness[role=status]").count() == 0
