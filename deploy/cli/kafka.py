"""`wikitally ingest`, `wikitally work` and `wikitally topics`: the log on Kafka."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.options import AsJson
from deploy.settings import load_settings

topics_app = typer.Typer(
    no_args_is_help=True, help="Topics on Kafka: what there is, and bringing it to what is wanted."
)

Kafka = Annotated[
    str | None, typer.Option("--kafka", metavar="URL", help="Where Kafka is. Default: WIKITALLY_KAFKA_URL.")
]


def ingest(
    kafka: Kafka = None,
    host: Annotated[str | None, typer.Option(help="Address of /metrics and /health. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of /metrics and /health; 0: any free one.")] = None,
    stream: Annotated[
        str | None, typer.Option(metavar="URL", help="Another EventStreams, such as a rehearsal.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option(help="Mail address or URL for Wikimedia to reach you. Default: WIKITALLY_CONTACT.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Where a new log starts, such as 2026-11-24T10:00Z.")
    ] = None,
) -> None:
    """Carry the live stream into Kafka. Ctrl-C ends it; the next one goes on from there. Two may run at once."""
    from deploy import ingesting

    settings = load_settings(kafka_url=kafka, host=host, port=port, stream_url=stream, contact=contact)
    ingesting.ingest(settings, since)


def work(
    kafka: Kafka = None,
    host: Annotated[str | None, typer.Option(help="Address of /metrics and /health. Default: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of /metrics and /health; 0: any free one.")] = None,
    contact: Annotated[
        str | None, typer.Option(help="Mail address or URL for Wikimedia to reach you. Default: WIKITALLY_CONTACT.")
    ] = None,
) -> None:
    """Judge what is in Kafka into ClickHouse. Ctrl-C ends it; any number may run at once, and share the wikis."""
    from deploy.working import command

    command.work(load_settings(kafka_url=kafka, host=host, port=port, contact=contact))


@topics_app.command()
def check(kafka: Kafka = None, as_json: AsJson = False) -> None:
    """Print how topics differ from what is wanted. Exit code 1 when they do."""
    from deploy.cli import topic_commands

    if not topic_commands.check(load_settings(kafka_url=kafka), as_json=as_json):
        raise typer.Exit(1)


@topics_app.command()
def apply(kafka: Kafka = None, as_json: AsJson = False) -> None:
    """Create missing topics, raise partitions, set configs. Deletes and lowers nothing; exit code 1 if more is left."""
    from deploy.cli import topic_commands

    if not topic_commands.apply(load_settings(kafka_url=kafka), as_json=as_json):
        raise typer.Exit(1)


@topics_app.command()
def describe(kafka: Kafka = None, as_json: AsJson = False) -> None:
    """Print every topic: what it is for, how it is ordered, how long it keeps what, and how it is on the broker."""
    from deploy.cli import topic_commands

    topic_commands.describe(load_settings(kafka_url=kafka), as_json=as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to `wikitally`."""
    app.command()(ingest)
    app.command()(work)
    app.add_typer(topics_app, name="topics")
