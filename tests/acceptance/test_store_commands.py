"""Moving, backing up and restoring a whole store by commands, whatever happens meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.clickhouse import ClickHouseStore
from storage.embedded import Address, EmbeddedServer, attach
from storage.target import Target
from tests.acceptance.commands import ENVIRONMENT, arguments, wikitally
from tests.acceptance.test_oracle import FOLDER, PROGRAM, WIKIS

RECORDING = FOLDER / "recentchange.ndjson"
EVENTS = 1125
STREAM = "recentchange"
PATIENCE = 120.0
COUNTED = "SELECT count() FROM facts FINAL WHERE offset <= (SELECT max(offset) FROM checkpoints)"
HELD = "SELECT count(), sum(cityHash64(event_id, user, title, rev_id, occurred_at)) FROM facts FINAL"
ROWS, DAYS = 300_000, 30


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the oracle: everybody on each wiki."""
    file = tmp_path_factory.mktemp("programs") / "programs.yaml"
    file.write_text("---\n".join(PROGRAM.format(dbname=name, wiki=wiki) for name, wiki in WIKIS.items()))
    return file


def numbers(data: Path) -> list[list[tuple[Any, ...]]]:
    """What is counted, edit by edit and in sums; `test_oracle` holds what a replay counts against MediaWiki's own."""
    with EmbeddedServer(data) as server, closing(ClickHouseStore(Target.parse(server.start().url))) as store:
        tables = ("contributions", "standings")
        return [
            store.connections.statement(f"SELECT * EXCEPT (version) FROM {table} FINAL ORDER BY ALL")[0]
            for table in tables
        ]


