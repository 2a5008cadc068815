"""Alerts of what a real MediaWiki did: recorded, and scripted while the test runs."""

from __future__ import annotations

import socket
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from processors.alerts.alerts import TAGS, AlertKind, AlertState
from storage.clickhouse import ClickHouseStore
from tests.alerting import RULES, AlertWorld
from tests.mediawiki import CODE, RealWiki, real_wiki
from tests.recorders import EVENTSTREAMS

TAGGED, UNTAGGED, DELETED = AlertState.TAGGED, AlertState.UNTAGGED, AlertState.DELETED
OPEN, CLOSED, RESTORED = AlertState.OPEN, AlertState.CLOSED, AlertState.RESTORED
RECORDED = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
EVERYBODY = """
slug: everyone
start: 2026-11-23T00:00
end: 2026-11-24T00:00
wikis: ["*"]
namespaces: all
open: true
exclude: {bots: false}
"""
PAGE = (*TAGS, AlertKind.DELETED)


def recorded(log_action: str) -> Counter[tuple[str, str]]:
    """(wiki, title) of the recording's log entries, counted."""
    events = map(orjson.loads, RECORDED)
    found = [one for one in events if f"{one.get('log_type')}/{one.get('log_action')}" == log_action]
    return Counter((one["server_name"], one["title"]) for one in found)


@pytest.mark.parametrize("at_once", [100_000, 97])
def test_every_deletion_of_the_recording_is_a_step_and_every_tag_an_alert(store: ClickHouseStore, at_once: int) -> None:
    world = AlertWorld(store, datetime(2026, 11, 23, tzinfo=UTC))
    world.apply(EVERYBODY)
    for start in range(0, len(RECORDED), at_once):
        world.read_events(RECORDED[start : start + at_once])
    alerts = world.alerts(*PAGE)
    steps = Counter(step.state for one in alerts for step in one.steps)
    assert steps[DELETED] == recorded("delete/delete").total() > 10
    assert steps[RESTORED] == recorded("delete/restore").total() > 0
    assert steps[TAGGED] + steps[UNTAGGED] + steps[AlertState.KEPT] == len(recorded_tags()) > 10
    heard = [(one.alert.alert_id, step.cause, step.state) for one in world.heard for step in one.fresh]
    assert len(heard) == len(set(heard)), "told twice"
    assert {(one.alert_id, step.cause, step.state) for one in world.alerts() for step in one.steps} == set(heard)


def recorded_tags() -> list[tuple[str, str]]:
    """(wiki, sentence) of every time that a page came into a category of deletion requests, or left one."""
    events = [one for one in map(orjson.loads, RECORDED) if one["type"] == "categorize"]
    return [
        (one["server_name"], one["comment"])
        for one in events
        if RULES.of(one["server_name"]).category_kind(one["title"]) in TAGS
    ]


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


def test_what_happens_to_a_page_of_a_real_wiki_arrives_once_in_order(store: ClickHouseStore, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    world = AlertWorld(store, now - timedelta(days=1))
    world.apply(
        f"slug: women\nstart: {now - timedelta(hours=12):%Y-%m-%dT%H:%M}Z\n"
        f"end: {now + timedelta(hours=12):%Y-%m-%dT%H:%M}Z\nwiki: enwiki\nparticipants: [Ada]\n"
    )
    page, tag = "Marie Curie", "[[Category:All articles proposed for deletion]]"
    with real_wiki(tmp_path) as wiki, following(wiki) as feed:
        ada, zoe = Editor(wiki.api, "Ada"), Editor(wiki.api, "Zoe")
        ada.do("edit", title=page, text="She found radium.", createonly="1")
        world.read_events(feed.take())
        world.told()
        heard = []
        for action, fields in (
            ("edit", {"title": page, "appendtext": tag, "summary": "no sources"}),
            ("edit", {"title": page, "text": "She found radium.<ref>x</ref>"}),
            ("delete", {"title": page, "reason": "a test"}),
            ("undelete", {"title": page, "reason": "a mistake"}),
            ("move", {"from": page, "to": f"User:Ada/{page}", "noredirect": "1"}),
            ("move", {"from": f"User:Ada/{page}", "to": "Maria Skłodowska"}),
            ("protect", {"title": "Maria Skłodowska", "protections": "edit=sysop", "expiry": "never"}),
            ("block", {"user": "Ada", "expiry": "1 day", "reason": "a test"}),
        ):
            zoe.do(action, **fields)
            world.read_events(feed.take())
            heard.append([(kind, title, states) for _, kind, title, states in world.told()])
    assert heard == [
        [(AlertKind.PROPOSED, page, [TAGGED])],
        [(AlertKind.PROPOSED, page, [UNTAGGED])],
        [(AlertKind.DELETED, page, [DELETED])],
        [(AlertKind.DELETED, page, [RESTORED])],
        [(AlertKind.MOVED_OUT, f"User:Ada/{page}", [OPEN])],
        [(AlertKind.MOVED_OUT, "Maria Skłodowska", [CLOSED])],
        [(AlertKind.PROTECTED, "Maria Skłodowska", [OPEN])],
        [(AlertKind.BLOCKED, "", [OPEN])],
    ]
    proposed = world.alerts(AlertKind.PROPOSED)[0]
    assert (proposed.title, proposed.users) == ("Maria Skłodowska", ("Ada",))
    assert [step.user for step in proposed.steps] == ["Zoe", "Zoe"]
