"""Alerts of what a real MediaWiki did: recorded, and scripted while the test runs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from processors.alerts.alerts import TAGS, AlertKind, AlertState
from storage.clickhouse import ClickHouseStore
from tests.alerting import RULES, AlertWorld
from tests.mediawiki import real_wiki
from tests.mediawiki_feed import Editor, following
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
