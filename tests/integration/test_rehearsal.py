"""Our own EventStreams: times, speed, canaries, closes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from ingest.rehearsal import Rehearsal
from ingest.streams import PUBLIC_STREAMS
from processors.errors import InvalidInput
from tests.recorders import EVENTSTREAMS

RECORDED_AT = datetime(2023, 7, 29, 7, 51, 39, tzinfo=UTC)


def recording(tmp_path: Path, *seconds: float, lag: float = 1.0, name: str = "recording") -> Path:
    """Events that happened at these seconds, and were produced `lag` seconds later."""
    path = tmp_path / name
    lines = []
    for number, second in enumerate(seconds):
        happened = RECORDED_AT + timedelta(seconds=second)
        produced = happened + timedelta(seconds=lag)
        meta = {"dt": produced.isoformat(), "domain": "x"}
        lines.append(orjson.dumps({"meta": meta, "timestamp": int(happened.timestamp()), "id": number}))
    path.write_bytes(b"\n".join(lines))
    return path


async def collect(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """Everything that it has published, without canaries."""
    await asyncio.wait_for(rehearsal.finished.wait(), 20)
    events = [orjson.loads(message.data) for message in rehearsal._log]
    return [event for event in events if event["meta"]["domain"] != "canary"]


async def test_rebased_times_are_now_and_keep_their_distances(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    async with Rehearsal([recording(tmp_path, 0, 10, 40)], speed=100) as rehearsal:
        events = await collect(rehearsal)
    produced = [datetime.fromisoformat(event["meta"]["dt"]) for event in events]
    assert before - timedelta(seconds=1) <= produced[0] <= datetime.now(UTC)
    assert [round((at - produced[0]).total_seconds(), 2) for at in produced] == [0, 0.1, 0.4]
    assert all(0 <= at.timestamp() - event["timestamp"] < 1.1 for at, event in zip(produced, events, strict=True))


async def test_without_rebasing_the_times_stay(tmp_path: Path) -> None:
    async with Rehearsal([recording(tmp_path, 0, 10)], speed=float("inf"), rebase=False) as rehearsal:
        events = await collect(rehearsal)
        assert rehearsal.start == RECORDED_AT + timedelta(seconds=1)
    assert [event["timestamp"] for event in events] == [int(RECORDED_AT.timestamp()), int(RECORDED_AT.timestamp()) + 10]


async def test_files_are_played_together_each_from_its_own_beginning(tmp_path: Path) -> None:
    files = [recording(tmp_path, 0, 20, name="a"), recording(tmp_path, 86_400, 86_410, name="b")]
    async with Rehearsal(files, speed=1000) as rehearsal:
        events = await collect(rehearsal)
        assert (rehearsal.total, rehearsal.published) == (4, 4)
    assert [event["id"] for event in events] == [0, 0, 1, 1]
    offsets = [event["meta"]["offset"] for event in events]
    assert offsets == sorted(set(offsets))


async def test_missing_ids_are_made_and_stay_the_same(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        async with Rehearsal([recording(tmp_path, 0, 1)], speed=float("inf"), rebase=False) as rehearsal:
            ids.append([event["meta"]["id"] for event in await collect(rehearsal)])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


async def test_both_data_centres_get_canaries(tmp_path: Path) -> None:
    async with Rehearsal([recording(tmp_path, 0, 2000)], speed=float("inf"), rebase=False) as rehearsal:
        await collect(rehearsal)
        assert set(rehearsal.last_offsets) == {
            ("eqiad.mediawiki.recentchange", 0),
            ("codfw.mediawiki.recentchange", 0),
        }


async def test_connections_are_cut_after_their_time() -> None:
    file = EVENTSTREAMS / "recentchange" / "rc_2023-07-29_enwiki_edits_100.ndjson"
    async with (
        Rehearsal([file], speed=float("inf"), rebase=False, close_after=0.2) as rehearsal,
        aiohttp.ClientSession() as session,
        session.get(f"{rehearsal.url}/v2/stream/mediawiki.recentchange?since=1") as answer,
    ):
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(answer.content.read(), 20)


async def read_once(rehearsal: Rehearsal, streams: str) -> tuple[int, set[str]]:
    """The status of a request from the beginning on, and the topics of what it brought until it was cut."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{rehearsal.url}/v2/stream/{streams}?since=1") as answer,
    ):
        body = b""
        try:
            async for chunk in answer.content.iter_any():
                body += chunk
        except aiohttp.ClientPayloadError:
            pass
    data = (line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith(b"data: "))
    return answer.status, {orjson.loads(line)["meta"]["topic"] for line in data}


async def test_every_public_stream_can_be_asked_for_and_is_silent_unless_recorded(tmp_path: Path) -> None:
    file = recording(tmp_path, 0, 2000)
    async with Rehearsal([file], speed=float("inf"), rebase=False, close_after=0.3) as rehearsal:
        await rehearsal.finished.wait()
        recorded = {"eqiad.mediawiki.recentchange", "codfw.mediawiki.recentchange"}
        assert await read_once(rehearsal, ",".join(PUBLIC_STREAMS)) == (200, recorded)
        assert await read_once(rehearsal, "recentchange,page-move,mediawiki.revision-tags-change") == (200, recorded)
        assert await read_once(rehearsal, "mediawiki.page_change.v1") == (200, set())


async def test_a_silent_stream_stays_so_though_somebody_waits_for_it(tmp_path: Path) -> None:
    async with Rehearsal([recording(tmp_path, 0, 2000)], speed=1000, close_after=2.5) as rehearsal:
        assert await read_once(rehearsal, "mediawiki.page_change.v1") == (200, set())
        assert rehearsal.finished.is_set()


@pytest.mark.parametrize("name", ["page_change.v1", "revision-tags-change", "mediawiki.user-blocks-change", "nothing"])
async def test_a_stream_that_wikimedia_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    async with Rehearsal([recording(tmp_path, 0)], speed=float("inf"), rebase=False) as rehearsal:
        assert await read_once(rehearsal, f"recentchange,{name}") == (400, set())


async def test_what_cannot_be_placed_in_time_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_bytes(b'{"timestamp": 1}\nbroken\n')
    with pytest.raises(InvalidInput, match="broken:2"):
        async with Rehearsal([path]):
            pass


async def test_nothing_to_play_and_a_taken_port_are_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    with pytest.raises(InvalidInput, match="no events"):
        async with Rehearsal([empty]):
            pass
    async with Rehearsal([recording(tmp_path, 0)]) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(InvalidInput, match=str(port)):
            async with Rehearsal([recording(tmp_path, 0)], port=port):
                pass


def test_an_infinite_speed_cannot_be_now(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="finite speed"):
        Rehearsal([recording(tmp_path, 0)], speed=float("inf"), rebase=True)
