"""What `wikitally topics` does: topics on Kafka against what is wanted of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from deploy.cli.reading import print_json
from deploy.cli.terminal import err, out, result_table
from deploy.ingesting import kafka_target, quiet_kafka, topic_plan
from deploy.logs import configure_logging
from deploy.settings import Settings
from ingest.kafka_admin import TopicAdmin, topic_admin
from ingest.topics import Difference, TopicDef


def check(settings: Settings, *, as_json: bool) -> bool:
    """Print all differences; whether there are none."""
    with _admin(settings) as admin:
        differences = admin.compare(topic_plan(settings).topics())
    _show(differences, as_json=as_json, nothing="All topics are as they should be.")
    return not differences


def apply(settings: Settings, *, as_json: bool) -> bool:
    """Mend what can be mended and print it; whether nothing is left."""
    topics = topic_plan(settings).topics()
    with _admin(settings) as admin:
        mended = admin.apply(admin.compare(topics))
        left = admin.compare(topics)
    _show([*mended, *left], as_json=as_json, nothing="All topics are as they should be already.", done=len(mended))
    return not left


def describe(settings: Settings, *, as_json: bool) -> None:
    """Print every topic."""
    topics = topic_plan(settings).topics()
    with _admin(settings) as admin:
        rows = _described(admin, topics)
    if as_json:
        print_json(rows)
        return
    columns = ["topic", "key", "partitions", "replicas", "keeps", "for"]
    out.print(result_table(columns, [_row(one) for one in rows]))


@contextmanager
def _admin(settings: Settings) -> Iterator[TopicAdmin]:
    configure_logging(settings.log_format, quiet=True)
    quiet_kafka()
    with err.status("Asking Kafka ..."), topic_admin(kafka_target(settings)) as admin:
        yield admin


def _show(differences: Sequence[Difference], *, as_json: bool, nothing: str, done: int = 0) -> None:
    """Differences; the first `done` of them are mended by now."""
    if as_json:
        print_json(
            [
                {"topic": one.topic.name, "change": one.change.value, "detail": one.text, "done": number < done}
                for number, one in enumerate(differences)
            ]
        )
        return
    for number, one in enumerate(differences):
        state = "done" if number < done else one.change.value
        out.print(f"{state:>16}  {one.topic.name}: {one.text}", markup=False, soft_wrap=True)
    if not differences:
        err.print(nothing)


def _described(admin: TopicAdmin, topics: Sequence[TopicDef]) -> list[dict[str, Any]]:
    found = admin.find(topics)
    rows: list[dict[str, Any]] = []
    for topic in topics:
        there = found.get(topic.name)
        rows.append(
            {
                "topic": topic.name,
                "key": topic.key,
                "purpose": topic.purpose,
                "there": there is not None,
                "partitions": there.partitions if there else None,
                "replicas": there.replication if there else None,
                "configs": {name: there.configs.get(name) for name in sorted(topic.configs)} if there else None,
                "wanted": {
                    "partitions": topic.partitions,
                    "replicas": topic.replication,
                    "configs": dict(sorted(topic.configs.items())),
                },
            }
        )
    return rows


def _row(one: dict[str, Any]) -> list[str]:
    configs = one["configs"] or one["wanted"]["configs"]
    missing = "" if one["there"] else " (missing)"
    return [
        f"{one['topic']}{missing}",
        one["key"],
        str(one["partitions"] or one["wanted"]["partitions"]),
        str(one["replicas"] or one["wanted"]["replicas"]),
        _kept(configs),
        one["purpose"],
    ]


def _kept(configs: dict[str, str | None]) -> str:
    if configs.get("cleanup.policy") == "compact":
        return "newest of each key"
    kept = configs.get("retention.ms") or "?"
    return "for ever" if kept == "-1" else f"{int(kept) / 86_400_000:g} days"
