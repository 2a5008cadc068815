"""A real MediaWiki that is edited while a test runs, and tells of every change as EventStreams would."""

from __future__ import annotations

import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson

from tests.mediawiki import CODE, RealWiki


class Editor:
    """Somebody at the API of a wiki."""

    def __init__(self, api: str, name: str) -> None:
        self._client = httpx.Client(timeout=60)
        self._api = api
        token = self._ask(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        answer = self._ask(action="login", lgname=name, lgpassword=PASSWORD, lgtoken=token)
        assert answer["login"]["result"] == "Success", answer

    def do(self, action: str, **fields: str) -> None:
        token = self._ask(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
        answer = self._ask(action=action, token=token, **fields)
        assert "error" not in answer, answer

    def _ask(self, **fields: str) -> Any:
        return self._client.post(self._api, data={"format": "json", "formatversion": "2", **fields}).json()


PASSWORD = "Pa55word-of-a-test-wiki"


class Feed:
    """The wiki's own feed of recent changes, as events of the stream."""

    def __init__(self, wiki: RealWiki, feed: socket.socket) -> None:
        self._wiki = wiki
        self._feed = feed
        self._offset = 6_600_000_000

    def take(self) -> list[bytes]:
        """What came since the last time, once the wiki has done what it puts off."""
        command = ["php", str(CODE / "maintenance" / "runJobs.php"), "--conf", str(self._wiki.configuration)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        found: list[bytes] = []
        while True:
            try:
                event = orjson.loads(self._feed.recv(1 << 16).strip())
            except TimeoutError:
                return found
            self._offset += 1
            meta = {
                "id": str(uuid.uuid4()), "domain": event["server_name"], "stream": "mediawiki.recentchange",
                "dt": datetime.fromtimestamp(event["timestamp"], UTC).isoformat(),
                "topic": "eqiad.mediawiki.recentchange", "partition": 0, "offset": self._offset,
            }  # fmt: skip
            kept = {name: value for name, value in event.items() if value is not None}
            found.append(orjson.dumps({"meta": meta, **kept}))


@contextmanager
def following(wiki: RealWiki) -> Iterator[Feed]:
    """Let the wiki tell of every change, and let Ada and Zoe be there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as feed:
        feed.bind(("127.0.0.1", 0))
        feed.settimeout(0.3)
        with wiki.configuration.open("a") as settings:
            settings.write(
                f"""
$wgRCFeeds['test'] = ['class' => 'UDPRCFeedEngine', 'uri' => 'udp://127.0.0.1:{feed.getsockname()[1]}/',
    'formatter' => 'JSONRCFeedFormatter', 'omit_bots' => false];
$wgJobRunRate = 0;
$wgRateLimits = [];
$wgAPIMaxResultSize = 8388608;
"""
            )
        for name, *groups in (("Ada",), ("Zoe", "--sysop")):
            command = ["php", str(CODE / "maintenance" / "createAndPromote.php"), "--conf", str(wiki.configuration)]
            done = subprocess.run(
                [*command, *groups, name, PASSWORD], capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
        yield Feed(wiki, feed)
