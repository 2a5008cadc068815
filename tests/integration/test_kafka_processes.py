"""`wikitally ingest` and `wikitally topics` as their operators run them: killed, doubled, stopped, asked."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.kafka_log import KafkaLog
from ingest.kafka_messages import raw_event
from ingest.kafka_target import KafkaTarget
from ingest.topics import Topic, TopicPlan
from tests.acceptance.commands import wikitally
from tests.kafka import Kafka, read_topic
from tests.kafka_processes import STREAM, Ingest, Stream
from tests.recorders import EVENTSTREAMS

COPIES = 3
PATIENCE = 150.0

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <s(ocket|sl):ResourceWarning")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real MediaWiki's events, several times over as of other wikis."""
    once = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_text(encoding="utf-8").splitlines()
    path = tmp_path_factory.mktemp("recording") / "recentchange.ndjson"
    path.write_text("".join(_elsewhere(json.loads(line), copy) for copy in range(COPIES) for line in once))
    return path


def _elsewhere(event: dict[str, Any], copy: int) -> str:
    meta = event["meta"]
    later = (datetime.fromisoformat(meta["dt"]) + timedelta(seconds=200 * copy)).isoformat()
    meta |= {"id": f"{copy}{meta['id'][1:]}", "dt": later, "domain": f"{copy}.{meta['domain']}"}
    return json.dumps(event | {"server_name": f"{copy}.{event['server_name']}"}) + "\n"


@pytest.fixture
def stream(recording: Path) -> Iterator[Stream]:
    running = Stream(recording)
    yield running
    running.close()


class Topics:
    """What is in Kafka by now."""

    def __init__(self, kafka: Kafka, plan: TopicPlan) -> None:
        self._kafka, self._plan = kafka, plan
        self._log = KafkaLog(KafkaTarget.parse(kafka.url), plan)

    def facts(self) -> list[Any]:
        return read_topic(self._kafka, self._plan.name(Topic.FACTS))

    def reached(self) -> int:
        """The offset that the checkpoint has reached; -1: there is none."""
        checkpoint = self._log.kept(STREAM).checkpoint
        return -1 if checkpoint is None else max((one.offset for one in checkpoint.reached.values()), default=-1)


@pytest.fixture
def there(kafka: Kafka, topics: TopicPlan) -> Topics:
    return Topics(kafka, topics)


def wait(condition: Callable[[], bool], ingest: Ingest) -> None:
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert ingest.process.poll() is None, f"it ended by itself:\n{ingest.log.read_text()[-3000:]}"
        assert time.monotonic() < ends, f"it does not come:\n{ingest.log.read_text()[-3000:]}"
        time.sleep(0.05)


def last_offset(recording: Path) -> int:
    """With the canary that comes first."""
    return len(recording.read_text().splitlines())


