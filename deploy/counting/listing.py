"""Asking the wikis who is in the categories of programs: at the start, once a day, and when a category is new."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from deploy.clock import now
from deploy.opening import OpenStore
from deploy.settings import Settings
from ingest.mediawiki import WIKIMEDIA, MediaWiki, TreeTooLarge
from processors.errors import SourceUnavailable, StoreUnavailable
from processors.facts.facts import Categorized, Fact
from processors.folds.categories import members
from processors.folds.listing import AGAIN_AFTER, Listing, due, listed, tried, wanted
from processors.judging.contributions import CategoryRef
from processors.metrics import Metrics
from processors.ports.store import ProgramLog
from processors.programs.commits import Programs, catch_up
from storage.clickhouse import ClickHouseStore
from storage.listings import ClickHouseListings

_log = structlog.get_logger()

WIKIS_AT_ONCE = 2
LOOK_EVERY = 5.0
"""Seconds between two looks at whether a program has a new category."""

Take = Callable[[Sequence[Fact]], Awaitable[object]]
"""Stores facts and judges what they touch."""


def api_address(settings: Settings) -> str | None:
    """Where wikis are asked; None: nowhere. Who reads another stream than Wikimedia's means other wikis."""
    if not settings.list_categories:
        return None
    if settings.mediawiki_url:
        return settings.mediawiki_url
    return WIKIMEDIA if urlsplit(settings.stream_url).hostname == "stream.wikimedia.org" else None


async def keep_listed(
    opened: OpenStore,
    settings: Settings,
    metrics: Metrics,
    *,
    user_agent: str,
    take: Take,
    owns: Callable[[str], bool] = lambda wiki: True,
) -> None:
    """List what is due on the wikis that are ours, for ever; nothing where wikis are not to be asked."""
    address = api_address(settings)
    if address is None:
        return
    async with MediaWiki(address, user_agent=user_agent, metrics=metrics, clock=now) as wikis:
        await CategoryLister(
            opened.store, opened.log, wikis, take, clock=now, limit=settings.category_members_limit, owns=owns
        ).run()


class CategoryLister:
    """Lists categories and hands over what is new as facts.

    Args:
        limit: most members of a category with its subcategories.
        owns: whether a wiki's categories are ours to list.
        progress: told how many pages of a category have been found.
    """

    def __init__(
        self,
        store: ClickHouseStore,
        log: ProgramLog,
        wikis: MediaWiki,
        take: Take,
        *,
        clock: Callable[[], datetime],
        limit: int,
        owns: Callable[[str], bool] = lambda wiki: True,
        progress: Callable[[CategoryRef, int], None] = lambda category, pages: None,
    ) -> None:
        self._store = store
        self._listings = ClickHouseListings(store.connections)
        self._program_log = log
        self._wikis = wikis
        self._take = take
        self._clock = clock
        self._limit = limit
        self._owns = owns
        self._progress = progress
        self._programs = Programs()
        self._told: set[CategoryRef] = set()

    async def run(self) -> None:
        """Look for what is due and list it, again and again. What goes wrong is told, and tried again later."""
        while True:
            try:
                await self.list_all(await asyncio.to_thread(self._due))
            except StoreUnavailable:
                # Whoever reads the stream says so, and brings it back.
                await asyncio.sleep(LOOK_EVERY)
            except Exception:
                _log.exception("listing categories failed; it is tried again in an hour")
                await asyncio.sleep(AGAIN_AFTER.total_seconds())
            else:
                await asyncio.sleep(LOOK_EVERY)

    def _due(self) -> dict[CategoryRef, int]:
        self._programs = catch_up(self._program_log, self._programs)
        categories = wanted(state.program for state in self._programs.states.values() if state.active)
        ours = {category: depth for category, depth in categories.items() if self._owns(category.wiki)}
        return due(ours, self._listings.all(), self._clock()) if ours else {}

    async def list_all(self, categories: Mapping[CategoryRef, int]) -> None:
        """List categories with their subcategories down to a depth: of one wiki one by one, of few wikis at once.

        Raises:
            StoreUnavailable: the store is away; what was not listed stays due.
        """
        by_wiki: defaultdict[str, list[CategoryRef]] = defaultdict(list)
        for category in categories:
            by_wiki[category.wiki].append(category)
        slots = asyncio.Semaphore(WIKIS_AT_ONCE)

        async def one_wiki(its: Iterable[CategoryRef]) -> None:
            async with slots:
                for category in its:
                    await self.list_one(category, categories[category])

        tasks = [asyncio.create_task(one_wiki(its), name=f"listing {wiki}") for wiki, its in by_wiki.items()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def list_one(self, category: CategoryRef, depth: int) -> Listing:
        """List one category; what comes of it is kept, an error too."""
        began = self._clock()
        pages: set[str] = set()
        known: dict[CategoryRef, set[str]] = {}
        listed_at: datetime | None = began
        error = ""
        try:
            async for some in self._wikis.tree(category, depth, self._limit):
                pages.update(one.title for one in some.members if not one.is_category)
                self._progress(category, len(pages))
                if some.category not in known:
                    known = {some.category: await asyncio.to_thread(self._known, some.category)}
                new = [one.title for one in some.members if one.title not in known[some.category]]
                if new:
                    await self._take(listed(some.category, new, some.at))
        except TreeTooLarge:
            error = f"more than {self._limit:,} pages; only so many are known"
        except SourceUnavailable as unavailable:
            error, listed_at = str(unavailable), None
        listing = Listing(category, depth, len(pages), began, listed_at, error)
        self._tell(listing)
        former = (await asyncio.to_thread(self._listings.all)).get(category)
        await asyncio.to_thread(self._listings.write, tried(former, listing))
        return listing

    def _known(self, category: CategoryRef) -> set[str]:
        """Who is in it already, as far as the log tells."""
        facts = self._store.categorized({category})
        return members(fact for fact in facts if isinstance(fact, Categorized))

    def _tell(self, listing: Listing) -> None:
        """Say what came of it; the same trouble once."""
        about = {"wiki": listing.category.wiki, "category": listing.category.category, "pages": listing.pages}
        if not listing.error:
            self._told.discard(listing.category)
            _log.info("category listed", **about, depth=listing.depth)
        elif listing.category not in self._told:
            self._told.add(listing.category)
            _log.warning("category not listed to its end", **about, why=listing.error)
