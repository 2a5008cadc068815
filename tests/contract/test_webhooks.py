"""What the outbox promises, on every kind of server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from processors.alerts.alerts import AlertKind
from processors.alerts.delivery import Delivery, DeliveryState, Outcome, after_attempt, replayed
from processors.alerts.payloads import diff_url, example, webhook_id
from processors.alerts.subscriptions import Format, Subscription, SubscriptionState
from processors.ports.webhooks import Figures
from processors.privacy.hiding import USER, Hiding
from storage.clickhouse import ClickHouseStore
from storage.webhooks import ClickHouseWebhooks, drop_messages

NOW = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)
DEAD = frozenset({DeliveryState.DEAD})


def subscription(name: str, program: str = "wir") -> Subscription:
    kinds = frozenset({AlertKind.SPEEDY, AlertKind.GOAL})
    return Subscription(name, program, "", kinds, Format.STANDARD, "https://x.example/?a='\\", NOW, "Ada", version=1)


def delivery(number: int, name: str = "s") -> Delivery:
    at = NOW + timedelta(microseconds=number)
    notice = replace(example(name, "wir", at), users=('Ada "the" Æ', "Bob's\\"), alert_id=str(number % 3))
    return Delivery(name, webhook_id(name, notice), notice, at, at, number)


def test_subscriptions_are_as_they_were_last_saved(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    one, two = subscription("s1"), replace(subscription("s2"), created_at=NOW + timedelta(seconds=1))
    for each in (two, one, one):
        webhooks.save(each)
    rotated = replace(one, secret="b", former_secret="a", former_until=NOW, version=2)
    webhooks.save(rotated)
    webhooks.save(one)
    assert webhooks.subscriptions() == [rotated, two]
    assert webhooks.subscriptions("s2") == [two]
    ended = webhooks.end(two, "gone", NOW)
    assert webhooks.subscriptions("s2") == [ended]
    assert ended.state is SubscriptionState.ENDED


def test_messages_come_out_once_in_order_and_as_they_went_in(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    queued = [delivery(number) for number in range(9)]
    webhooks.write(queued[5:])
    webhooks.write(queued)
    newest = webhooks.newest(0)
    assert newest > 0
    assert webhooks.newest(newest) == newest
    assert webhooks.pending_since(0) == queued
    assert webhooks.pending_since(newest) == []
    assert webhooks.pending(4) == queued[:4]
    assert webhooks.pending(100, "other") == []


def test_what_was_sent_stays_sent_although_it_is_queued_again(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    one, two = delivery(1), delivery(2)
    webhooks.write([one, two])
    webhooks.write([after_attempt(one, Outcome(200, seconds=0.25), NOW, 0.5)])
    failed = after_attempt(two, Outcome(503, "http_503", 0.5), NOW, 0.5)
    webhooks.write([failed])
    webhooks.write([one, two])
    assert webhooks.pending_since(0) == webhooks.pending(10) == [failed]


def test_dead_letters_are_kept_to_be_replayed(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    dead = after_attempt(delivery(1), Outcome(410, "http_410", 0.5), NOW, 0.5)
    webhooks.write([delivery(1), dead, after_attempt(delivery(2), Outcome(200), NOW, 0.5)])
    assert webhooks.deliveries("s") == webhooks.deliveries("s", DEAD) == [dead]
    assert webhooks.deliveries("s", message="msg_none") == []
    again = replayed(dead, NOW + timedelta(days=1))
    webhooks.write([again])
    assert webhooks.pending(10) == webhooks.deliveries("s", message=dead.message_id) == [again]
    assert webhooks.deliveries("s", DEAD) == []


def test_the_log_tells_how_each_attempt_went(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    now = datetime.now(UTC)
    first = after_attempt(delivery(1), Outcome(0, "timeout", 15.0), now, 0.5)
    second = after_attempt(first, Outcome(204, "", 0.125), now, 0.5)
    webhooks.write([first, delivery(3)])
    webhooks.note([(first, now - timedelta(seconds=5))])
    webhooks.note([(first, now - timedelta(seconds=5)), (second, now)])
    newest, oldest = webhooks.log("s", 10)
    assert (newest.attempt, newest.status, newest.error, newest.seconds) == (2, 204, "", 0.125)
    assert (oldest.attempt, oldest.status, oldest.error) == (1, 0, "timeout")
    assert newest.message_id == oldest.message_id == first.message_id
    assert [one.attempt for one in webhooks.log("s", 1)] == [2]
    assert webhooks.figures() == {"s": Figures(2, 0, newest.at, 204, "", 1)}


def test_old_messages_and_attempts_go(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    now = datetime.now(UTC)
    tried = after_attempt(delivery(1), Outcome(204), now, 0.5)
    webhooks.write([delivery(1), delivery(2)])
    webhooks.note([(tried, now)])
    webhooks.drop_old(now - timedelta(days=1))
    assert (len(webhooks.pending(10)), len(webhooks.log("s", 10))) == (2, 1)
    webhooks.drop_old(now + timedelta(days=1))
    assert (webhooks.pending(10), webhooks.log("s", 10)) == ([], [])


def test_messages_about_somebody_who_is_forgotten_go(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    other = replace(delivery(2), notice=replace(delivery(2).notice, users=("Somebody",)))
    webhooks.write([delivery(1), other])
    drop_messages(store.connections, [])
    drop_messages(store.connections, ["Nobody"])
    assert len(webhooks.pending(10)) == 2
    drop_messages(store.connections, ['Ada "the" Æ'])
    assert webhooks.pending(10) == [other]


def test_messages_that_point_at_a_revision_go_when_its_author_is_hidden(store: ClickHouseStore) -> None:
    webhooks = ClickHouseWebhooks(store.connections)
    one, two = (
        replace(delivery(n), notice=replace(delivery(n).notice, diff_url=diff_url("fr.wikipedia.org", rev_id)))
        for n, rev_id in enumerate((7, 77))
    )
    webhooks.write([one, two])
    store.purge([Hiding("fr.wikipedia.org", "frwiki", 7, USER)], store.newest_version() + 2)
    assert webhooks.pending(10) == [two]
