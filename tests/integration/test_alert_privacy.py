"""What a wiki hides, and whoever asks to be forgotten, is in no alert; on a real ClickHouse."""

from __future__ import annotations

from dataclasses import replace

from deploy.cli.forgetting import find, forget
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.lifecycle import page_alerts
from processors.alerts.signals import signals
from processors.alerts.stories import stories
from processors.alerts.works import contribution_alert
from processors.judging.contributions import PageRef
from processors.privacy.hiding import SUMMARY, USER, hidings
from storage.alerts import ClickHouseAlerts
from storage.clickhouse import ClickHouseStore
from tests.alert_histories import PUT_ON, RULES, commented, tag
from tests.histories import START, WIKI, edit, hidden, moved
from tests.integration.test_forgetting import PERSON, remember
from tests.purging import NOW, SECRET, tables

TAGGING = replace(commented(1, "A", PUT_ON), user=SECRET)
"""Revision 5001."""


def page_alert() -> Alert:
    (story,) = stories([one for fact in (TAGGING,) for one in signals(fact, RULES.of(WIKI))])
    (found,) = page_alerts("p", story, lambda title, namespace: True, ["Ben"])
    return found


def reverted(user: str, title: str = "A", detail: str = "", number: int = 5001) -> Alert:
    alert = contribution_alert("p", AlertKind.REVERTED, WIKI, number, title, user)
    return replace(alert, steps=(Step(AlertState.OPEN, START, "event", user, number, detail),))


def test_a_hidden_author_is_in_no_alert_and_the_rest_is_untouched(store: ClickHouseStore) -> None:
    alerts = ClickHouseAlerts(store.connections)
    others = replace(commented(2, "A", PUT_ON), user="Ben")
    store.append([TAGGING, others], NOW)
    alerts.write_signals([one for fact in (TAGGING, others) for one in signals(fact, RULES.of(WIKI))])
    mine, theirs = reverted(SECRET), reverted("Ben", number=5002)
    alerts.write_alerts([(mine, 1), (theirs, 1), (page_alert(), 1)], [], 5)
    assert SECRET in repr(tables(store))
    store.purge(hidings([hidden(5, "A", 5001, USER | SUMMARY)]), 20)
    assert SECRET not in repr(tables(store))
    first, second = sorted(alerts.signals_of_pages([PageRef(WIKI, "A")]), key=lambda one: one.order)
    assert (first.user, first.detail, second.user, second.detail) == ("", "", "Ben", PUT_ON)
    (kept,) = [one.alert for one in alerts.alerts_of_ids([("p", theirs.alert_id)])]
    assert kept == theirs


def test_a_forgotten_person_is_in_no_alert_and_the_rest_is_untouched(store: ClickHouseStore) -> None:
    log = remember(store)
    alerts = ClickHouseAlerts(store.connections)
    draft = f"User:{PERSON}/Draft"
    facts = [
        replace(commented(11, "A", PUT_ON), user=PERSON),
        replace(tag(12, "Category:Proposed deletion", draft), user="Ben"),
        moved(13, draft, "B"),
    ]
    alerts.write_signals([one for fact in facts for one in signals(fact, RULES.of(WIKI))])
    alerts.write_program_pages([(PageRef(WIKI, draft), "p"), (PageRef(WIKI, "A"), "p")])
    kept = reverted("Ben", detail=f"not {PERSON[:-3]}m Smith", number=5009)
    told = [reverted(PERSON), reverted("Ben", draft, f"moved to {draft}", 5008), kept]
    alerts.write_alerts([(one, 1) for one in told], [], 5)
    forget(store, log, find(store, log, PERSON).person, NOW)
    contents = tables(store)
    assert PERSON not in repr(contents)
    titles = {row[5] for row in contents["alerts"]}
    assert titles == {"A", "User:(forgotten 1)/Draft"}
    (same,) = [one.alert for one in alerts.alerts_of_ids([("p", kept.alert_id)])]
    assert same == kept
    assert [one.user for one in alerts.signals_of_pages([PageRef(WIKI, "A")])] == [""]
    assert alerts.programs_of_pages([PageRef(WIKI, "A")]) == [(PageRef(WIKI, "A"), "p")]


def test_an_edit_like_others_keeps_its_alert(store: ClickHouseStore) -> None:
    alerts = ClickHouseAlerts(store.connections)
    store.append([edit(1, "A", "Ben")], NOW)
    alerts.write_alerts([(reverted("Ben"), 1)], [], 5)
    store.purge(hidings([hidden(5, "A", 77, USER)]), 20)
    assert [one.alert.users for one in alerts.alerts_of_kinds(["p"], [AlertKind.REVERTED])] == [("Ben",)]
