"""The distributed mode on this machine: a Kafka, a ClickHouse server, and workers as processes."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.processes import cpu_seconds
from deploy.programs.applying import apply_programs
from deploy.settings import Settings
from ingest.kafka_admin import topic_admin
from ingest.kafka_target import KafkaTarget
from ingest.topics import TopicPlan
from processors.programs.program import Program
from storage.clickhouse import ClickHouseStore
from storage.target import Target
from tests.distributed import Work, Workers, wait
from tests.kafka import Kafka, running_kafka
from tests.servers import Server
from tests.stores import log_of

PARTITIONS: int = Settings.model_fields["kafka_partitions"].default
BATCH: int = Settings.model_fields["batch_events"].default
SESSION_SECONDS: float = Settings.model_fields["kafka_session_seconds"].default
_numbers = count()


@dataclass(frozen=True, slots=True)
class Shared:
    """The store that workers share, and its address."""

    url: str
    store: ClickHouseStore


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of processor time."""

    ours: float
    """Of all processes of ours."""
    clickhouse: float
    kafka: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.ours - other.ours, self.clickhouse - other.clickhouse, self.kafka - other.kafka)


@dataclass(frozen=True, slots=True)
class Parts:
    """What workers need."""

    kafka: Kafka
    server: Server
    directory: Path

    def new_topics(self) -> TopicPlan:
        """Empty topics, of a prefix of their own."""
        plan = TopicPlan(prefix=f"bench-{next(_numbers)}.", partitions=PARTITIONS, replication=1)
        with topic_admin(KafkaTarget.parse(self.kafka.url)) as admin:
            admin.apply(admin.compare(plan.topics()))
        return plan

    @contextmanager
    def new_store(self, programs: Sequence[Program]) -> Iterator[Shared]:
        """A store with these programs in its log, and nothing else."""
        url = self.server.new_database(f"bench_{next(_numbers)}")
        store = ClickHouseStore(Target.parse(url))
        try:
            store.migrate()
            apply_programs(log_of(store), programs)
            yield Shared(url, store)
        finally:
            store.close()

    @contextmanager
    def workers(self, plan: TopicPlan, shared: Shared) -> Iterator[Workers]:
        """Workers to be started; those that are left at the end are killed."""
        directory = self.directory / f"workers-{next(_numbers)}"
        directory.mkdir()
        started = Workers(self.kafka, plan, shared.url, directory)
        try:
            yield started
        finally:
            started.close()

    def cpu(self, pids: Collection[int]) -> Cpu:
        """What these processes, ClickHouse and Kafka have used until now."""
        brokers = sum(cpu_seconds(broker.pid) for broker in self.kafka.brokers)
        return Cpu(sum(map(cpu_seconds, pids)), cpu_seconds(self.server.pid), brokers)


@contextmanager
def running_parts() -> Iterator[Parts]:
    """A broker and a server of our own. Their directory is in `var` and not in /tmp, which is memory on many machines.

    Raises:
        pytest.skip.Exception, pytest.fail.Exception: Java or Maven is missing.
    """
    beside = Path("var").absolute()
    beside.mkdir(exist_ok=True)
    with ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=beside, ignore_cleanup_errors=True))
        )
        kafka = stack.enter_context(running_kafka(directory))
        server = Server(directory / "clickhouse")
        stack.callback(server.kill)
        server.start()
        yield Parts(kafka, server, directory)


def partitions(work: Work) -> frozenset[int]:
    """Those that a worker judges at the moment, by what it has logged; none while it loads."""
    ours: frozenset[int] = frozenset()
    judging = False
    for line in work.lines():
        match line.get("event"):
            case "partitions assigned":
                ours, judging = frozenset(line["partitions"]), False
            case "judging":
                judging = True
            case "partitions given back":
                judging = False
    return ours if judging else frozenset()


def wait_until_shared(workers: Workers) -> None:
    """Until those that are alive have all partitions among them, each some, and judge."""

    def shared() -> bool:
        parts = [partitions(work) for work in workers.all if work.process.poll() is None]
        return all(parts) and sorted(one for part in parts for one in part) == list(range(PARTITIONS))

    wait(shared, workers, "all partitions with somebody")
