"""A Faust agent that does nothing but decode events and count them by wiki: what Faust alone costs.

    python -m bench.bare_agent URL TOPIC TOTAL BATCH

It prints what it reached as JSON. The first batch is not measured: until it comes, Faust is starting.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import orjson

from deploy.looping import run_loop
from deploy.settings import load_settings
from deploy.working.faust_app import WITHIN, make_app
from ingest.kafka_target import KafkaTarget
from ingest.topics import TopicPlan


async def count_events(url: str, topic: str, total: int, batch: int, directory: Path) -> dict[str, Any]:
    """Read a topic from its beginning on, with the settings of `wikitally work`."""
    target, group = KafkaTarget.parse(url), TopicPlan(prefix=f"bare-{topic}-")
    app = make_app(target, group, directory, session_seconds=load_settings().kafka_session_seconds)
    by_wiki: Counter[str] = Counter()
    began: list[tuple[int, float, float]] = []
    done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def agent(stream: Any) -> AsyncIterator[None]:
        async for events in stream.take_events(batch, within=WITHIN):
            by_wiki.update(orjson.loads(event.message.value)["server_name"] for event in events)
            read = by_wiki.total()
            if not began:
                began.append((read, perf_counter(), process_time()))
            elif read >= total and not done.done():
                first, wall, cpu = began[0]
                done.set_result(
                    {"events": read - first, "wall": perf_counter() - wall, "cpu": process_time() - cpu}
                    | {"wikis": len(by_wiki)}
                )
            yield

    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "key_type": bytes, "value_type": bytes}
    app.agent(app.topic(topic, **raw), name="bare")(agent)
    await app.start()
    try:
        return await done
    finally:
        await app.stop()


def main() -> None:
    url, topic, total, batch = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="wikitally-bench-") as directory:

        async def run() -> None:
            print(json.dumps(await count_events(url, topic, int(total), int(batch), Path(directory))))

        run_loop(run())


if __name__ == "__main__":
    main()
