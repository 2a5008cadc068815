"""The live stream as the settings say."""

from __future__ import annotations

from datetime import datetime

from deploy.settings import Settings
from ingest.eventstreams import EventStreams
from processors.metrics import Metrics


def names_of(settings: Settings) -> str:
    """The list of streams that positions are kept under."""
    return ",".join(sorted(settings.streams))


def live_stream(settings: Settings, *, user_agent: str, metrics: Metrics, since: datetime | None) -> EventStreams:
    """EventStreams, read from `since` on where there is no position; None: from now on."""
    return EventStreams(
        settings.stream_url,
        tuple(sorted(settings.streams)),
        user_agent=user_agent,
        metrics=metrics,
        since=since,
        overlap_seconds=settings.overlap_seconds,
        stall_seconds=settings.stall_seconds,
        batch_events=settings.batch_events,
    )
