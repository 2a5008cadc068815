"""Categories listed by a real MediaWiki; from a scripted one, the faults that a real one does not have on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from ingest.mediawiki import ATTEMPTS, MOST_ANSWER_BYTES, MediaWiki, TreeTooLarge
from processors.errors import SourceUnavailable
from processors.judging.contributions import CategoryRef
from processors.metrics import MEDIAWIKI_FAILURES, MEDIAWIKI_REQUESTS
from tests.integration.test_eventstreams_faults import Script, Server, answers, breaks, hangs, scripted
from tests.mediawiki import RealWiki, real_wiki
from tests.recorders import RecordedMetrics

WIKI = "en.wikipedia.org"
NOW = datetime(2026, 11, 8, 14, tzinfo=UTC)
MANY = {f"Scientist {number}": "[[Category:Many]]" for number in range(14)}
PAGES = MANY | {
    "Marie Curie": "[[Category:Women scientists]]",
    "Talk:Lise Meitner": "[[Category:Women scientists]]",
    "Category:Women chemists": "[[Category:Women scientists]]",
    "Category:Women biochemists": "[[Category:Women chemists]]",
    "Category:Women scientists": "[[Category:Women biochemists]] a circle",
    "Dorothy Hodgkin": "[[Category:Women chemists]] [[Category:Women biochemists]]",
}


@pytest.fixture(scope="module")
def wiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealWiki]:
    with real_wiki(tmp_path_factory.mktemp("wiki")) as running:
        running.import_pages(PAGES)
        yield running


Titles = dict[str, list[str]]


@asynccontextmanager
async def client(address: str, metrics: RecordedMetrics | None = None, **more: Any) -> AsyncIterator[MediaWiki]:
    settings: dict[str, Any] = {"first_wait": 0.01, "longest_wait": 3.0} | more
    async with MediaWiki(
        address, user_agent="wikitally (test)", metrics=metrics or RecordedMetrics(), clock=lambda: NOW, **settings
    ) as opened:
        yield opened


async def listed(
    address: str, category: str, depth: int = 0, limit: int = 1000, into: Titles | None = None, **more: Any
) -> Titles:
    """Titles by category; `into` has them even if it fails."""
    found = {} if into is None else into
    async with client(address, **more) as asked:
        async for some in asked.tree(CategoryRef(WIKI, f"Category:{category}"), depth, limit):
            assert some.at == NOW
            found.setdefault(some.category.category, []).extend(one.title for one in some.members)
    return found


async def test_a_category_is_listed_with_talk_pages_and_subcategories_as_they_are(wiki: RealWiki) -> None:
    assert await listed(wiki.api, "Women scientists") == {
        "Category:Women scientists": ["Talk:Lise Meitner", "Marie Curie", "Category:Women chemists"]
    }


async def test_a_long_category_is_read_to_its_end(wiki: RealWiki) -> None:
    metrics = RecordedMetrics()
    found = await listed(wiki.api, "Many", metrics=metrics)
    assert sorted(found["Category:Many"]) == sorted(MANY)
    assert metrics.total(MEDIAWIKI_REQUESTS) > 1, "this wiki gives few at once"


@pytest.mark.parametrize("depth", [0, 1, 2, 9])
async def test_subcategories_are_listed_down_to_the_depth_and_a_circle_ends(wiki: RealWiki, depth: int) -> None:
    found = await listed(wiki.api, "Women scientists", depth)
    assert (
        list(found)
        == ["Category:Women scientists", "Category:Women chemists", "Category:Women biochemists"][: depth + 1]
    )
    if depth > 1:
        assert found["Category:Women biochemists"] == ["Dorothy Hodgkin", "Category:Women scientists"]


async def test_a_tree_that_is_too_large_is_listed_up_to_the_limit(wiki: RealWiki) -> None:
    assert len((await listed(wiki.api, "Many", limit=len(MANY)))["Category:Many"]) == len(MANY)
    found: Titles = {}
    with pytest.raises(TreeTooLarge):
        await listed(wiki.api, "Many", limit=len(MANY) - 1, into=found)
    assert len(found["Category:Many"]) == len(MANY) - 1


async def test_a_category_that_is_not_there_is_empty(wiki: RealWiki) -> None:
    assert await listed(wiki.api, "No such") == {"Category:No such": []}


async def test_what_the_api_refuses_is_told_in_its_words(wiki: RealWiki) -> None:
    metrics = RecordedMetrics()
    with pytest.raises(SourceUnavailable, match=r"en.wikipedia.org: Bad title .* \(invalidtitle\)"):
        await listed(wiki.api, "[", metrics=metrics)
    assert metrics.total(MEDIAWIKI_REQUESTS) == 1, "asking again helps nobody"


def answer(*titles: str, following: str = "", **more: Any) -> Script:
    members = [{"ns": 0, "title": title} for title in titles]
    value: dict[str, Any] = {"query": {"categorymembers": members}} | more
    if following:
        value["continue"] = {"cmcontinue": following, "continue": "-||"}
    return answers("200 OK", "Content-Type: application/json", body=orjson.dumps(value))


def failing(code: str, *headers: str) -> Script:
    body = orjson.dumps({"error": {"code": code, "info": "Waiting for db1234: 7 seconds lagged"}})
    return answers("200 OK", "Content-Type: application/json", *headers, body=body)


def asked(server: Server) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(request["path"]).query) for request in server.requests]


async def test_a_question_says_who_asks_and_what_is_wanted() -> None:
    async with scripted(answer("A", following="page|41|2"), answer("B")) as server:
        found = await listed(f"{server.url}/{{wiki}}/w/api.php", "X")
    assert found == {"Category:X": ["A", "B"]}
    assert [request["user-agent"] for request in server.requests] == ["wikitally (test)"] * 2
    assert server.requests[0]["path"].startswith("/en.wikipedia.org/w/api.php?")
    first, second = asked(server)
    assert first == {
        "action": ["query"], "format": ["json"], "formatversion": ["2"], "maxlag": ["5"], "list": ["categorymembers"],
        "cmtitle": ["Category:X"], "cmprop": ["title"], "cmtype": ["page|subcat|file"], "cmlimit": ["max"],
    }  # fmt: skip
    assert second == first | {"cmcontinue": ["page|41|2"], "continue": ["-||"]}


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (answers("429 Too Many Requests", "Retry-After: 1"), "http_429"),
        (answers("503 Service Unavailable", "Retry-After: 1"), "http_503"),
        (failing("maxlag", "Retry-After: 1"), "maxlag"),
        (failing("ratelimited", "Retry-After: 1"), "ratelimited"),
    ],
)
async def test_a_busy_wiki_is_asked_again_when_it_says(trouble: Script, reason: str) -> None:
    metrics = RecordedMetrics()
    loop = asyncio.get_running_loop()
    async with scripted(trouble, answer("A")) as server:
        began = loop.time()
        assert await listed(server.url, "X", metrics=metrics) == {"Category:X": ["A"]}
    assert 1.0 <= loop.time() - began < 3.0
    assert metrics.counts[MEDIAWIKI_FAILURES.name, reason] == 1


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (answers("502 Bad Gateway"), "http_502"),
        (answers("200 OK", body=b'{"query": {"categorymem'), "garbled"),
        (answers("200 OK", body=b"<html>an error page</html>"), "garbled"),
        (answers("200 OK", body=b'{"batchcomplete": true}'), "garbled"),
        (answers("200 OK", body=b'{"query": {"categorymembers": [{"title": 7}]}}'), "garbled"),
        (breaks(), "unreachable"),
        (answers("200 OK", "Content-Length: 999", body=b"half"), "unreachable"),
        (hangs(), "timeout"),
    ],
)
async def test_what_went_wrong_is_tried_again_and_given_up_in_the_end(trouble: Script, reason: str) -> None:
    metrics = RecordedMetrics()
    async with scripted(trouble, trouble, answer("A")) as server:
        assert await listed(server.url, "X", metrics=metrics, answer_seconds=0.3) == {"Category:X": ["A"]}
    assert metrics.counts[MEDIAWIKI_FAILURES.name, reason] == 2
    async with scripted(trouble) as server:
        with pytest.raises(SourceUnavailable) as raised:
            await listed(server.url, "X", answer_seconds=0.3)
    assert raised.value.reason == reason
    assert len(server.requests) == ATTEMPTS


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (answers("301 Moved Permanently", "Location: https://elsewhere.example/w/api.php"), "redirect"),
        (answers("403 Forbidden"), "http_403"),
        (answers("404 Not Found"), "http_404"),
        (answers("429 Too Many Requests", "Retry-After: 3600"), "http_429"),
        (answers("200 OK", body=b" " * (MOST_ANSWER_BYTES + 1)), "too_long"),
        (failing("invalidcategory"), "api_error"),
    ],
)
async def test_what_will_not_get_better_is_not_tried_again(trouble: Script, reason: str) -> None:
    metrics = RecordedMetrics()
    async with scripted(trouble) as server:
        with pytest.raises(SourceUnavailable, match=WIKI) as raised:
            await listed(server.url, "X", metrics=metrics)
    assert raised.value.reason == reason
    assert len(server.requests) == 1
    assert metrics.counts[MEDIAWIKI_FAILURES.name, reason] == 1


async def test_a_redirect_is_named_and_not_followed() -> None:
    async with scripted(answer("A")) as other:
        there = answers("302 Found", f"Location: {other.url}/w/api.php")
        async with scripted(there) as server:
            with pytest.raises(SourceUnavailable, match=other.url):
                await listed(server.url, "X")
    assert other.requests == []


async def test_a_list_that_never_ends_is_left() -> None:
    async with scripted(answer("A", following="again")) as server:
        with pytest.raises(SourceUnavailable, match="goes on from where"):
            await listed(server.url, "X")
    assert len(server.requests) == 2


async def test_a_wiki_that_is_not_there_is_told() -> None:
    async with scripted(answer()) as server:
        url = server.url
    with pytest.raises(SourceUnavailable) as raised:
        await listed(url, "X")
    assert raised.value.reason == "unreachable"


def test_the_wiki_is_a_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is missing, CI fails and others are told how to get it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install"), real_wiki(tmp_path):
        pass
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="MediaWiki is missing"), real_wiki(tmp_path):
        pass
