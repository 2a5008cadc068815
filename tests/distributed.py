"""The distributed mode for tests: workers as real processes over a real Kafka and a real ClickHouse server."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.kafka_log import KafkaLog
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from ingest.tracking import PositionTracker
from processors.facts.messages import encode_checkpoint, encode_fact, encode_gap, read_envelope
from processors.metrics import NoMetrics
from processors.ports.store import Checkpoint, Gap, RawEvent, log_streams
from processors.programs.definitions import parse_programs
from storage.clickhouse import ClickHouseStore
from storage.target import Target
from tests.acceptance.commands import ENVIRONMENT, arguments
from tests.kafka import Kafka
from tests.kafka_processes import Logged
from tests.recorders import EVENTSTREAMS
from tests.servers import Server
from tests.stores import log_of

PATIENCE = 180.0
SESSION_SECONDS = 6
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
STREAM = "recentchange"
PROGRAMS = """\
slug: everyone
title: Everyone everywhere
sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-31T00:00Z"}]
wikis: ["*.wikipedia.org", "commons.wikimedia.org"]
namespaces: all
open: true
exclude: {bots: false}
---
slug: some
title: Those who are enrolled
sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-31T00:00Z"}]
wikis: ["*"]
namespaces: {default: [0, 6]}
participants: [Alice, Bob, Ada, Chén Xiǎomíng]
"""


def recording(copies: int) -> Iterator[bytes]:
    """A real MediaWiki's events, so many times over as of other wikis, each copy a little later."""
    lines = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
    events = [orjson.loads(line) for line in lines]
    for copy in range(copies):
        for number, event in enumerate(events):
            yield _elsewhere(event, copy, copy * len(events) + number)


def _elsewhere(event: Mapping[str, Any], copy: int, offset: int) -> bytes:
    later = timedelta(seconds=200 * copy)
    meta = dict(event["meta"])
    meta["dt"] = (datetime.fromisoformat(meta["dt"]) + later).isoformat()
    meta["domain"] = f"c{copy}.{meta['domain']}"
    meta["id"] = str(UUID(hashlib.md5(f"{copy}/{event['meta']['id']}".encode(), usedforsecurity=False).hexdigest()))
    meta |= {"topic": "eqiad.mediawiki.recentchange", "partition": 0, "offset": offset}
    moved: dict[str, Any] = {**event, "meta": meta, "server_name": f"c{copy}.{event['server_name']}"}
    moved["timestamp"] = event["timestamp"] + int(later.total_seconds())
    return orjson.dumps(moved)


def rename(old: str, new: str) -> bytes:
    """As meta logs it when somebody is renamed everywhere."""
    meta = {
        "id": str(UUID(hashlib.md5(f"{old}/{new}".encode(), usedforsecurity=False).hexdigest())),
        "domain": "meta.wikimedia.org",
        "stream": "mediawiki.recentchange",
        "dt": "2026-11-24T12:00:00.000Z",
        "topic": "eqiad.mediawiki.recentchange",
        "partition": 0,
        "offset": 10_000_000 + len(old),
    }
    event = {
        "$schema": "/mediawiki/recentchange/1.0.0", "meta": meta, "type": "log", "namespace": -1,
        "title": "Special:CentralAuth/" + new, "comment": "", "timestamp": 1795521600, "user": "Steward", "bot": False,
        "log_id": 7, "log_type": "gblrename", "log_action": "rename",
        "log_params": {"olduser": old, "newuser": new}, "log_action_comment": "", "server_url": "https://meta.wikimedia.org",
        "server_name": "meta.wikimedia.org", "server_script_path": "/w", "wiki": "metawiki",
    }  # fmt: skip
    return orjson.dumps(event)


def embedded_run(store: ClickHouseStore, events: Iterable[bytes]) -> None:
    """The same facts in the one-command mode."""
    worker = Worker(
        store, log_of(store), PositionTracker(STREAM, None), metrics=NoMetrics(), clock=lambda: datetime.now(UTC)
    )
    worker.load()
    batch: list[RawEvent] = []
    for event in events:
        batch.append(RawEvent(event))
        if len(batch) == 5000:
            worker.commit(worker.read(batch))
            batch.clear()
    worker.commit(worker.read(batch))
    worker.catch_up()


@contextmanager
def clickhouse_of_nobody(directory: Path, database: str) -> Iterator[str]:
    """An empty database on a ClickHouse that no worker owns."""
    server = Server(directory)
    server.start()
    try:
        yield server.new_database(database)
    finally:
        server.kill()


def opened(url: str) -> ClickHouseStore:
    """The store there, with the programs of these tests."""
    store = ClickHouseStore(Target.parse(url))
    store.migrate()
    apply_programs(log_of(store), parse_programs(PROGRAMS, source="tests"))
    return store


TABLES = {
    "facts": "SELECT * EXCEPT (received_at) FROM facts FINAL",
    "facts without positions": "SELECT * EXCEPT (received_at, topic, partition, offset) FROM facts FINAL",
    "contributions": "SELECT * EXCEPT (version, gone) FROM contributions FINAL",
    "ledger": "SELECT * FROM books_at(program = {program}, as_of = 18446744073709551615)",
    "standings": "SELECT * EXCEPT (version) FROM standings FINAL WHERE edits + uploads > 0",
    "programs": "SELECT slug, version, status, definition FROM programs FINAL",
    "dead_letters": "SELECT digest, reason FROM dead_letters FINAL",
    "registrations": "SELECT * FROM registrations FINAL",
    "activity_minutes": "SELECT minute, wiki, namespace, kind, bot, length(seen) FROM activity_minutes FINAL",
}


