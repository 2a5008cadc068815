"""From an alert to the receiver, over a real store: signed, in order, at least once, whatever receivers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from time import perf_counter
from typing import Any

import orjson
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from api.webhooks import sending
from deploy.delivering import deliverer as delivering
from deploy.delivering import keeping
from deploy.delivering.vault import Vault, new_key
from deploy.opening import OpenStore
from deploy.settings import Settings
from processors.alerts.alerts import AlertKind, AlertState
from processors.alerts.delivery import OPEN_AFTER, SCHEDULE
from processors.alerts.subscriptions import Format
from processors.errors import Conflict, InvalidInput, StoreUnavailable
from processors.metrics import WEBHOOK_ATTEMPTS, WEBHOOK_DEAD, WEBHOOK_LATENCY, WEBHOOK_OPEN, WEBHOOK_PENDING
from storage.clickhouse import ClickHouseStore
from storage.locks import Lease, Locks
from tests.receivers import answer, gigabytes, hang, receiving, slam, trickle
from tests.stores import log_of
from tests.webhook_site import KEY, Site, change, until


@pytest.fixture
async def site(store: ClickHouseStore) -> AsyncIterator[Site]:
    async with receiving() as receiver:
        one = Site(store, receiver)
        yield one
        await one.sender.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 2.0)


async def test_an_alerts_steps_arrive_once_in_order_and_are_verified_by_the_specifications_library(site: Site) -> None:
    subscription, secret = await site.add("/hook")
    steps = (AlertState.TAGGED, AlertState.DELETED, AlertState.RESTORED, AlertState.TAGGED, AlertState.UNTAGGED)
    told = change("Marie Curie", *steps[:3])
    async with site.delivering():
        assert site.queue(told) == 3
        await site.arrived(3)
        assert site.queue(told) == 3
        assert site.queue(change("Élodie", *steps[3:])) == 2
        await site.arrived(5)
        await until(lambda: site.state(subscription.id) == {"delivered": 5})
        await asyncio.sleep(0.6)
    arrived = [Webhook(secret).verify(one.body, one.headers) for one in site.receiver.requests]
    assert [one["type"] for one in arrived] == [f"alert.{state}" for state in steps]
    assert len({one.headers["webhook-id"] for one in site.receiver.requests}) == 5
    assert arrived[0]["data"]["title"] == "Marie Curie"
    assert arrived[0]["data"]["board_url"] == "https://tally.example/programs/wir"
    assert len(site.metrics.observed[(WEBHOOK_LATENCY.name,)]) == 5


async def test_only_what_a_subscription_is_for_is_told_and_nobody_who_hides(site: Site) -> None:
    await site.add("/campaign", program="", campaign="autumn")
    await site.add("/all", program="", kinds=frozenset({AlertKind.GOAL}))
    await site.add("/secret", program="secret")
    hidden = change("A", AlertState.TAGGED, users=("Ada", "Bob"))
    hidden = replace(hidden, fresh=(replace(hidden.fresh[0], detail="by Bob"),))
    private = change("B", AlertState.TAGGED, program="secret")
    async with site.delivering():
        site.queue(hidden, private, change("C", AlertState.TAGGED, program="unknown"))
        await site.arrived(2)
    (campaign,), (secret,) = site.receiver.at("/campaign"), site.receiver.at("/secret")
    assert orjson.loads(campaign.body)["data"]["users"] == ["Ada", "Participant 2"]
    assert b"Bob" not in campaign.body
    assert orjson.loads(secret.body)["data"]["title"] == "B"
    assert site.receiver.at("/all") == []


async def test_nobody_waits_for_receivers_that_hang_trickle_fail_or_never_end(site: Site, hasty: None) -> None:
    bad = {"/hang": hang, "/trickle": trickle, "/500": answer(500), "/big": gigabytes, "/slam": slam}
    redirect = answer(302, f"Location: {site.receiver.url('/inner')}\r\n")
    site.receiver.behaviours.update({**bad, "/302": redirect, "/429": answer(429, "Retry-After: 600\r\n")})
    for path in ("/good", *site.receiver.behaviours):
        await site.add(path)
    async with site.delivering():
        started = perf_counter()
        for number in range(5):
            site.queue(change(f"Page {number}", AlertState.TAGGED))
        await until(lambda: len(site.receiver.at("/good")) == 5)
        assert perf_counter() - started < 2
        await until(lambda: len(site.receiver.at("/big")) == 5)
        site.queue(change("Later", AlertState.TAGGED))
        later = perf_counter()
        await until(lambda: len(site.receiver.at("/good")) == 6)
        assert perf_counter() - later < 2
        await until(lambda: len(site.receiver.at("/500")) >= 5)
    assert site.receiver.at("/inner") == []
    assert len(site.receiver.at("/429")) == 1


async def test_an_endpoint_that_fails_for_an_hour_gets_everything_in_order_in_the_end(site: Site) -> None:
    subscription, secret = await site.add("/hook")
    site.receiver.behaviours["/hook"] = answer(500)
    async with site.delivering():
        site.queue(change("A", AlertState.TAGGED, AlertState.DELETED))
        await site.arrived(1)
        for expected, wait in enumerate(SCHEDULE[:3], start=2):
            await asyncio.sleep(0.3)
            assert len(site.receiver.requests) == expected - 1
            site.moved += wait
            await site.arrived(expected)
        assert {one.headers["webhook-id"] for one in site.receiver.requests} == {
            site.receiver.requests[0].headers["webhook-id"]
        }
        site.receiver.behaviours["/hook"] = answer(200)
        await asyncio.sleep(0.3)
        site.moved += timedelta(hours=2)
        await site.arrived(6)
        await until(lambda: site.state(subscription.id) == {"delivered": 2})
    last = [orjson.loads(one.body)["type"] for one in site.receiver.requests[-2:]]
    assert last == ["alert.tagged", "alert.deleted"]
    log = await site.desk.log(subscription.id, 10)
    assert [one.status for one in log] == [200, 200, 500, 500, 500, 500]
    assert sorted(one.attempt for one in log) == [1, 1, 2, 3, 4, 5]
    stamps = [int(one.headers["webhook-timestamp"]) for one in site.receiver.requests[:5]]
    assert stamps == sorted(set(stamps))
    assert secret


async def test_what_never_arrives_becomes_a_dead_letter_and_is_replayed_by_hand(site: Site) -> None:
    subscription, _ = await site.add("/hook")
    site.receiver.behaviours["/hook"] = answer(503)
    async with site.delivering():
        site.queue(change("A", AlertState.TAGGED, AlertState.DELETED))
        for number, wait in enumerate(SCHEDULE, start=1):
            await site.arrived(number)
            await asyncio.sleep(0.1)
            site.moved += wait + timedelta(seconds=1)
        site.moved += timedelta(days=3)
        await until(lambda: site.state(subscription.id) == {"dead": 2})
        (_, figures), *_ = await site.desk.all()
        assert (figures.dead, figures.last_status, figures.last_error) == (2, 503, "http_503")
        tried = len(site.receiver.requests)
        first = site.receiver.requests[0].headers["webhook-id"]

        site.receiver.behaviours["/hook"] = answer(200)
        with pytest.raises(InvalidInput, match="no dead letter"):
            await site.desk.replay(subscription.id, ["msg_unknown"])
        assert await site.desk.replay(subscription.id, [first]) == 1
        assert await site.desk.replay(subscription.id) == 1
        # The endpoint is left alone for a while, and then tried.
        site.moved += timedelta(hours=1)
        await until(lambda: site.state(subscription.id) == {"delivered": 2})
    assert site.receiver.requests[tried].headers["webhook-id"] == first


async def test_an_endpoint_that_is_gone_is_told_nothing_more(site: Site) -> None:
    subscription, _ = await site.add("/hook")
    site.receiver.behaviours["/hook"] = answer(410)
    async with site.delivering():
        site.queue(*(change(f"Page {number}", AlertState.TAGGED) for number in range(3)))
        await until(lambda: site.state(subscription.id) == {"dead": 3})
        assert site.queue(change("Later", AlertState.TAGGED)) == 0
    assert len(site.receiver.requests) == 1
    assert [(one.active, one.ended_because) for one in site.webhooks.subscriptions()] == [(False, "gone")]
    with pytest.raises(InvalidInput, match="has ended"):
        await site.desk.replay(subscription.id)


async def test_a_webhook_that_was_removed_is_told_nothing_more(site: Site) -> None:
    subscription, _ = await site.add("/hook")
    site.receiver.behaviours["/hook"] = answer(503)
    async with site.delivering():
        site.queue(change("A", AlertState.TAGGED))
        await site.arrived(1)
        await site.desk.remove(subscription.id)
        await until(lambda: site.state(subscription.id) == {"dead": 1})
    assert await site.desk.all() == []
    (removed,) = site.webhooks.subscriptions()
    assert (removed.url, removed.secret) == ("", "")
    with pytest.raises(InvalidInput, match="no webhook"):
        await site.desk.ping(subscription.id)


async def test_whoever_asks_to_wait_is_waited_for(site: Site) -> None:
    await site.add("/hook")
    site.receiver.behaviours["/hook"] = answer(429, "Retry-After: 120\r\n")
    async with site.delivering():
        site.queue(change("A", AlertState.TAGGED), change("B", AlertState.TAGGED))
        await site.arrived(1)
        site.receiver.behaviours["/hook"] = answer(200)
        site.moved += timedelta(seconds=100)
        await asyncio.sleep(0.6)
        assert len(site.receiver.requests) == 1
        site.moved += timedelta(seconds=30)
        await site.arrived(3)


async def test_a_crash_between_arrival_and_note_of_it_repeats_the_message_under_its_id(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription, _ = await site.add("/hook")

    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(site.webhooks, "write", away, raising=False)
        async with site.delivering():
            site.queue(change("A", AlertState.TAGGED))
            await site.arrived(1)
    assert site.state(subscription.id) == {"pending": 1}
    async with site.delivering():
        await until(lambda: site.state(subscription.id) == {"delivered": 1})
    first, again = site.receiver.requests
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body


async def test_a_store_that_is_away_delays_and_loses_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    subscription, _ = await site.add("/hook")
    monkeypatch.setattr(delivering, "WHEN_AWAY", 0.05)
    real, failing = site.webhooks.write, [True] * 3

    def sometimes(deliveries: Any) -> None:
        if failing:
            failing.pop()
            raise StoreUnavailable("away")
        real(deliveries)

    monkeypatch.setattr(site.webhooks, "write", sometimes)
    async with site.delivering():
        site.queue(change("A", AlertState.TAGGED, AlertState.DELETED))
        await until(lambda: site.state(subscription.id) == {"delivered": 2})
    assert len(site.receiver.requests) == 2


async def test_secrets_are_shown_once_stored_encrypted_and_replaced_without_a_gap(site: Site) -> None:
    subscription, former = await site.add("/hook")
    new = await site.desk.rotate(subscription.id)
    async with site.delivering():
        site.queue(change("A", AlertState.TAGGED))
        await site.arrived(1)
        (request,) = site.receiver.requests
        for secret in (former, new):
            Webhook(secret).verify(request.body, request.headers)
        site.moved += timedelta(days=1, minutes=1)
        site.queue(change("B", AlertState.TAGGED))
        await site.arrived(2)
        assert len(site.receiver.requests[1].headers["webhook-signature"].split()) == 1
    stored = repr(site.store.connections.statement("SELECT * FROM webhook_subscriptions")[0])
    shown = repr(await site.desk.all())
    for secret in (former, new):
        assert secret not in stored
        assert secret not in shown

    other = new_key()
    site.desk._vault = Vault([other, KEY])
    assert await site.desk.rekey() == 1
    assert Vault([other]).decrypted(site.webhooks.subscriptions()[0].secret) == new


async def test_a_test_is_sent_at_once_and_not_again_and_again(site: Site) -> None:
    subscription, secret = await site.add("/hook")
    outcome = await site.desk.ping(subscription.id)
    assert (outcome.delivered, outcome.status) == (True, 204)
    (request,) = site.receiver.requests
    assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook.test"
    with pytest.raises(Conflict, match="seconds ago"):
        await site.desk.ping(subscription.id)
    (attempt,) = await site.desk.log(subscription.id, 10)
    assert (attempt.type, attempt.status) == ("webhook.test", 204)


async def test_targets_that_are_not_allowed_are_refused_when_they_are_added(site: Site) -> None:
    for url in (
        "http://127.0.0.2/",
        "https://localhost/",
        "https://169.254.169.254/",
        "https://[::1]/",
        "mailto:a@b.org",
    ):
        with pytest.raises(InvalidInput):
            await site.add("/", url=url)
    for url in ("https://8.8.8.8/", "mailto:a", "mailto:a@b.org?bcc=c@d.org", "mailto:a@b.org\r\nTo: x@y.org"):
        with pytest.raises(InvalidInput):
            await site.add("/", url=url, format=Format.EMAIL)
    site.desk._vault = Vault([])
    with pytest.raises(InvalidInput, match="WIKITALLY_SECRET_KEY"):
        await site.add("/")
    assert site.webhooks.subscriptions() == []


async def test_a_thousand_subscriptions_hear_of_an_alert_within_seconds(site: Site) -> None:
    template, _ = await site.add("/0")
    for number in range(1, 1000):
        site.webhooks.save(replace(template, id=f"wh_{number}", url=site.receiver.url(f"/{number}")))
    async with site.delivering():
        await asyncio.sleep(0.5)
        started = perf_counter()
        assert site.queue(change("A", AlertState.TAGGED)) == 1000
        await site.arrived(1000)
        assert perf_counter() - started < 10
    assert len({one.headers["webhook-id"] for one in site.receiver.requests}) == 1000
    assert site.metrics.total(WEBHOOK_ATTEMPTS) == 1000


async def test_what_waits_and_who_is_left_alone_is_shown_for_as_long_as_it_is_so(site: Site) -> None:
    def shown() -> tuple[float | None, float | None]:
        return site.metrics.gauges.get((WEBHOOK_PENDING.name,)), site.metrics.gauges.get((WEBHOOK_OPEN.name,))

    await site.add("/back")
    lost, _ = await site.add("/lost")
    for path in ("/back", "/lost"):
        site.receiver.behaviours[path] = answer(500)
    async with site.delivering():
        await until(lambda: shown() == (0, 0))
        site.queue(*(change(f"Page {number}", AlertState.TAGGED) for number in range(OPEN_AFTER + 1)))
        await until(lambda: shown() == (2 * (OPEN_AFTER + 1), 2))
        site.receiver.behaviours["/back"] = answer(200)
        site.moved += timedelta(minutes=1)
        await until(lambda: shown() == (OPEN_AFTER + 1, 1))
        await site.desk.remove(lost.id)
        await until(lambda: shown() == (0, 0))
    assert shown() == (None, None)
    assert site.metrics.total(WEBHOOK_DEAD) == OPEN_AFTER + 1


async def test_one_process_at_a_time_delivers_and_is_succeeded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "LEASE_SECONDS", 2)
    locks = Locks(site.store.connections)
    async with keeping._leased(locks):
        with pytest.raises(Conflict):
            async with keeping._leased(locks):
                pytest.fail("two deliver")
        await asyncio.sleep(2.5)
        with pytest.raises(Conflict):
            locks.take(keeping.LOCK, "other", 2)

    class Losing(Locks):
        def renew(self, lease: Lease, seconds: int) -> Lease:
            raise Conflict("somebody else has it")

    with pytest.raises(keeping._Lost):
        async with keeping._leased(Losing(site.store.connections)):
            await asyncio.sleep(10)


async def test_whoever_comes_second_delivers_when_the_first_is_gone(site: Site) -> None:
    subscription, secret = await site.add("/hook")
    settings = Settings(secret_key=SecretStr(KEY), webhook_allow=("127.0.0.1",))
    opened = OpenStore(
        site.store, log_of(site.store), site.store.connections, owned=False, revive=lambda: None, server=None
    )
    Locks(site.store.connections).take(keeping.LOCK, "who died", 3)
    task = asyncio.create_task(keeping.keep_delivering(opened, settings, site.metrics))
    site.queue(change("A", AlertState.TAGGED))
    await asyncio.sleep(1)
    assert site.receiver.requests == []
    await site.arrived(1)
    await until(lambda: site.state(subscription.id) == {"delivered": 1})
    Webhook(secret).verify(site.receiver.requests[0].body, site.receiver.requests[0].headers)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert Locks(site.store.connections).take(keeping.LOCK, "the next", 3)
