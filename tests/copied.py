"""A store with something in every table, to be copied or backed up, and all that a store holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from deploy.cli.forgetting import find, forget
from processors.alerts.alerts import AlertKind, AlertState, Step
from processors.alerts.delivery import Delivery, Outcome, after_attempt
from processors.alerts.payloads import example
from processors.alerts.signals import Act, Signal
from processors.alerts.subscriptions import Format, Subscription
from processors.alerts.works import contribution_alert
from processors.facts.facts import Order
from processors.folds.listing import Listing
from processors.judging.contributions import CategoryRef, PageRef
from processors.ports.store import DeadLetter, Gap, RawEvent
from processors.programs.commands import Freeze
from processors.programs.tokens import Role
from storage.alerts import ClickHouseAlerts
from storage.clickhouse import ClickHouseStore
from storage.copying_tables import tables_of
from storage.listings import ClickHouseListings
from storage.webhooks import ClickHouseWebhooks
from tests.acceptance.world import World
from tests.recorders import EVENTSTREAMS
from tests.stores import log_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _numbered() -> Iterator[tuple[int, bytes]]:
    """The events of five wikis as of one topic, with their offsets there."""
    recorded = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
    for offset, line in enumerate(recorded, start=6_600_000_000):
        event = orjson.loads(line)
        event["meta"]["offset"] = offset
        yield offset, orjson.dumps(event)


OFFSETS, LINES = zip(*_numbered(), strict=True)
PROGRAMS = """\
slug: everyone
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: ["*"]
namespaces: all
open: true
exclude: {bots: false}
---
slug: enrolled
sessions: [{start: "2026-11-23T00:00Z", end: "2026-11-24T00:00Z"}]
wikis: ["*.wikipedia.org"]
participants: [Aïcha Benali, Bob the Builder]
"""


def everything(store: ClickHouseStore) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables as readers see them, whatever the order."""
    asked = store.connections.statement
    held = {
        name: sorted(asked(f"SELECT {', '.join(one.compared for one in table.columns)} FROM {name} FINAL")[0], key=repr)
        for name, table in tables_of(store.connections).items()
    }
    log = "SELECT * EXCEPT (stored_at) FROM program_events ORDER BY position, stored_at LIMIT 1 BY position"
    return held | {"program_events": asked(log)[0]}


def fill(store: ClickHouseStore) -> World:
    """A real MediaWiki's afternoon, counted; somebody forgotten, and whatever else a store may hold."""
    world = World(store, NOON)
    world.apply(PROGRAMS)
    world.read_events(LINES[:900])
    world.decide(Freeze("everyone", "final", world.now))
    world.token(Role.ORGANISER, "everyone")
    letter = DeadLetter(RawEvent(b"\xff{\x00'\\"), "json", "not UTF-8", NOON)
    store.write_dead_letters([letter])
    store.write_gaps([Gap("eqiad.mediawiki.recentchange", 0, 5, 9, NOON)], [], store.newest_version())
    category = CategoryRef("en.wikipedia.org", "Category:Écrivaines")
    ClickHouseListings(store.connections).write(Listing(category, 2, 7, NOON, NOON))
    _subscribe(store)
    _alert(store)
    found = find(store, log_of(store), "Bob the Builder")
    forget(store, log_of(store), found.person, world.now)
    world.restart()
    return world


def _alert(store: ClickHouseStore) -> None:
    """An alert, and what it was made of."""
    alerts, page = ClickHouseAlerts(store.connections), PageRef("en.wikipedia.org", "Écrivaine")
    tagging = Order(NOON, 5, "event-of-a-tag")
    alerts.write_signals([Signal(*page, Act.TAGGED, tagging, AlertKind.SPEEDY, "Zoe", 7, "Category:Speedy", "why")])
    alerts.write_program_pages([(page, "everyone")])
    opened = Step(AlertState.TAGGED, NOON, tagging.event_id, "Zoe", 7, "Category:Speedy")
    alert = contribution_alert("everyone", AlertKind.SPEEDY, page.wiki, 7, page.title, "Ada")
    alerts.write_alerts([(replace(alert, steps=(opened,)), 1)], [], 9)


def _subscribe(store: ClickHouseStore) -> None:
    """A webhook, and a message that was tried once."""
    webhooks = ClickHouseWebhooks(store.connections)
    now = datetime.now(UTC)
    webhooks.save(
        Subscription("wh_1", "everyone", "", frozenset({AlertKind.SPEEDY}), Format.STANDARD, "https://x.example/", NOON)
    )
    message = Delivery("wh_1", "msg_1", example("wh_1", "everyone", now), now, now)
    tried = after_attempt(message, Outcome(503, "http_503", 0.25), now, 0.5)
    webhooks.write([message, tried])
    webhooks.note([(tried, now)])
