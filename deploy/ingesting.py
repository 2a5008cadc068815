"""`wikitally ingest`: EventStreams into Kafka until told to stop, with metrics and health over HTTP."""

from __future__ import annotations

import asyncio
import logging
from importlib.metadata import version

import structlog

from api.probes import Health, probes
from deploy.clock import now
from deploy.http_server import serving
from deploy.live_stream import live_stream, names_of
from deploy.logs import configure_logging
from deploy.looping import read_instant, run_loop, stop_on_signals, until
from deploy.metrics import PrometheusMetrics
from deploy.settings import Settings
from ingest.eventstreams import build_user_agent
from ingest.kafka_ingest import KafkaIngest
from ingest.kafka_log import KafkaLog
from ingest.kafka_outstanding import Limits
from ingest.kafka_target import KafkaTarget
from ingest.topics import TopicPlan
from processors.errors import InvalidInput

_log = structlog.get_logger()

FLUSH_SECONDS = 20.0
"""How long it takes at most to stop: what is not acknowledged by then is read again by the next ingest."""


def kafka_target(settings: Settings) -> KafkaTarget:
    """Where Kafka is.

    Raises:
        InvalidInput: it is not said, or not understood.
    """
    if settings.kafka_url is None:
        raise InvalidInput("WIKITALLY_KAFKA_URL: not set; it says where Kafka is, such as kafka://localhost:9092")
    return KafkaTarget.parse(settings.kafka_url.get_secret_value())


def quiet_kafka() -> None:
    """Leave kafka-python's own lines out, several a second while a broker is away: what they come to, we say once."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def topic_plan(settings: Settings) -> TopicPlan:
    """How topics should be."""
    return TopicPlan(
        settings.kafka_prefix,
        settings.kafka_partitions,
        settings.kafka_replication,
        settings.kafka_retain_facts_days,
    )


def ingest(settings: Settings, since: str | None) -> None:
    """Carry the live stream into Kafka until told to stop."""
    agent = build_user_agent(settings.contact)
    target = kafka_target(settings)
    # A time, not "now": whoever begins anew before the first checkpoint begins at the same place.
    start = read_instant(since) if since else now()
    configure_logging(settings.log_format)
    quiet_kafka()
    metrics = PrometheusMetrics()
    source = live_stream(settings, user_agent=agent, metrics=metrics, since=start)
    log = KafkaLog(target, topic_plan(settings))
    limits = Limits(messages=settings.kafka_outstanding)
    work = KafkaIngest(source, log, names_of(settings), metrics=metrics, clock=now, limits=limits)

    async def health() -> Health:
        return Health(ok=not work.away, detail="Kafka does not take what is sent" if work.away else "")

    async def main() -> None:
        stop = stop_on_signals()
        app = probes(metrics.text, health, version("wikitally"))
        async with serving(app, settings.host, settings.port) as url:
            _log.info("ingesting", url=url, kafka=target.shown, streams=names_of(settings))
            await _work(work, stop)

    run_loop(main())


async def _work(work: KafkaIngest, stop: asyncio.Event) -> None:
    """Until told to stop; then flush, as long as it may take."""
    working = asyncio.create_task(work.run(stop), name="ingest")
    try:
        await until(stop, working)
        _log.info("stopping")
        await asyncio.wait_for(working, FLUSH_SECONDS)
    except TimeoutError:
        _log.warning("Kafka did not take all that was read; the next ingest reads it again")
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
