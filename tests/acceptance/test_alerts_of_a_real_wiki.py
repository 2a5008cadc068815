"""From a real wiki to whoever has to hear of it: through Kafka, a worker and a replica, by webhook and by SSE."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook

from deploy.delivering.vault import new_key
from ingest.topics import TopicPlan
from tests.acceptance.commands import ENVIRONMENT, arguments, wikitally
from tests.distributed import Feed, Workers, clickhouse_of_nobody
from tests.kafka import Kafka
from tests.mediawiki import real_wiki
from tests.mediawiki_feed import Editor, following
from tests.receivers import Receiver, receiving

PATIENCE = 60
PAGE, NEW_NAME = "Marie Curie", "Maria Skłodowska"
TAG = "[[Category:All articles proposed for deletion]]"
SCRIPT: tuple[tuple[str, dict[str, str]], ...] = (
    ("edit", {"title": PAGE, "appendtext": TAG, "summary": "no sources"}),
    ("edit", {"title": PAGE, "text": "She found radium.<ref>x</ref>"}),
    ("delete", {"title": PAGE, "reason": "a test"}),
    ("undelete", {"title": PAGE, "reason": "a mistake"}),
    ("move", {"from": PAGE, "to": f"User:Ada/{PAGE}", "noredirect": "1"}),
    ("move", {"from": f"User:Ada/{PAGE}", "to": NEW_NAME}),
)
EXPECTED = [
    ("proposed", "tagged", PAGE),
    ("proposed", "untagged", PAGE),
    ("deleted", "deleted", PAGE),
    ("deleted", "restored", PAGE),
    ("moved_out", "open", f"User:Ada/{PAGE}"),
    ("moved_out", "closed", NEW_NAME),
]
KINDS = ("proposed", "deleted", "moved_out")

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning"),
    pytest.mark.timeout(420),
]


@pytest.fixture
def clickhouse_url(tmp_path: Path) -> Iterator[str]:
    with clickhouse_of_nobody(tmp_path / "server", "alerts") as url:
        yield url


@pytest.fixture
def feed(kafka: Kafka, topics: TopicPlan) -> Iterator[Feed]:
    one = Feed(kafka, topics)
    yield one
    one.close()


@asynccontextmanager
async def replica(log: Path, environment: dict[str, Any]) -> AsyncIterator[str]:
    """`wikitally serve`, and its address."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            arguments("serve", "--port", 0),
            stderr=file,
            stdout=file,
            env={**ENVIRONMENT, "WIKITALLY_LOG_FORMAT": "json", **environment},
        )
    try:
        async with asyncio.timeout(PATIENCE):
            while not (lines := [line for line in log.read_text().splitlines() if '"event": "serving"' in line]):
                await asyncio.sleep(0.1)
        yield json.loads(lines[-1])["url"]
    finally:
        process.kill()
        process.wait()


async def follow(url: str, heard: list[tuple[str, str, str]]) -> None:
    """Keep every alert that the board's stream tells of."""
    live = f"{url}/api/v1/programs/women/live"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        status = 404
        while status != 200:
            # A program is shown once a worker has taken it up.
            await asyncio.sleep(0.1)
            async with session.get(live) as answer:
                status = answer.status
                name = ""
                while status == 200 and (line := await answer.content.readline()):
                    if line.startswith(b"event:"):
                        name = line[6:].strip().decode()
                    elif line.startswith(b"data:") and name == "alert":
                        alert = json.loads(line[5:])
                        if alert["kind"] in KINDS:
                            heard.append((alert["kind"], alert["state"], alert["title"]))


async def until(condition: Callable[[], bool], what: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"it does not come: {what()}") from None


async def test_tag_untag_delete_restore_and_move_arrive_once_in_order(
    kafka: Kafka, topics: TopicPlan, feed: Feed, clickhouse_url: str, tmp_path: Path
) -> None:
    environment: dict[str, Any] = {
        "WIKITALLY_CLICKHOUSE_URL": clickhouse_url,
        "WIKITALLY_SECRET_KEY": new_key(),
        "WIKITALLY_WEBHOOK_ALLOW": "127.0.0.1",
    }
    at = datetime.now(UTC)
    program = tmp_path / "women.yaml"
    program.write_text(
        f"slug: women\nstart: {at - timedelta(hours=12):%Y-%m-%dT%H:%M}Z\n"
        f"end: {at + timedelta(hours=12):%Y-%m-%dT%H:%M}Z\nwiki: enwiki\nparticipants: [Ada]\n"
    )
    await asyncio.to_thread(wikitally, "programs", "apply", program, **environment)
    workers = Workers(kafka, topics, clickhouse_url, tmp_path)
    wikis = tmp_path / "wiki"
    wikis.mkdir()
    heard: list[tuple[str, str, str]] = []
    try:
        async with receiving() as receiver, replica(tmp_path / "serve.log", environment) as url:
            secret = await subscribe(receiver, environment)
            workers.start(**environment)
            following_board = asyncio.create_task(follow(url, heard))
            with real_wiki(wikis) as wiki, following(wiki) as changes:
                ada = await asyncio.to_thread(Editor, wiki.api, "Ada")
                zoe = await asyncio.to_thread(Editor, wiki.api, "Zoe")
                await asyncio.to_thread(ada.do, "edit", title=PAGE, text="She found radium.", createonly="1")
                feed.send(await asyncio.to_thread(changes.take))
                for number, (action, fields) in enumerate(SCRIPT, start=1):
                    await asyncio.to_thread(zoe.do, action, **fields)
                    feed.send(await asyncio.to_thread(changes.take))
                    await until(lambda: len(receiver.requests) >= number, workers.tails)  # noqa: B023
                    await until(lambda: len(heard) >= number, lambda: heard)  # noqa: B023
            await asyncio.sleep(1)
            following_board.cancel()
            messages = [Webhook(secret).verify(one.body, one.headers) for one in receiver.requests]
    finally:
        workers.close()
    told = [(one["data"]["kind"], one["data"]["state"], one["data"]["title"]) for one in messages]
    assert told == EXPECTED
    assert heard == EXPECTED
    assert len({one.headers["webhook-id"] for one in receiver.requests}) == len(EXPECTED)


async def subscribe(receiver: Receiver, environment: dict[str, Any]) -> str:
    """Have a receiver told of what happens to pages; its secret."""
    kinds = [word for kind in KINDS for word in ("--kind", kind)]
    given = ("webhooks", "add", receiver.url("/"), "--program", "women", *kinds, "--json")
    said = await asyncio.to_thread(wikitally, *given, **environment)
    return str(json.loads(said)["secret"])