def assert_all_in_order(records: list[Any], last: int) -> None:
    first: dict[bytes, list[int]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    for record in records:
        position = raw_event(record).position
        assert position is not None
        if (position.topic, position.offset) not in seen:
            seen.add((position.topic, position.offset))
            if position.topic.startswith("eqiad"):
                first[record.key].append(position.offset)
    assert {offset for topic, offset in seen if topic.startswith("eqiad")} == set(range(last + 1))
    assert all(one == sorted(one) for one in first.values())


def test_killed_again_and_again_it_leaves_nothing_out(
    kafka: Kafka, topics: TopicPlan, there: Topics, stream: Stream, recording: Path, tmp_path: Path
) -> None:
    last = last_offset(recording)
    disturbed = 0
    for number in range(4):
        ingest = Ingest(kafka, topics, stream, tmp_path / "ingest.log")
        target = there.reached() + 350
        wait(lambda: there.reached() >= target, ingest)  # noqa: B023
        ingest.kill()
        disturbed += there.reached() < last
        assert len(there.facts()) > number
    assert disturbed >= 3, "the kills came too late to disturb anything"
    ingest = Ingest(kafka, topics, stream, tmp_path / "ingest.log")
    wait(lambda: there.reached() == last, ingest)
    assert ingest.stop() == 0
    assert_all_in_order(there.facts(), last)


def test_of_two_at_once_one_may_be_killed(
    kafka: Kafka, topics: TopicPlan, there: Topics, stream: Stream, recording: Path, tmp_path: Path
) -> None:
    last = last_offset(recording)
    one = Ingest(kafka, topics, stream, tmp_path / "one.log")
    other = Ingest(kafka, topics, stream, tmp_path / "other.log")
    wait(lambda: there.reached() >= 300, one)
    one.kill()
    wait(lambda: there.reached() == last, other)
    assert other.stop() == 0
    assert_all_in_order(there.facts(), last)


def test_it_says_what_it_does_and_stops_in_order_whether_kafka_is_there_or_not(
    kafka: Kafka, topics: TopicPlan, there: Topics, stream: Stream, recording: Path, tmp_path: Path
) -> None:
    last = last_offset(recording)
    ingest = Ingest(kafka, topics, stream, tmp_path / "ingest.log")
    try:
        wait(lambda: there.reached() >= 100, ingest)
        assert ingest.get("/health")[0] == 200
        status, text = ingest.get("/metrics")
        assert status == 200
        assert 'wikitally_kafka_messages_total{topic="facts"}' in text
        kafka.brokers[0].pause()
        wait(lambda: ingest.get("/health")[0] == 503, ingest)
        assert "Kafka" in json.loads(ingest.get("/health")[1])["detail"]
        (outstanding,) = re.findall(r"^wikitally_kafka_outstanding (.+)$", ingest.get("/metrics")[1], re.MULTILINE)
        assert 0 < float(outstanding) <= 60
        assert ingest.stop() == 0
    finally:
        ingest.process.kill()
        ingest.process.wait()
        kafka.brokers[0].go_on()
    events = [line["event"] for line in ingest.lines()]
    assert events.count("Kafka does not take what is sent; reading waits until it does") == 1
    assert events[-1] == "Kafka did not take all that was read; the next ingest reads it again"

    after = Ingest(kafka, topics, stream, tmp_path / "after.log")
    wait(lambda: there.reached() == last, after)
    assert after.stop() == 0
    assert_all_in_order(there.facts(), last)
    assert [line["event"] for line in after.lines()] == ["ingesting", "stopping"]


def test_topics_are_checked_applied_and_described(kafka: Kafka) -> None:
    environment: dict[str, Any] = {
        "WIKITALLY_KAFKA_URL": kafka.url,
        "WIKITALLY_KAFKA_PREFIX": "operator.",
        "WIKITALLY_KAFKA_REPLICATION": "1",
        "WIKITALLY_KAFKA_PARTITIONS": "2",
    }
    missing = wikitally("topics", "check", code=1, **environment)
    assert "operator.facts: missing; 2 partitions" in missing
    assert "done  operator.facts" in wikitally("topics", "apply", **environment)
    assert json.loads(wikitally("topics", "check", "--json", **environment)) == []

    more: dict[str, Any] = {**environment, "WIKITALLY_KAFKA_PARTITIONS": "3", "WIKITALLY_KAFKA_RETAIN_FACTS_DAYS": "30"}
    changes = {(one["topic"], one["change"]) for one in json.loads(wikitally("topics", "apply", "--json", **more))}
    assert changes == {
        ("operator.facts", "raise partitions"),
        ("operator.contributions", "raise partitions"),
        ("operator.facts", "set"),
    }
    assert json.loads(wikitally("topics", "check", "--json", **environment)) == [], "nothing is lowered again"
    described = {one["topic"]: one for one in json.loads(wikitally("topics", "describe", "--json", **environment))}
    facts = described["operator.facts"]
    assert (facts["partitions"], facts["replicas"]) == (3, 1)
    assert facts["configs"]["retention.ms"] == str(30 * 86_400_000)
    table = wikitally("topics", "describe", **environment)
    assert "newest of each key" in table
    assert "for ever" in table

    three: dict[str, Any] = {**environment, "WIKITALLY_KAFKA_REPLICATION": "3"}
    assert "by hand  operator.facts: replicas: 1, want 3" in wikitally("topics", "apply", code=1, **three)
    new: dict[str, Any] = {**three, "WIKITALLY_KAFKA_PREFIX": "three."}
    assert "WIKITALLY_KAFKA_REPLICATION" in wikitally("topics", "apply", code=2, **new)


def test_without_kafka_one_is_told_so() -> None:
    assert "WIKITALLY_KAFKA_URL: not set" in wikitally("topics", "check", code=2)
    assert "WIKITALLY_KAFKA_URL: not set" in wikitally("ingest", code=2)
    nobody: dict[str, Any] = {"WIKITALLY_KAFKA_URL": "kafka://127.0.0.1:1"}
    assert "Kafka at kafka://127.0.0.1:1" in wikitally("topics", "check", code=1, **nobody)
