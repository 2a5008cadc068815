"""Why, as everybody asks it over HTTP and organisers on the command line, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from rich.console import RenderableType

from api.app import create_app
from api.live import Live
from api.probes import Health
from deploy.answers.boards import StoreBoards
from deploy.answers.reasons import StoreReasons
from deploy.cli import why_text
from deploy.cli.terminal import out
from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.tracking import PositionTracker
from processors.facts.facts import Fact
from processors.metrics import NoMetrics
from processors.ports.boards import Freshness
from processors.ports.store import Checkpoint, Reached
from processors.ports.why import Fresh
from processors.programs.program import CategoryScope, Participant, Program, Session, Visibility
from storage.clickhouse import ClickHouseStore
from tests.batches import take as take_decoded
from tests.histories import START, WIKI, deleted, edit, moved, uploaded
from tests.stores import log_of

NOW = START + timedelta(hours=2)
PROGRAM = Program(
    slug="p",
    title="P",
    sessions=(Session(START, START + timedelta(hours=1)),),
    wikis=(WIKI,),
    participants=(Participant("Ada", team="blue"), Participant("Ben")),
    visibility=Visibility.UNLISTED,
)
BASE = "/api/v1/programs/p"


def clock() -> datetime:
    return NOW


def filled(store: ClickHouseStore, *facts: Fact, program: Program = PROGRAM) -> Worker:
    apply_programs(log_of(store), [program], actor="Olga", reason="for the test")
    worker = Worker(
        store, log_of(store), PositionTracker("s", None), metrics=NoMetrics(), clock=lambda: datetime.now(UTC)
    )
    worker.catch_up()
    take(worker, *facts)
    return worker


def take(worker: Worker, *facts: Fact) -> None:
    checkpoint = Checkpoint("s", {("eqiad.mediawiki.recentchange", 0): Reached(1, 1)}, NOW)
    take_decoded(worker, facts, NOW, checkpoint=checkpoint)


@pytest.fixture
async def client(store: ClickHouseStore) -> AsyncIterator[httpx.AsyncClient]:
    async def health() -> Health:
        return Health(True)

    boards = StoreBoards(store, clock)
    live = Live(boards, metrics=NoMetrics())
    reasons = StoreReasons(store, clock)
    app = create_app(boards, live, metrics_text=lambda: b"", health=health, version="1", reasons=reasons)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> Any:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert {"as_of", "lag_seconds", "gaps"} <= set(answer.json())
    return answer.json()


async def test_an_edit_is_explained_with_every_test(store: ClickHouseStore, client: httpx.AsyncClient) -> None:
    filled(store, edit(1, "User:Ada/Draft"))
    answer = await get(client, f"{BASE}/explain?wiki=enwiki&rev=5001")
    assert (answer["verdict"], answer["edit"]["user"]) == ("namespace_not_tracked", "Ada")
    assert answer["reason"].startswith("“User:Ada/Draft” is in namespace 2 (user pages)")
    assert [one["reason"] for one in answer["checks"] if one["holds"]] == ["namespace_not_tracked"]
    assert len(answer["checks"]) == 17
    nothing = await get(client, f"{BASE}/explain?wiki={WIKI}&rev=77")
    assert (nothing["verdict"], nothing["missing"], nothing["edit"]) == ("not_seen", "before_first", None)


async def test_somebodys_page_adds_up_and_has_their_rank(store: ClickHouseStore, client: httpx.AsyncClient) -> None:
    filled(store, edit(1, "A"), edit(2, "User:Ada/Draft"), uploaded(3, "File:A.png"), edit(4, "A", "Ben", new=500))
    answer = await get(client, f"{BASE}/participants/Ada")
    assert answer["total"] == {"edits": 2, "uploads": 1, "bytes_added": 40}
    assert [(one["verdict"], one["edits"]) for one in answer["sums"]] == [("counted", 1), ("namespace_not_tracked", 1)]
    assert (answer["rank"], answer["team"], answer["enrolled"]) == (2, "blue", True)
    assert [one["rev_id"] for one in answer["entries"]] == [5001, 5002, 903]
    nobody = await get(client, f"{BASE}/participants/Adam")
    assert (nobody["enrolled"], nobody["entries"], nobody["nearest"]) == (False, [], ["Ada"])


async def test_the_ledger_tells_every_change_with_its_cause(store: ClickHouseStore, client: httpx.AsyncClient) -> None:
    worker = filled(store, edit(1, "A"), edit(2, "B", "Ben"))
    take(worker, replace(deleted(9, "A"), user="Admin", comment="hoax"))
    apply_programs(log_of(store), [replace(PROGRAM, participants=PROGRAM.participants[:1])], actor="Olga")
    worker.catch_up()
    lines = (await get(client, f"{BASE}/ledger"))["lines"]
    told = [(one["user"], one["before"], one["verdict"], one["cause"]) for one in lines]
    assert told == [
        ("Ben", "counted", None, "the program was changed by Olga (version 2)"),
        ("Ada", "counted", "page_deleted", "Admin deleted “A” (“hoax”)"),
        ("Ada", None, "counted", "the edit itself was read"),
        ("Ben", None, "counted", "the edit itself was read"),
    ]
    assert lines[1]["caused_at"] == "2026-11-08T14:00:03Z"
    assert len((await get(client, f"{BASE}/ledger?user=Ada&limit=1"))["lines"]) == 1
    one = await get(client, f"{BASE}/ledger?wiki=enwiki&rev=5002")
    assert {line["user"] for line in one["lines"]} == {"Ben"}


async def test_rules_and_quiet_are_sentences(store: ClickHouseStore, client: httpx.AsyncClient) -> None:
    scope = (CategoryScope(WIKI, "Category:X"),)
    drafts = edit(1, "User:Ada/Draft"), edit(2, "User:Ada/Draft")
    filled(store, *drafts, program=replace(PROGRAM, wikis=(WIKI, "gor.wikipedia.org"), scope=scope))
    rules = (await get(client, f"{BASE}/rules"))["sentences"]
    assert any("Category:X" in one for one in rules)
    quiet = (await get(client, f"{BASE}/quiet"))["sentences"]
    assert "1 of 2 participants have edited since the start." in quiet
    assert "2 edits and uploads do not count: 2 in namespaces that are not tracked." in quiet
    assert any(one.startswith("Nothing was ever read of gor.wikipedia.org") for one in quiet)
    assert any(one.startswith("No page was seen to come into Category:X of en.wikipedia.org") for one in quiet)
    assert "The last edit of 1 of them was in namespace 2 (user pages), not tracked." in quiet


async def test_an_open_program_that_is_quiet_tells_what_was_seen(
    store: ClickHouseStore, client: httpx.AsyncClient
) -> None:
    filled(store, edit(1, "User:Ada/Draft"), program=replace(PROGRAM, open=True))
    quiet = (await get(client, f"{BASE}/quiet"))["sentences"]
    assert "1 edit or upload was seen on en.wikipedia.org since the start." in quiet
    assert "1 edit or upload does not count: 1 in namespaces that are not tracked." in quiet


PATHS = ("rules", "quiet", f"explain?wiki={WIKI}&rev=5001", "participants/Ada", "ledger")


@pytest.mark.parametrize("path", PATHS)
async def test_a_private_program_is_not_there_for_everybody(
    store: ClickHouseStore, client: httpx.AsyncClient, path: str
) -> None:
    filled(store, edit(1, "A"), program=replace(PROGRAM, visibility=Visibility.PRIVATE))
    private = await get(client, f"{BASE}/{path}", 404)
    unknown = await get(client, f"/api/v1/programs/q/{path}", 404)
    assert private["detail"].replace("'p'", "'q'") == unknown["detail"]


async def test_those_who_hide_their_names_are_told_of_like_those_who_do_not_take_part(
    store: ClickHouseStore, client: httpx.AsyncClient
) -> None:
    hiding = (replace(PROGRAM.participants[0], hidden=True), PROGRAM.participants[1])
    filled(store, edit(1, "A"), edit(2, "A", "Eve"), edit(3, "A", "Ben"), program=replace(PROGRAM, participants=hiding))
    hidden = await get(client, f"{BASE}/explain?wiki={WIKI}&rev=5001", 404)
    assert hidden == await get(client, f"{BASE}/explain?wiki={WIKI}&rev=5002", 404)
    assert (await get(client, f"{BASE}/explain?wiki={WIKI}&rev=5003"))["verdict"] == "counted"
    for nobody in ("Ada", "Eve", "Nobody Ever"):
        assert await get(client, f"{BASE}/participants/{nobody}", 404) == hidden
    assert (await get(client, f"{BASE}/participants/Ben"))["rank"] == 1
    assert {one["user"] for one in (await get(client, f"{BASE}/ledger"))["lines"]} == {"Ben"}
    assert (await get(client, f"{BASE}/ledger?wiki={WIKI}&rev=5001"))["lines"] == []
    found = StoreReasons(store, clock).read_revision("p", WIKI, 5001, names=True)
    assert found is not None
    assert found.answer.verdict == "counted"  # type: ignore[union-attr]


async def test_long_after_the_end_nobody_is_told_of(store: ClickHouseStore, client: httpx.AsyncClient) -> None:
    filled(store, edit(1, "A"), program=replace(PROGRAM, hide_names_after_days=0))
    for path in PATHS[2:]:
        assert "hide their names" in (await get(client, f"{BASE}/{path}", 404))["detail"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("explain?wiki=enwikii&rev=1", "did you mean"),
        ("explain?wiki=enwiki&rev=0", "rev: "),
        ("explain?wiki=enwiki&rev=99999999999999999999", "rev: "),
        ("explain?wiki=enwiki", "rev: "),
        ("ledger?wiki=enwiki", "together"),
        ("ledger?wiki=nonsense&rev=1", "is no Wikimedia wiki"),
        ("ledger?limit=0", "limit: "),
    ],
)
async def test_a_parameter_that_breaks_a_rule_is_named(
    store: ClickHouseStore, client: httpx.AsyncClient, path: str, says: str
) -> None:
    filled(store, edit(1, "A"))
    assert says in (await get(client, f"{BASE}/{path}", 422))["detail"]


def show(render: Callable[[Any, Freshness], RenderableType], found: Fresh[Any] | None) -> None:
    assert found is not None
    out.print(render(found.answer, found.freshness))


def test_a_terminal_shows_what_the_answers_say(store: ClickHouseStore) -> None:
    worker = filled(store, edit(1, "User:Ada/Draft"), moved(4, "User:Ada/Draft", "A"), edit(7, "[red]C[/red]", new=5))
    take(worker, deleted(12, "A"))
    reasons = StoreReasons(store, clock)
    with out.capture() as capture:
        show(why_text.explanation, reasons.read_revision("p", WIKI, 5001, names=True))
        show(why_text.reconciliation, reasons.read_participant("p", "Ada", names=True))
        show(why_text.reconciliation, reasons.read_participant("p", "Adam", names=True))
        show(why_text.explanation, reasons.read_revision("p", WIKI, 1, names=True))
        show(why_text.ledger, reasons.read_ledger("p", 10, names=True))
        show(why_text.sentences, reasons.read_rules("p"))
    shown = " ".join(capture.get().replace("│", " ").replace("┃", " ").split())
    for words in (
        "page deleted: The page is deleted: on 8 November 2026, 14:00:04 Ada deleted “A”.",
        "[red]C[/red]",
        "all that was seen",
        "did you mean Ada?",
        "revision 1 of en.wikipedia.org is not in the log",
        "as of",
    ):
        assert words in shown
