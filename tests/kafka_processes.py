"""What stands before Kafka, as processes of their own: a rehearsal of EventStreams, and `wikitally ingest`."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from ingest.topics import TopicPlan
from tests.acceptance.commands import ENVIRONMENT, arguments
from tests.kafka import Kafka

STREAM = "recentchange"
BATCH_EVENTS, OVERLAP_SECONDS = 40, 1
"""A batch is longer than the overlap, which must not be what heals a kill."""


class Stream:
    """A rehearsal that has everything there from the start, in a process of its own."""

    def __init__(self, recording: Path) -> None:
        self._process = subprocess.Popen(
            arguments("rehearse", recording, "--port", 0, "--speed", 1_000_000, "--no-rebase"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=ENVIRONMENT,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().split()[-1].removesuffix("/v2/stream/mediawiki.recentchange")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


class Logged:
    """A process of ours that logs into a file, and says there where it serves metrics and health."""

    log: Path
    process: subprocess.Popen[bytes]
    serving: str
    """The event that it says so by."""

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged; each line is one JSON object."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def said(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line.get("event") == event]

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of what it serves."""
        try:
            with urllib.request.urlopen(self.said(self.serving)[-1]["url"] + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


class Ingest(Logged):
    """`wikitally ingest` in a process."""

    serving = "ingesting"

    def __init__(self, kafka: Kafka, plan: TopicPlan, stream: Stream, log: Path, **environment: str) -> None:
        self.log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                arguments("ingest", "--port", 0, "--stream", stream.url, "--since", "2026-11-23T00:00Z"),
                stderr=file,
                env={
                    **ENVIRONMENT,
                    "WIKITALLY_KAFKA_URL": kafka.url,
                    "WIKITALLY_KAFKA_PREFIX": plan.prefix,
                    "WIKITALLY_KAFKA_OUTSTANDING": "60",
                    "WIKITALLY_BATCH_EVENTS": str(BATCH_EVENTS),
                    "WIKITALLY_OVERLAP_SECONDS": str(OVERLAP_SECONDS),
                    "WIKITALLY_STREAMS": STREAM,
                    **environment,
                },
            )
