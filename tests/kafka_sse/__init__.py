"""Wikimedia's EventStreams server code as a running server."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.npm import installed, node

HERE = Path(__file__).parent


@dataclass(frozen=True)
class KafkaSse:
    """A running server."""

    url: str

    def append(self, topic: str, messages: Iterable[tuple[int, bytes]]) -> None:
        """Put (milliseconds, JSON) at the end of a topic."""
        body = {
            "topic": topic,
            "messages": [{"timestamp": at, "value": value.decode()} for at, value in messages],
        }
        self._post("/log", json.dumps(body).encode())

    def cut(self) -> None:
        """Break all connections, wherever they are."""
        try:
            self._post("/cut", b"")
        except OSError:
            return

    def _post(self, path: str, body: bytes) -> None:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=body), timeout=30) as answer:
            answer.read()


@contextmanager
def running_kafka_sse() -> Iterator[KafkaSse]:
    """The server, for as long as the block lasts."""
    run, _ = node()
    process = subprocess.Popen(
        [run, HERE / "server.js"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_PATH": str(installed(HERE, "kafka-sse"))},
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), "kafka-sse did not start"
        yield KafkaSse(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
