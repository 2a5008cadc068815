"""A real Apache Kafka for the tests: brokers from Maven's jars, in KRaft mode, on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from tests.maven import jars

HERE = Path(__file__).parent / "kafka_jars"
CLUSTER_ID = "d2lraXRhbGx5LXRlc3RzIQ"
PATIENCE = 90.0

SETTINGS = """\
process.roles=broker,controller
node.id={number}
{quorum}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={copies}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
log.cleaner.backoff.ms=500
"""


def _java(*arguments: str, heap: str) -> list[str]:
    # A short life: quick to start, small, and no more threads than two processors can use.
    quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", f"-Xmx{heap}"]
    logging = f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"
    return ["java", *quick, "-Djava.awt.headless=true", logging, "-cp", f"{jars(HERE / 'pom.xml')}/*", *arguments]


class Broker:
    """One broker that is its own controller too; its data and its ports outlive its processes."""

    def __init__(self, directory: Path, number: int, ports: tuple[int, int], quorum: str, copies: int) -> None:
        self.number = number
        self.address = f"127.0.0.1:{ports[0]}"
        self.log = directory / "broker.log"
        self._port = ports[0]
        self._settings = directory / "server.properties"
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True)
        self._settings.write_text(
            SETTINGS.format(
                number=number,
                port=ports[0],
                controller_port=ports[1],
                quorum=quorum,
                data=directory / "data",
                copies=copies,
            )
        )
        alone = ["--standalone"] if copies == 1 else []
        tool = _java("kafka.tools.StorageTool", "format", *alone, heap="128m")
        subprocess.run(
            [*tool, "-t", CLUSTER_ID, "-c", self._settings], capture_output=True, text=True, timeout=60, check=True
        )

    def start(self, *, wait: bool = True) -> None:
        """Start it, on the data that is there."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                _java("kafka.Kafka", str(self._settings), heap="384m"), stdout=log, stderr=subprocess.STDOUT
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it takes connections."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            assert self.running, f"Kafka ended:\n{self._tail()}"
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError(f"Kafka does not listen:\n{self._tail()}")

    def stop(self) -> None:
        """Shut it down in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it stand still, its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def guard(self, port: int, keystore: Path) -> None:
        """Listen on another port too, with TLS and for `ada` only. Before it is started."""
        settings = self._settings.read_text()
        controller = settings.partition("CONTROLLER://127.0.0.1:")[2].partition("\n")[0]
        more = GUARDED.format(
            port=self._port, controller_port=controller, guarded_port=port, keystore=keystore, login=LOGIN
        )
        # Of a setting that is there twice the last one holds.
        self._settings.write_text(settings + more)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(number)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._process = None

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]


GUARDED = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port},GUARDED://127.0.0.1:{guarded_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},GUARDED://localhost:{guarded_port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,GUARDED:SASL_SSL
listener.name.guarded.ssl.keystore.type=PKCS12
listener.name.guarded.ssl.keystore.location={keystore}
listener.name.guarded.ssl.keystore.password=changeit
listener.name.guarded.sasl.enabled.mechanisms=PLAIN
listener.name.guarded.plain.sasl.jaas.config={login} required user_ada="p@ss";
"""
LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """A key for `localhost` as Java keeps it, and its certificate to trust."""
    keystore, certificate = directory / "server.p12", directory / "ca.pem"
    common = ["-alias", "it", "-keystore", str(keystore), "-storetype", "PKCS12", "-storepass", "changeit"]
    make = ["keytool", "-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=dns:localhost", *common]
    subprocess.run(make, check=True, capture_output=True, timeout=60)
    export = ["keytool", "-exportcert", "-rfc", "-file", str(certificate), *common]
    subprocess.run(export, check=True, capture_output=True, timeout=60)
    return keystore, certificate


class Kafka:
    """Some brokers that are one cluster."""

    def __init__(self, directory: Path, brokers: int = 1) -> None:
        ports = free_ports(2 * brokers)
        pairs = list(zip(ports[:brokers], ports[brokers:], strict=True))
        if brokers == 1:
            quorum = f"controller.quorum.bootstrap.servers=127.0.0.1:{pairs[0][1]}"
        else:
            voters = ",".join(f"{number}@127.0.0.1:{pair[1]}" for number, pair in enumerate(pairs, start=1))
            quorum = f"controller.quorum.voters={voters}"
        self.brokers = [
            Broker(directory / str(number), number, pair, quorum, brokers) for number, pair in enumerate(pairs, start=1)
        ]

    @property
    def servers(self) -> str:
        """Addresses, comma-separated."""
        return ",".join(broker.address for broker in self.brokers)

    @property
    def url(self) -> str:
        """As WIKITALLY_KAFKA_URL wants it."""
        return f"kafka://{self.servers}"

    def start(self) -> None:
        for broker in self.brokers:
            broker.start(wait=False)
        for broker in self.brokers:
            broker.wait()

    def kill(self) -> None:
        for broker in self.brokers:
            broker.kill()

    def restart(self) -> None:
        """All brokers, in order, on the same data."""
        for broker in self.brokers:
            broker.stop()
        self.start()


def free_ports(number: int) -> Sequence[int]:
    """Ports of loopback that nobody has now."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


@contextmanager
def running_kafka(directory: Path, brokers: int = 1) -> Iterator[Kafka]:
    """A cluster, for as long as the block lasts."""
    jars(HERE / "pom.xml")
    kafka = Kafka(directory / f"kafka-{os.getpid()}", brokers)
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.kill()


def read_topic(kafka: Kafka, name: str) -> list[Any]:
    """All records that stand in a topic now, each partition's in order."""
    consumer = KafkaConsumer(
        bootstrap_servers=[broker.address for broker in kafka.brokers], group_id=None, enable_auto_commit=False
    )
    try:
        places = [TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name) or ())]
        assert places, f"there is no topic {name}"
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        records: list[Any] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for some in consumer.poll(timeout_ms=500).values():
                records += some
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()