def tables(store: ClickHouseStore) -> dict[str, str]:
    """By table (the ledger by program): a fingerprint of what is in it, whoever wrote it and when."""
    asked = {name: sql for name, sql in TABLES.items() if name != "ledger"}
    asked |= {f"ledger of {slug}": TABLES["ledger"].replace("{program}", f"'{slug}'") for slug in ("everyone", "some")}
    return {name: _fingerprint(store, sql) for name, sql in asked.items()}


def _fingerprint(store: ClickHouseStore, sql: str) -> str:
    rows, _ = store.connections.statement(
        f"SELECT count(), hex(groupBitXor(sipHash64(row))) FROM (SELECT toString(tuple(*)) AS row FROM ({sql}))"
    )
    return f"{rows[0][0]} rows, {rows[0][1]}"


class Feed:
    """Puts events into the topic of facts as ingest does."""

    def __init__(self, kafka: Kafka, plan: TopicPlan) -> None:
        self._plan = plan
        self._producer = KafkaLog(KafkaTarget.parse(kafka.url), plan, metadata_seconds=1).open_producer()

    def send(self, events: Iterable[bytes]) -> int:
        """Returns how many; all are acknowledged then."""
        number = 0
        for number, event in enumerate(events, start=1):
            message = encode_fact(RawEvent(event), read_envelope(event))
            self._producer.send(self._plan.name(Topic.FACTS), message.value, message.key, headers=list(message.headers))
            if number % 5000 == 0:
                self._producer.flush(timeout=60)
        self._producer.flush(timeout=60)
        return number

    def watermark(self, at: datetime) -> None:
        """Say that all up to then is in."""
        message = encode_checkpoint(Checkpoint(STREAM, {}, at))
        self._producer.send(
            self._plan.name(Topic.CHECKPOINTS), message.value, message.key, headers=list(message.headers)
        )
        self._producer.flush(timeout=60)

    def broken(self, value: bytes) -> None:
        """Something in the topic of facts that wikitally did not write."""
        self._producer.send(self._plan.name(Topic.FACTS), value, b"c0.en.wikipedia.org")
        self._producer.flush(timeout=60)

    def gap(self, first: int, last: int, *, closed: bool = False) -> None:
        """Say that offsets of the stream are missing, or are no longer."""
        message = encode_gap(Gap("eqiad.mediawiki.recentchange", 0, first, last, NOON), closed=closed)
        self._producer.send(self._plan.name(Topic.GAPS), message.value, message.key, headers=list(message.headers))
        self._producer.flush(timeout=60)

    def close(self) -> None:
        self._producer.close()


class Work(Logged):
    """`wikitally work` in a process."""

    serving = "working"

    def __init__(self, kafka: Kafka, plan: TopicPlan, clickhouse: str, log: Path, **environment: str) -> None:
        self.log = log
        self._environment = {
            **ENVIRONMENT,
            "WIKITALLY_KAFKA_URL": kafka.url,
            "WIKITALLY_KAFKA_PREFIX": plan.prefix,
            "WIKITALLY_KAFKA_SESSION_SECONDS": str(SESSION_SECONDS),
            "WIKITALLY_CLICKHOUSE_URL": clickhouse,
            "WIKITALLY_LIST_CATEGORIES": "false",
            "WIKITALLY_LOG_FORMAT": "json",
            **environment,
        }
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                arguments("work", "--port", 0), stderr=file, stdout=file, env=self._environment
            )

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged, as far as it is ours."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return found

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


class Workers:
    """Several of them; those that are left are killed at the end."""

    def __init__(self, kafka: Kafka, plan: TopicPlan, clickhouse: str, directory: Path) -> None:
        self._kafka, self._plan, self._clickhouse = kafka, plan, clickhouse
        self._directory = directory
        self.all: list[Work] = []

    def start(self, **environment: str) -> Work:
        log = self._directory / f"work-{len(self.all)}.log"
        work = Work(self._kafka, self._plan, self._clickhouse, log, **environment)
        self.all.append(work)
        return work

    def close(self) -> None:
        for work in self.all:
            if work.process.poll() is None:
                work.go_on()
                work.kill()

    def supervise(self) -> None:
        """Start again those that ended by themselves, as whoever runs them would."""
        for work in self.all:
            if work.process.poll() == 1:
                work.start()

    def tails(self) -> str:
        return "\n\n".join(f"{work.log.name}:\n{work.tail()}" for work in self.all)


def wait(condition: Callable[[], bool], workers: Workers, what: str, patience: float = PATIENCE) -> None:
    ends = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends, f"{what} does not come:\n{workers.tails()}"
        workers.supervise()
        time.sleep(0.1)


def processed(store: ClickHouseStore, plan: TopicPlan) -> int:
    """Messages of facts that are stored and judged, by the positions beside them."""
    topic = plan.name(Topic.FACTS)
    positions = store.positions_in_log(log_streams(topic), topic)
    return sum(one.reached.offset + 1 for one in positions.values())


def ends(kafka: Kafka, plan: TopicPlan) -> int:
    """Messages of facts that there are."""
    from ingest.kafka_marks import KafkaMarks

    marks = KafkaMarks(KafkaTarget.parse(kafka.url), plan)
    try:
        return sum(marks.look(range(marks.partitions())).ends.values())
    finally:
        marks.close()


def difference(one: Mapping[str, str], other: Mapping[str, str]) -> Sequence[str]:
    return [f"{name}: {one[name]} | {other[name]}" for name in one if one[name] != other[name]]
