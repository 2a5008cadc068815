"""What kinds of accounts are stored and counted; on a real ClickHouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from processors.alerts.rules_data import shipped_rules
from processors.alerts.signals import signals
from processors.facts.decode import Skipped, decode
from processors.facts.facts import UserClass, UserCreated, is_action
from processors.facts.titles import is_ip
from processors.judging.contributions import Cause
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.judging.projection import Projector
from processors.programs.program import Exclusions, Program, Session
from storage.alerts import ClickHouseAlerts
from storage.clickhouse import ClickHouseStore
from tests.histories import START, WIKI, common, edit
from tests.purging import NOW, page_change, write
from tests.recorders import EVENTSTREAMS

EMPTY = {"registrations", "books_at", "participants", "hidden_names", "renamed_names"}
"""What is empty where nobody is enrolled, hides their name or asks for a moment."""


def recorded() -> list[bytes]:
    lines = [line for file in sorted(EVENTSTREAMS.glob("*/*.ndjson")) for line in file.read_bytes().splitlines()]
    return lines + [file.read_bytes() for file in sorted(EVENTSTREAMS.glob("page_change/*.json"))]


def test_no_column_of_users_holds_an_ip_address_after_all_recordings(store: ClickHouseStore) -> None:
    session = Session(datetime(2010, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
    everyone = Program(
        "everyone", "E", (session,), ("*",), namespaces=(("default", None),), open=True, exclude=Exclusions(bots=False)
    )
    facts = [fact for fact in map(decode, recorded()) if not isinstance(fact, Skipped)]
    assert any(fact.user_class is UserClass.ANONYMOUS for fact in facts)
    store.append(facts, NOW)
    projector = Projector([everyone])
    projector.absorb(facts)
    entries = list(projector.judge([fact for fact in facts if is_action(fact)]))
    store.write_changes([Change(one, None, False, Cause("edit", "x")) for one in entries], 1)
    store.refresh_standings({("everyone", one.user, one.wiki) for one in entries}, 1)
    rules = shipped_rules()
    ClickHouseAlerts(store.connections).write_signals(
        [one for fact in facts for one in signals(fact, rules.of(fact.wiki))]
    )
    users = store.connections.statement(
        "SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'user'"
    )[0]
    assert len(users) >= 5
    for (table,) in users:
        names = {name for (name,) in store.connections.statement(f"SELECT DISTINCT user FROM {table}")[0]}
        assert not {name for name in names if is_ip(name)}, table
        assert len(names) > 10 or table in EMPTY, table


def test_temporary_accounts_count_in_open_programs_labelled_and_are_never_new_editors(store: ClickHouseStore) -> None:
    name = "~2026-12345-6"
    made = {"log_id": 1, "log_type": "newusers", "log_action": "autocreate", "params": ""}
    account: dict[str, Any] = common(1, f"User:{name}", name) | {"user_class": UserClass.TEMPORARY} | made
    one = replace(edit(2, "A", name), user_class=UserClass.TEMPORARY)
    told = replace(page_change(5002, name), user_class=UserClass.TEMPORARY)
    store.append([UserCreated(**account, created_user=name, user_id=None), one, told], NOW)
    session = Session(START, START + timedelta(hours=1))
    everyone = Program("everyone", "E", (session,), (WIKI,), open=True)
    (counted,) = Projector([everyone]).judge([one])
    assert (counted.user, counted.user_class, counted.verdict) == (name, UserClass.TEMPORARY, Verdict.COUNTED)
    write(store, counted)
    classes = store.connections.statement("SELECT user, user_class FROM contributions FINAL")[0]
    assert classes == [(name, "temporary")]
    assert store.connections.statement("SELECT user FROM registrations")[0] == []
