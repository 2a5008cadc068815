"""Recorded files, however they were kept."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from ingest.recorded import Recorded, event_time, read_events
from processors.errors import InvalidInput
from tests.recorders import EVENTSTREAMS


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "recording"
    path.write_bytes(data)
    return path


def texts(path: Path) -> list[bytes]:
    return [event.data for event in read_events(path)]


def test_newline_delimited_json_is_one_event_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, b'\n{"a":1}\r\n\n  {"b":2}  \nbroken\n{"c":3}')
    assert texts(path) == [b'{"a":1}', b'{"b":2}', b"broken", b'{"c":3}']
    assert next(event.source for event in read_events(path)) == f"{path}:2"


def test_server_sent_events_are_read_as_a_client_would(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        b':ok\n\nevent: message\nid: [1]\ndata: {"a":1}\n\n: ping\n\n'
        b'data:{"b":\r\nid: [2]\r\ndata:2}\r\n\r\nevent: x\ndata: {"cut',
    )
    assert texts(path) == [b'{"a":1}', b'{"b":\n2}']


@pytest.mark.parametrize("name", ["recentchange/rc_2026_transcribed.ndjson", "sse/recentchange_2022-12-11_3events.sse"])
def test_gzip_is_seen_by_content(tmp_path: Path, name: str) -> None:
    plain = EVENTSTREAMS / name
    assert texts(written(tmp_path, gzip.compress(plain.read_bytes()))) == texts(plain) != []
    assert all(orjson.loads(text) for text in texts(plain))


@pytest.mark.parametrize("data", [b"", b"\n\n", b":ok\n\n"])
def test_a_file_without_events_has_none(tmp_path: Path, data: bytes) -> None:
    assert texts(written(tmp_path, data)) == []


def test_a_damaged_gzip_is_named_after_its_good_part(tmp_path: Path) -> None:
    good = gzip.compress(b'{"a":1}\n' * 10_000)
    path = written(tmp_path, good[:-20])
    with pytest.raises(InvalidInput, match="recording: cannot be read"):
        texts(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="gone"):
        Recorded([tmp_path / "gone"])
    with pytest.raises(InvalidInput, match="gone"):
        texts(tmp_path / "gone")


@pytest.mark.parametrize(
    ("data", "seconds"),
    [
        (b'{"meta":{"dt":"1970-01-01T00:00:07Z"},"timestamp":3}', 7.0),
        (b'{"meta":{"dt":"1970-01-01T00:00:07.250Z"}}', 7.25),
        (b'{"meta":{"dt":"1970-01-01T00:00:07"}}', 7.0),
        (b'{"meta":{},"timestamp":3}', 3.0),
        (b"{}", None),
        (b"[]", None),
        (b"broken", None),
        (b'{"meta":{"dt":"soon"}}', None),
    ],
)
def test_the_time_of_an_event(data: bytes, seconds: float | None) -> None:
    assert event_time(data) == seconds


def event(seconds: float) -> bytes:
    return orjson.dumps({"timestamp": seconds})


async def test_a_finite_speed_waits_by_the_events_own_times(tmp_path: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    path = written(tmp_path, b"\n".join(event(at) for at in (10, 10, 14, 13, 15)))
    batches = [len(batch) async for batch in Recorded([path], speed=2, sleep=sleep).events(None)]
    assert waits == [2.0, 0.5]
    assert batches == [2, 2, 1]


async def test_batches_are_cut_at_their_size_and_files_follow_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"\n".join(event(at) for at in range(5)))
    second.write_bytes(event(9))
    batches = [len(batch) async for batch in Recorded([first, second], batch_events=2).events(None)]
    assert batches == [2, 2, 2]
