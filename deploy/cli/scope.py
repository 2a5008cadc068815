"""`wikitally categories`: which categories a program is about, and how far they are known."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from api.render import freshness_json
from deploy.cli.options import AsJson, Data, Slug
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import err, freshness_line, out, result_table
from deploy.clock import now
from deploy.counting.listing import CategoryLister, api_address
from deploy.counting.worker import Worker
from deploy.opening import OpenStore
from deploy.programs.commands import Commands
from deploy.settings import Settings, load_settings
from ingest.eventstreams import build_user_agent
from ingest.mediawiki import MediaWiki
from ingest.tracking import PositionTracker
from processors.errors import InvalidInput
from processors.facts.facts import Fact
from processors.folds.listing import Listing, Wanted, wanted
from processors.judging.contributions import CategoryRef
from processors.metrics import NoMetrics
from storage.listings import ClickHouseListings

Refresh = Annotated[bool, typer.Option("--refresh", help="Ask the wikis now, instead of once a day.")]


def categories(program: Slug, refresh: Refresh = False, data: Data = None, as_json: AsJson = False) -> None:
    """Print the categories of a program: with how many pages they were listed, when, and what is missing."""
    settings = load_settings(data=data)
    with opened_store(settings) as opened:
        its = wanted([Commands(opened.store, opened.log, now).state(program).program])
        if refresh and its:
            _refresh(opened, settings, its)
        known = ClickHouseListings(opened.store.connections).all()
        freshness = opened.store.freshness(now)
    rows = [(ref, one, known.get(ref)) for ref, one in sorted(its.items())]
    if as_json:
        print_json({"program": program, "categories": [_json(*row) for row in rows]} | freshness_json(freshness))
        return
    if rows:
        columns = ["category", "wiki", "depth", "pages listed", "listed (UTC)", "missing"]
        out.print(result_table(columns, [_row(*row) for row in rows]))
    else:
        out.print(f"{program}: its scope has no categories.", markup=False)
    out.print(freshness_line(freshness), style="dim")


def _row(ref: CategoryRef, one: Wanted, listing: Listing | None) -> Sequence[str]:
    if listing is None:
        return ref.category, ref.wiki, str(one.depth), "", "never", ""
    listed_at = f"{listing.listed_at:%Y-%m-%d %H:%M}" if listing.listed_at else "never"
    return ref.category, ref.wiki, str(one.depth), f"{listing.pages:,}", listed_at, _missing(one, listing)


def _missing(one: Wanted, listing: Listing) -> str:
    if listing.error or listing.depth >= one.depth:
        return listing.error
    return f"subcategories below level {listing.depth}"


def _json(ref: CategoryRef, one: Wanted, listing: Listing | None) -> Mapping[str, Any]:
    return {
        "category": ref.category,
        "wiki": ref.wiki,
        "depth": one.depth,
        "pages": listing.pages if listing else None,
        "listed_at": listing.listed_at if listing else None,
        "missing": _missing(one, listing) if listing else "",
    }


def _refresh(opened: OpenStore, settings: Settings, its: Mapping[CategoryRef, Wanted]) -> None:
    """List now, where nobody else judges."""
    address = api_address(settings)
    if address is None:
        raise InvalidInput(
            "categories --refresh: wikis are not to be asked; see WIKITALLY_LIST_CATEGORIES and WIKITALLY_MEDIAWIKI_URL"
        )
    agent = build_user_agent(settings.contact)
    if not opened.owned:
        err.print("Whoever runs on this store lists its categories, when it starts and once a day.")
        return
    worker = Worker(opened.store, opened.log, PositionTracker("", None), metrics=NoMetrics(), clock=now)

    async def take(facts: Sequence[Fact]) -> None:
        await asyncio.to_thread(worker.take, facts)

    async def list_all(progress: Progress) -> None:
        tasks = {ref: progress.add_task(f"{ref.category} of {ref.wiki}", total=None) for ref in sorted(its)}

        def show(ref: CategoryRef, pages: int) -> None:
            progress.update(tasks[ref], completed=pages)

        async with MediaWiki(address, user_agent=agent, metrics=NoMetrics(), clock=now) as wikis:
            limit = settings.category_members_limit
            lister = CategoryLister(opened.store, opened.log, wikis, take, clock=now, limit=limit, progress=show)
            await lister.list_all({ref: one.depth for ref, one in its.items()})

    columns = (
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TextColumn("{task.completed:,} pages"),
        TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as progress:
        worker.catch_up()
        asyncio.run(list_all(progress))


def register(app: typer.Typer) -> None:
    """Add the command to `wikitally`."""
    app.command()(categories)
