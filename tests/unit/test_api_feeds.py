"""Alerts for feed readers: valid Atom and RSS, the same bytes for the same alerts, and private ones to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.auth import Access, Refusal
from api.feed_render import BEGINNING, MOST_ENTRIES, Channel, FeedFormat, write_feed
from api.feed_routes import router
from api.program_bodies import problem
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.ports.alerts import Feed, FeedFilter, ShownAlert
from processors.ports.boards import Freshness
from processors.programs.program import Visibility
from tests.unit.test_alert_chat import HOSTILE

START = datetime(2026, 11, 8, 14, tzinfo=UTC)
BASE = "https://tally.example.org"
CHANNEL = Channel("programs/wir", "Women in Red: alerts", "/programs/wir", "/programs/wir/alerts.atom")
ATOM = "{http://www.w3.org/2005/Atom}"


def alert(number: int = 0, *states: AlertState, title: str = "Marie Curie", **more: Any) -> ShownAlert:
    steps = tuple(
        Step(
            state, START + timedelta(minutes=10 * number + place), f"event-{number}-{place}", "Ada", 100 + place, title
        )
        for place, state in enumerate(states or (AlertState.TAGGED,))
    )
    made = Alert("wir", f"{number:032x}", AlertKind.SPEEDY, "en.wikipedia.org", title, ("Ada", "Ben"), steps)
    return ShownAlert(replace(made, **more), "Women in Red")


class MemoryFeeds:
    """What the store would answer."""

    def __init__(self, visibility: Visibility = Visibility.PUBLIC) -> None:
        self.alerts = [alert(1), alert(2, AlertState.TAGGED, AlertState.DELETED)]
        self.visibility = visibility
        self.seen: Collection[Visibility] = (Visibility.PUBLIC, Visibility.UNLISTED)
        self.asked: list[FeedFilter] = []

    def to(self, visibilities: Collection[Visibility]) -> MemoryFeeds:
        self.seen = visibilities
        return self

    async def of_program(self, slug: str, wanted: FeedFilter) -> Feed | None:
        self.asked.append(wanted)
        return self._feed() if slug == "wir" and self.visibility in self.seen else None

    async def of_campaign(self, slug: str, wanted: FeedFilter) -> Feed | None:
        return self._feed() if slug == "autumn" else None

    async def of_page(self, wiki: str, title: str, wanted: FeedFilter) -> Feed:
        raise NotImplementedError

    async def of_user(self, user: str, wanted: FeedFilter) -> Feed:
        raise NotImplementedError

    def _feed(self) -> Feed:
        return Feed("Women in Red", tuple(self.alerts), {}, Freshness(START, 3, 0))


@pytest.fixture
def feeds() -> MemoryFeeds:
    return MemoryFeeds()


@pytest.fixture
async def client(feeds: MemoryFeeds) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(router(feeds, Access(None), BASE))

    @app.exception_handler(Refusal)
    async def refused(request: Any, error: Refusal) -> Any:
        return problem(error)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def read(body: bytes) -> Any:
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


@pytest.mark.parametrize(("format", "version"), [("atom", "atom10"), ("rss", "rss20")])
async def test_a_feed_reader_reads_every_step_the_newest_first(
    client: httpx.AsyncClient, format: str, version: str
) -> None:
    answer = await client.get(f"/programs/wir/alerts.{format}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"application/{format}+xml; charset=utf-8"
    assert answer.headers["wikitally-lag-seconds"] == "3"
    parsed = read(answer.content)
    assert parsed.version == version
    assert parsed.feed.title == "Women in Red: alerts"
    assert [entry.title for entry in parsed.entries] == [
        "Marie Curie: deleted",
        "Marie Curie: tagged for speedy deletion",
        "Marie Curie: tagged for speedy deletion",
    ]
    first = parsed.entries[0]
    assert first.link == "https://en.wikipedia.org/wiki/Marie_Curie"
    assert f'<a href="{BASE}/programs/wir">Women in Red</a>' in first.summary
    assert {tag.term for tag in first.tags} == {"speedy", "deleted"}
    assert first.published_parsed[:5] == (2026, 11, 8, 14, 21)


async def test_atom_has_what_the_specification_requires(client: httpx.AsyncClient) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: id, title, updated; an author; a link to itself; ids differ and are URIs."""
    root = ElementTree.fromstring((await client.get("/programs/wir/alerts.atom")).content)
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(root.findall(f"{ATOM}{name}")) == 1
        for entry in root.iter(f"{ATOM}entry"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "wikitally"
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"alternate": f"{BASE}/programs/wir", "self": f"{BASE}/programs/wir/alerts.atom"}
    ids = [root.findtext(f"{ATOM}id"), *(entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry"))]
    assert len(set(ids)) == len(ids)
    assert all(one and one.startswith("urn:uuid:") for one in ids)


async def test_a_reader_that_has_it_is_told_so_until_something_changes(
    client: httpx.AsyncClient, feeds: MemoryFeeds
) -> None:
    path = "/programs/wir/alerts.atom"
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=60"
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    assert changed == "Sun, 08 Nov 2026 14:21:00 GMT"
    for headers in ({"If-None-Match": tag}, {"If-None-Match": f'"x", W/{tag}'}, {"If-Modified-Since": changed}):
        again = await client.get(path, headers=headers)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for headers in (
        {"If-None-Match": '"x"', "If-Modified-Since": changed},
        {"If-Modified-Since": "Sun, 08 Nov 2026 14:20:59 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert (await client.get(path, headers=headers)).status_code == 200
    feeds.alerts.append(alert(3))
    for headers in ({"If-None-Match": tag}, {"If-Modified-Since": changed}):
        assert (await client.get(path, headers=headers)).status_code == 200


async def test_asking_for_the_head_alone_answers_without_a_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/programs/wir/alerts.rss")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"]


async def test_kinds_can_be_chosen(client: httpx.AsyncClient, feeds: MemoryFeeds) -> None:
    await client.get("/programs/wir/alerts.atom?kind=speedy&kind=goal")
    assert feeds.asked[-1].kinds == {AlertKind.SPEEDY, AlertKind.GOAL}
    assert (await client.get("/programs/wir/alerts.atom?kind=x")).status_code == 422


async def test_a_private_program_has_no_feed_for_whoever_shows_no_token(
    client: httpx.AsyncClient, feeds: MemoryFeeds
) -> None:
    feeds.visibility = Visibility.PRIVATE
    refused = await client.get("/programs/wir/alerts.atom")
    assert (refused.status_code, refused.json()["code"]) == (404, "no_such_program")
    assert b"Marie" not in refused.content


@pytest.mark.parametrize("path", ["/programs/x/alerts.atom", "/campaigns/x/alerts.rss"])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_campaign_has_a_feed_too(client: httpx.AsyncClient) -> None:
    parsed = read((await client.get("/campaigns/autumn/alerts.rss")).content)
    assert len(parsed.entries) == 3
    assert (await client.get("/campaigns/autumn/alerts.json")).status_code == 422


def test_ids_stay_when_the_site_moves_and_when_steps_are_added() -> None:
    before = read(write_feed([alert(1)], CHANNEL, FeedFormat.ATOM, BASE).body)
    moved = write_feed([alert(1, AlertState.TAGGED, AlertState.UNTAGGED)], CHANNEL, FeedFormat.ATOM, "https://new.org")
    after = read(moved.body)
    assert before.entries[0].id == after.entries[1].id
    assert before.feed.id == after.feed.id


@pytest.mark.parametrize("format", FeedFormat)
def test_the_same_alerts_make_the_same_bytes_in_whatever_order(format: FeedFormat) -> None:
    alerts = [alert(1), alert(2, AlertState.TAGGED, AlertState.KEPT), alert(3)]
    assert write_feed(alerts, CHANNEL, format, BASE) == write_feed(alerts[::-1], CHANNEL, format, BASE)


@pytest.mark.parametrize("format", FeedFormat)
def test_a_feed_without_alerts_is_valid_and_stays_as_it_is(format: FeedFormat) -> None:
    empty = write_feed([], CHANNEL, format, "")
    assert empty.changed_at == BEGINNING
    assert write_feed([], CHANNEL, format, "") == empty
    assert read(empty.body).entries == []


def test_what_is_muted_is_left_out() -> None:
    alerts = [alert(1), replace(alert(2), muted=True)]
    assert write_feed(alerts, CHANNEL, FeedFormat.ATOM, BASE) == write_feed(alerts[:1], CHANNEL, FeedFormat.ATOM, BASE)


def test_a_feed_has_a_bounded_number_of_entries() -> None:
    many = [alert(number) for number in range(MOST_ENTRIES + 20)]
    parsed = read(write_feed(many, CHANNEL, FeedFormat.ATOM, BASE).body)
    assert len(parsed.entries) == MOST_ENTRIES
    assert parsed.entries[0].id == read(write_feed([many[-1]], CHANNEL, FeedFormat.ATOM, BASE).body).entries[0].id


@pytest.mark.parametrize("format", FeedFormat)
@given(text=st.one_of(st.sampled_from([one for one in HOSTILE if "\ud800" not in one]), st.text(max_size=100)))
def test_no_title_breaks_a_feed(format: FeedFormat, text: str) -> None:
    shown = replace(alert(1, title=text or "x"), program_title=text)
    body = write_feed([shown], replace(CHANNEL, title=text), format, BASE).body
    ElementTree.fromstring(body)
    (entry,) = read(body).entries
    assert "<script" not in entry.summary
