"""From a real wiki's list of a category to the books: beside a stream, after a restart, and from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from deploy.clock import now
from deploy.counting import listing as listing_module
from deploy.counting.listing import CategoryLister, api_address
from deploy.counting.pipeline import Pipeline
from deploy.counting.worker import Worker
from deploy.metrics import PrometheusMetrics
from deploy.opening import OpenStore, owned_store
from deploy.programs.applying import apply_programs
from deploy.service import Service, service
from deploy.settings import Settings
from ingest.mediawiki import MediaWiki
from ingest.tracking import PositionTracker
from processors.errors import StoreUnavailable
from processors.facts.facts import Fact
from processors.judging.contributions import CategoryRef
from processors.metrics import NoMetrics
from processors.ports.store import Checkpoint, RawEvent
from processors.programs.program import CategoryScope, Program, Session, Side
from storage.clickhouse import ClickHouseStore
from storage.listings import ClickHouseListings
from tests.acceptance.commands import wikitally
from tests.acceptance.little_wiki import LittleWiki, Stream
from tests.integration.test_eventstreams_faults import answers, scripted
from tests.mediawiki import RealWiki, real_wiki
from tests.recorders import RecordedMetrics
from tests.stores import log_of

WIKI = "en.wikipedia.org"
SCIENTISTS, CHEMISTS = CategoryRef(WIKI, "Category:Women scientists"), CategoryRef(WIKI, "Category:Women chemists")
STREAMS = "mediawiki.recentchange"
START = datetime(2026, 11, 8, 14, tzinfo=UTC)
PROGRAM = Program(
    "women", "Women", (Session(START, START + timedelta(days=700)),), (WIKI,), open=True,
    scope=(CategoryScope(WIKI, SCIENTISTS.category, 1),),
)  # fmt: skip
BANNER = Program(
    "banner", "Banner", PROGRAM.sessions, (WIKI,), open=True,
    scope=(CategoryScope(WIKI, "Category:Project articles", 0, Side.TALK),),
)  # fmt: skip


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWiki]:
    with real_wiki(tmp_path_factory.mktemp("wiki")) as running:
        pages = {
            "Marie Curie": "[[Category:Women scientists]]",
            "Category:Women chemists": "[[Category:Women scientists]]",
            "Dorothy Hodgkin": "[[Category:Women chemists]]",
            "Talk:Lise Meitner": "[[Category:Project articles]]",
        }
        running.import_pages(pages)
        yield running


def edits(*titles: str) -> list[bytes]:
    """Ada edits pages that have long been there."""
    stream = Stream()
    little = LittleWiki(stream, WIKI, "enwiki")
    for number, title in enumerate(titles):
        little.edit("Ada", title, 100, START + timedelta(minutes=number + 1))
    return stream.take()


EDITS = edits("Marie Curie", "Dorothy Hodgkin", "Lise Meitner", "Paris")


class Fed:
    """A source of one batch that does not end."""

    def __init__(self, events: Sequence[bytes]) -> None:
        self._events = events

    async def events(self, resume: Checkpoint | None) -> AsyncIterator[Sequence[RawEvent]]:
        if self._events:
            yield [RawEvent(event) for event in self._events]
        await asyncio.sleep(3600)


@asynccontextmanager
async def running(store: ClickHouseStore, api: str, events: Sequence[bytes], **more: object) -> AsyncIterator[Service]:
    settings = Settings(port=0, stream_url="http://127.0.0.1:1", mediawiki_url=api).model_copy(update=more)
    opened = OpenStore(store, log_of(store), store.connections, owned=True, revive=lambda: None)
    async with service(
        opened, settings, Fed(events), STREAMS, PrometheusMetrics(), user_agent="wikitally (test)"
    ) as one:
        yield one


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.05)


def counted(store: ClickHouseStore, slug: str = "women") -> list[str]:
    sql = f"SELECT title FROM contributions FINAL WHERE program = '{slug}' AND verdict = 'counted' ORDER BY title"
    return [title for (title,) in store.connections.statement(sql)[0]]


def listings(store: ClickHouseStore) -> dict[str, tuple[int, str]]:
    """Pages and errors by category."""
    return {ref.category: (one.pages, one.error) for ref, one in ClickHouseListings(store.connections).all().items()}


def facts(store: ClickHouseStore) -> int:
    ((count,),) = store.connections.statement("SELECT count() FROM facts FINAL WHERE direction = 'listed'")[0]
    return int(count)


async def test_an_edit_of_a_page_that_was_in_before_anything_was_read_counts(
    wiki: RealWiki, store: ClickHouseStore
) -> None:
    apply_programs(log_of(store), [PROGRAM, BANNER])
    async with running(store, wiki.api, EDITS):
        await until(lambda: len(listings(store)) == 2)
        await until(lambda: bool(counted(store, "banner")) and len(counted(store)) == 2)
    assert counted(store) == ["Dorothy Hodgkin", "Marie Curie"]
    assert counted(store, "banner") == ["Lise Meitner"], "the banner is on the talk page"
    assert listings(store) == {"Category:Women scientists": (2, ""), "Category:Project articles": (1, "")}


async def test_edits_read_before_the_listing_count_and_the_ledger_says_that_it_was_why(
    wiki: RealWiki, store: ClickHouseStore
) -> None:
    apply_programs(log_of(store), [PROGRAM])
    async with running(store, wiki.api, EDITS, list_categories=False) as one:
        await until(lambda: one.worker.figures.events_read == len(EDITS))
    assert counted(store) == []
    async with running(store, wiki.api, []):
        await until(lambda: bool(listings(store)))
    assert counted(store) == ["Dorothy Hodgkin", "Marie Curie"]
    sql = """
        SELECT direction, page FROM facts WHERE event_id IN (
            SELECT cause FROM ledger WHERE program = 'women' AND verdict = 'counted'
        ) ORDER BY page
    """
    assert store.connections.statement(sql)[0] == [("listed", "Dorothy Hodgkin"), ("listed", "Marie Curie")]


async def test_what_is_known_is_not_written_again_after_a_restart(wiki: RealWiki, store: ClickHouseStore) -> None:
    apply_programs(log_of(store), [PROGRAM])
    async with running(store, wiki.api, EDITS):
        await until(lambda: bool(listings(store)))
    assert facts(store) == 3, "two pages and a subcategory"
    await list_now(store, wiki.api)
    assert facts(store) == 3
    async with running(store, wiki.api, []) as one:
        await until(lambda: one.worker.progress.left == 0)
        assert counted(store) == ["Dorothy Hodgkin", "Marie Curie"]


async def list_now(
    store: ClickHouseStore,
    api: str,
    category: CategoryRef = SCIENTISTS,
    depth: int = 1,
    limit: int = 1000,
    taken: list[Fact] | None = None,
) -> None:
    worker = Worker(store, log_of(store), PositionTracker(STREAMS), metrics=NoMetrics(), clock=now)

    async def take(some: Sequence[Fact]) -> None:
        (taken if taken is not None else []).extend(some)
        await asyncio.to_thread(worker.take, some)

    async with MediaWiki(api, user_agent="wikitally (test)", metrics=NoMetrics(), clock=now, first_wait=0.01) as wikis:
        lister = CategoryLister(store, log_of(store), wikis, take, clock=now, limit=limit)
        await lister.list_all({category: depth})


async def test_a_page_that_is_taken_out_and_found_again_much_later_is_in_again(
    wiki: RealWiki, store: ClickHouseStore
) -> None:
    apply_programs(log_of(store), [PROGRAM])
    stream = Stream()
    little = LittleWiki(stream, WIKI, "enwiki")
    little.edit("Ada", "Marie Curie", 100, START + timedelta(minutes=1))
    little.categorize("Ada", "Marie Curie", SCIENTISTS.category, START + timedelta(minutes=2), removed=True)
    little.edit("Ada", "Marie Curie", 100, START + timedelta(minutes=3))
    worker = Worker(store, log_of(store), PositionTracker(STREAMS), metrics=NoMetrics(), clock=now)
    worker.catch_up()
    worker.commit(worker.read([RawEvent(event) for event in stream.take()]))
    assert counted(store) == ["Marie Curie"], "what is taken out had been in"
    taken: list[Fact] = []
    await list_now(store, wiki.api, taken=taken)
    assert {getattr(fact, "page", "") for fact in taken} >= {"Marie Curie"}
    assert counted(store) == ["Marie Curie"], "it is in again from now on, not from then"


async def test_taking_facts_may_be_repeated_and_leaves_the_position_in_the_stream(
    wiki: RealWiki, store: ClickHouseStore
) -> None:
    apply_programs(log_of(store), [PROGRAM])
    worker = Worker(store, log_of(store), PositionTracker(STREAMS), metrics=NoMetrics(), clock=now)
    worker.catch_up()
    worker.commit(worker.read([RawEvent(event) for event in EDITS]))
    before = store.checkpoint(STREAMS)
    taken: list[Fact] = []
    await list_now(store, wiki.api, taken=taken)
    books = store.connections.statement("SELECT * EXCEPT (version) FROM ledger ORDER BY ALL")[0]
    assert worker.take(taken) == frozenset()
    assert worker.take([]) == frozenset()
    assert facts(store) == 3
    assert store.connections.statement("SELECT * EXCEPT (version) FROM ledger ORDER BY ALL")[0] == books
    assert store.checkpoint(STREAMS) == before


async def test_a_pipeline_takes_facts_again_when_the_store_was_away(store: ClickHouseStore) -> None:
    class Flaky(Worker):
        failures = 2

        def take(self, facts: Sequence[Fact]) -> frozenset[str]:
            self.failures -= 1
            if self.failures >= 0:
                raise StoreUnavailable("away")
            return frozenset({"women"})

    changed: list[frozenset[str]] = []
    worker = Flaky(store, log_of(store), PositionTracker(STREAMS), metrics=NoMetrics(), clock=now)
    pipeline = Pipeline(Fed([]), worker, metrics=RecordedMetrics(), on_change=changed.append)
    task = asyncio.create_task(pipeline.run(None))
    await asyncio.sleep(0)
    await pipeline.take([])
    assert changed[-1] == {"women"}
    task.cancel()
    await asyncio.wait([task])


async def test_a_wiki_that_fails_is_told_once_and_hurts_no_other_category(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_module, "LOOK_EVERY", 0.02)
    french = CategoryScope("fr.wikipedia.org", "Catégorie:Femme scientifique")
    both = Program("both", "Both", PROGRAM.sessions, ("*",), open=True, scope=(*(PROGRAM.scope or ()), french))
    apply_programs(log_of(store), [both])
    body = orjson.dumps({"query": {"categorymembers": [{"ns": 0, "title": "Marie Curie"}]}})
    async with scripted(answers("404 Not Found")) as broken, scripted(answers("200 OK", body=body)) as fine:
        api = f"{fine.url}/{{wiki}}"

        class Routed(MediaWiki):
            """One address for each wiki: the settings have one for all."""

            async def _ask_once(self, wiki: str, query: dict[str, str]):  # type: ignore[no-untyped-def]
                self._address = broken.url if wiki.startswith("fr.") else api
                return await super()._ask_once(wiki, query)

        monkeypatch.setattr(listing_module, "MediaWiki", Routed)
        monkeypatch.setattr("processors.folds.listing.AGAIN_AFTER", timedelta(0))
        with capture_logs() as logs:
            async with running(store, api, []):
                await until(lambda: len(broken.requests) > 2)
    assert listings(store) == {
        "Category:Women scientists": (1, ""),
        "Catégorie:Femme scientifique": (0, "fr.wikipedia.org: it answers 404 Not Found"),
    }
    told = [log for log in logs if log["event"] == "category not listed to its end"]
    assert [(log["category"], log["why"]) for log in told] == [
        ("Catégorie:Femme scientifique", "fr.wikipedia.org: it answers 404 Not Found")
    ]
    assert len(fine.requests) == 1, "the other is not due again"


async def test_a_category_with_too_many_pages_says_so_and_is_known_so_far(
    wiki: RealWiki, store: ClickHouseStore
) -> None:
    apply_programs(log_of(store), [PROGRAM])
    await list_now(store, wiki.api, limit=2)
    assert listings(store) == {"Category:Women scientists": (1, "more than 2 pages; only so many are known")}
    (one,) = ClickHouseListings(store.connections).all().values()
    assert not one.failed


async def test_nobody_is_asked_while_no_program_has_a_category(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_module, "LOOK_EVERY", 0.02)
    apply_programs(log_of(store), [Program("all", "All", PROGRAM.sessions, (WIKI,), open=True)])
    async with scripted(answers("404 Not Found")) as server, running(store, server.url, EDITS) as one:
        await until(lambda: one.worker.figures.events_read == len(EDITS))
        await asyncio.sleep(0.2)
    assert server.requests == []


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, "https://{wiki}/w/api.php"),
        ({"list_categories": False}, None),
        ({"stream_url": "http://127.0.0.1:8900"}, None),
        ({"stream_url": "https://stream.wikimedia.org.example.org"}, None),
        (
            {"stream_url": "http://127.0.0.1:8900", "mediawiki_url": "http://127.0.0.1/api.php"},
            "http://127.0.0.1/api.php",
        ),
        ({"list_categories": False, "mediawiki_url": "http://127.0.0.1/api.php"}, None),
    ],
)
def test_wikimedia_is_asked_by_those_alone_who_read_its_stream(
    settings: dict[str, object], address: str | None
) -> None:
    assert api_address(Settings.model_validate(settings)) == address


PROGRAM_FILE = """
slug: women
start: 2020-01-01T00:00
end: 2031-01-01T00:00
wiki: enwiki
open: true
scope: [{category: Women scientists, depth: 1}]
"""


def test_the_command_shows_and_refreshes_categories(wiki: RealWiki, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "p.yaml"
    file.write_text(PROGRAM_FILE)
    recording = tmp_path / "edits.ndjson"
    recording.write_bytes(b"\n".join(EDITS))
    wikitally("replay", recording, "--programs", file, "--data", data, "--json")
    assert "never" in wikitally("categories", "women", "--data", data)
    refused = wikitally("categories", "women", "--refresh", "--data", data, code=2, WIKITALLY_LIST_CATEGORIES="false")
    assert "WIKITALLY_LIST_CATEGORIES" in refused
    shown = wikitally("categories", "women", "--refresh", "--json", "--data", data, WIKITALLY_MEDIAWIKI_URL=wiki.api)
    told = orjson.loads(shown)
    (one,) = told["categories"]
    assert (one["category"], one["depth"], one["pages"], one["missing"]) == ("Category:Women scientists", 1, 2, "")
    assert one["listed_at"] is not None
    assert {"as_of", "lag_seconds", "gaps"} <= told.keys()
    sql = "SELECT title FROM contributions FINAL WHERE verdict = 'counted' ORDER BY title"
    printed = wikitally("sql", sql, "--format", "csv", "--data", data)
    assert printed.split("\n") == ["title", "Dorothy Hodgkin", "Marie Curie", ""]
    assert "did you mean women?" in wikitally("categories", "womem", "--data", data, code=2)
    with owned_store(Settings(data=data)):
        beside = wikitally(
            "categories", "women", "--refresh", "--json", "--data", data, WIKITALLY_MEDIAWIKI_URL=wiki.api
        )
    assert orjson.loads(beside)["categories"] == told["categories"], "whoever runs on the store lists, nobody else"