@contextmanager
def rehearsed(speed: float) -> Iterator[str]:
    """The recording as a live stream; its address."""
    process = subprocess.Popen(
        arguments("rehearse", RECORDING, "--port", 0, "--no-rebase", "--speed", speed),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT | {"PYTHONUNBUFFERED": "1"},
        text=True,
    )
    assert process.stdout is not None
    try:
        found = re.search(r"http://[^/]+", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def running(data: Path, programs: Path, stream: str) -> Iterator[None]:
    """`wikitally run`, until it is killed at the end of the block; what it says is beside the store."""
    log = data.with_suffix(".log").open("ab")
    process = subprocess.Popen(
        arguments(
            "run", "--programs", programs, "--data", data, "--port", 0, "--stream", stream,
            "--since", "2026-11-23T00:00Z",
        ),
        stderr=log,
        env=ENVIRONMENT | {
            "WIKITALLY_STREAMS": STREAM, "WIKITALLY_BATCH_EVENTS": "20", "WIKITALLY_OVERLAP_SECONDS": "1",
        },
    )  # fmt: skip
    try:
        yield
        assert process.poll() is None, f"run ended by itself: see {log.name}"
    finally:
        process.kill()
        process.wait()
        log.close()


def facts(data: Path) -> int:
    """How many of them a store that somebody runs on has counted."""
    address = attach(data)
    if address is None:
        return 0
    with closing(ClickHouseStore(Target.parse(address.url))) as store:
        return int(store.connections.statement(COUNTED)[0][0][0])


def wait_for_facts(data: Path, number: int) -> int:
    ends = time.monotonic() + PATIENCE
    while (count := facts(data)) < number:
        assert time.monotonic() < ends, f"{count} facts of {number}: see {data.with_suffix('.log')}"
        time.sleep(0.1)
    return count


def test_a_store_that_was_lost_is_restored_and_counts_on_to_the_same_numbers(programs: Path, tmp_path: Path) -> None:
    """Backed up while it runs, the second time on top of the first; lost twice."""
    data = tmp_path / "store"
    with rehearsed(speed=8) as stream:
        base: list[object] = []
        for number in (1, 2):
            with running(data, programs, stream):
                before = wait_for_facts(data, number * 200)
                backup = tmp_path / f"backup-{number}"
                assert "all until" in wikitally("backup", backup, *base, "--data", data)
                assert before < EVENTS, "it had read everything already"
            shutil.rmtree(data)
            said = wikitally("restore", backup, "--data", data)
            assert "`wikitally run` reads on from there" in said
            assert "`wikitally forget` of whoever was forgotten" in said
            base = ["--base", backup]
        with running(data, programs, stream):
            wait_for_facts(data, EVENTS)
        wikitally("replay", RECORDING, "--programs", programs, "--data", tmp_path / "replayed")
    assert numbers(data) == numbers(tmp_path / "replayed")


def test_a_copy_that_is_killed_is_repeated_to_equality(programs: Path, tmp_path: Path, clickhouse: Address) -> None:
    data = tmp_path / "store"
    wikitally("replay", RECORDING, "--programs", programs, "--data", data)
    with EmbeddedServer(data) as server, closing(ClickHouseStore(Target.parse(server.start().url))) as store:
        store.migrate()
        store.connections.command(
            "INSERT INTO facts (event_id, kind, wiki, user, title, rev_id, occurred_at) "
            "SELECT toString(number), 'edit', 'en.wikipedia.org', concat('User ', toString(number % 99)), 'A', number, "
            f"toDateTime('2026-10-01 00:00:00', 'UTC') + number % ({DAYS} * 86400) FROM numbers({ROWS})"
        )
        expected = store.connections.statement(HELD)
    target = replace(Target.parse(clickhouse.url), database="killed")
    url = clickhouse.url.replace("/wikitally", "/killed")
    with closing(ClickHouseStore(target)) as copied:
        for seconds in (0.1, 0.8):
            kill_in_the_middle(seconds, "copy", "--to", url, "--data", data)
            rows = copied.connections.statement("SELECT count() FROM facts FINAL")[0]
            assert rows[0][0] < ROWS, "it was done already"
        said = wikitally("copy", "--to", url, "--data", data)
        assert "Equal: " in said
        assert copied.connections.statement(HELD) == expected
        assert "Equal: " in wikitally("copy", "--data", data, WIKITALLY_COPY_TO=url)

        back = tmp_path / "back"
        assert "Equal: " in wikitally("copy", "--from", url, "--data", back)
        copied.connections.command("DROP DATABASE killed SYNC")
        copied.connections.command("DROP DATABASE killed_analytics SYNC")
    assert numbers(back) == numbers(data)


def kill_in_the_middle(seconds: float, *given: object) -> None:
    """SIGKILL the copy so long after it began with the facts."""
    process = subprocess.Popen(arguments(*given), stderr=subprocess.PIPE, env=ENVIRONMENT, text=True)
    assert process.stderr is not None
    lines = iter(process.stderr.readline, "")
    assert any(line.startswith("copying facts") for line in lines)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stderr.close()


def test_a_copy_of_a_running_store_says_that_it_is_not_equal_yet_or_is_equal(
    programs: Path, tmp_path: Path, clickhouse: Address
) -> None:
    data, url = tmp_path / "store", clickhouse.url.replace("/wikitally", "/live")
    with rehearsed(speed=20) as stream, running(data, programs, stream):
        wait_for_facts(data, 100)
        subprocess.run(
            arguments("copy", "--to", url, "--data", data),
            env=ENVIRONMENT,
            capture_output=True,
            check=False,
            timeout=120,
        )
        wait_for_facts(data, EVENTS)
    assert "Equal: " in wikitally("copy", "--to", url, "--data", data)
    with closing(ClickHouseStore(replace(Target.parse(clickhouse.url), database="live"))) as copied:
        copied.connections.command("DROP DATABASE live SYNC")
        copied.connections.command("DROP DATABASE live_analytics SYNC")


def test_what_cannot_be_is_said_in_a_line(tmp_path: Path, clickhouse: Address) -> None:
    store = tmp_path / "store"
    stranger = replace(clickhouse, writer_password="wrong").url.replace("/wikitally", "/other")
    message = wikitally("copy", "--from", stranger, "--data", store, code=2)
    assert re.fullmatch(r"wikitally: ClickHouse: writer: Authentication failed.*\n", message)
    assert wikitally("copy", "--data", store, code=2).splitlines() == [
        "wikitally: say where to: --to URL, or --from URL and --data DIR"
    ]
    message = wikitally("copy", "--to", "http://localhost", "--data", store, code=2)
    assert message.startswith("wikitally: --to: want clickhouse://user:password@host:9000/database")
    assert "no store there yet" in wikitally("backup", tmp_path / "backup", "--data", store, code=2)
    assert "no backup of wikitally" in wikitally("restore", tmp_path / "backup", "--data", store, code=2)
    both = wikitally("backup", "x", "--disk", "a", "--s3", "b", "--data", store, code=2)
    assert both.strip() == "wikitally: --disk or --s3, one of the two"
    assert not store.exists()
