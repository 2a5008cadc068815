"""Webhooks over HTTP: who may, what is answered, and what never is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from api.app import create_app
from api.live import Live
from api.probes import Health
from api.webhooks.guard import Guard
from api.webhooks.sending import Sender
from deploy.answers.boards import StoreBoards
from deploy.clock import now
from deploy.delivering.office import StoreWebhooks
from deploy.delivering.telling import Teller
from deploy.delivering.vault import Vault, new_key
from deploy.programs.applying import apply_programs
from deploy.programs.commands import Commands
from deploy.programs.desk import StoreDesk
from processors.alerts.delivery import Delivery, DeliveryState, Outcome, after_attempt
from processors.alerts.payloads import example
from processors.metrics import NoMetrics
from processors.programs.definitions import parse_programs
from processors.programs.tokens import Role, Token
from storage.clickhouse import ClickHouseStore
from storage.webhooks import ClickHouseWebhooks
from tests.receivers import Receiver, answer, receiving
from tests.stores import log_of

PROGRAMS = "\n---\n".join(
    f'{{slug: {slug}, title: X, wikis: ["*"], open: true, '
    'sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-24T00:00Z"}]}'
    for slug in ("wir", "other")
)


class Site:
    """The API over a store, and what stands behind it."""

    def __init__(
        self, store: ClickHouseStore, receiver: Receiver, client: httpx.AsyncClient, commands: Commands
    ) -> None:
        self.receiver = receiver
        self.webhooks = ClickHouseWebhooks(store.connections)
        self._client = client
        self._commands = commands

    def token(self, role: Role, programs: Sequence[str] = ()) -> str:
        def make(digest: str, at: datetime) -> Token:
            return Token(f"{role} {programs}", role, digest, at, programs=frozenset(programs))

        return self._commands.add_token(make)[1]

    async def ask(self, method: str, path: str, token: str = "", status: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answered = await self._client.request(method, f"/api/v1/programs{path}", headers=headers, **more)
        assert answered.status_code == status, answered.text
        return answered.json() if answered.content else None


@pytest.fixture
async def site(store: ClickHouseStore) -> AsyncIterator[Site]:
    log = log_of(store)
    apply_programs(log, parse_programs(PROGRAMS, source="test"))
    commands, boards, vault = Commands(store, log, now), StoreBoards(store, now), Vault([new_key()])
    sender = Sender(Guard(["127.0.0.1"]), user_agent="test")
    webhooks = StoreWebhooks(
        ClickHouseWebhooks(store.connections),
        sender,
        Teller(sender, vault, now),
        vault,
        now,
        base_url="https://x.example",
    )

    async def healthy() -> Health:
        return Health(True)

    app = create_app(
        boards,
        Live(boards, metrics=NoMetrics()),
        metrics_text=lambda: b"",
        health=healthy,
        version="0",
        desk=StoreDesk(store, commands, now),
        webhooks=webhooks,
    )
    async with (
        receiving() as receiver,
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        yield Site(store, receiver, client, commands)
        await sender.close()


async def test_an_organiser_adds_tries_replaces_and_removes_a_webhook(site: Site) -> None:
    token = site.token(Role.ORGANISER, ["wir"])
    body = {"url": site.receiver.url("/hook"), "kinds": ["speedy", "goal"]}
    added = await site.ask("POST", "/wir/webhooks", token, 201, json=body)
    secret, name = added.pop("secret"), added["id"]
    assert secret.startswith("whsec_")
    listed = await site.ask("GET", "/wir/webhooks", token)
    assert listed["webhooks"] == [added]
    assert {"as_of", "lag_seconds", "gaps"} <= listed.keys()
    assert (added["kinds"], added["state"], added["created_by"]) == (["goal", "speedy"], "active", "organiser ['wir']")

    pinged = await site.ask("POST", f"/wir/webhooks/{name}/ping", token)
    assert (pinged["delivered"], pinged["status"]) == (True, 204)
    Webhook(secret).verify(site.receiver.requests[0].body, site.receiver.requests[0].headers)
    assert (await site.ask("POST", f"/wir/webhooks/{name}/ping", token, 409))["code"] == "conflict"
    (attempt,) = (await site.ask("GET", f"/wir/webhooks/{name}/log?limit=5", token))["attempts"]
    assert (attempt["type"], attempt["status"], attempt["attempt"]) == ("webhook.test", 204, 1)

    rotated = await site.ask("POST", f"/wir/webhooks/{name}/rotate", token)
    assert rotated["secret"] != secret
    (now_listed,) = (await site.ask("GET", "/wir/webhooks", token))["webhooks"]
    assert now_listed["former_secret_until"] is not None
    assert "whsec_" not in str(now_listed)

    await site.ask("DELETE", f"/wir/webhooks/{name}", token, 204)
    assert (await site.ask("GET", "/wir/webhooks", token))["webhooks"] == []
    assert (await site.ask("POST", f"/wir/webhooks/{name}/ping", token, 404))["code"] == "no_such_webhook"


async def test_dead_letters_are_replayed(site: Site) -> None:
    token = site.token(Role.ADMIN)
    added = await site.ask("POST", "/wir/webhooks", token, 201, json={"url": site.receiver.url("/hook")})
    at = datetime.now(UTC)
    message = Delivery(added["id"], "msg_1", example(added["id"], "wir", at), at, at)
    site.webhooks.write([after_attempt(message, Outcome(410, "http_410"), at, 0.0)])
    (listed,) = (await site.ask("GET", "/wir/webhooks", token))["webhooks"]
    assert listed["dead"] == 1
    unknown = {"messages": ["msg_2"]}
    await site.ask("POST", f"/wir/webhooks/{added['id']}/replay", token, 422, json=unknown)
    replayed = await site.ask("POST", f"/wir/webhooks/{added['id']}/replay", token, json={"messages": ["msg_1"]})
    assert replayed == {"replayed": 1}
    (again,) = site.webhooks.pending(10)
    assert (again.message_id, again.state) == ("msg_1", DeliveryState.PENDING)


async def test_nobody_else_sees_or_changes_a_programs_webhooks(site: Site) -> None:
    owner, other = site.token(Role.ORGANISER, ["wir"]), site.token(Role.ORGANISER, ["other"])
    viewer = site.token(Role.VIEWER, ["wir"])
    added = await site.ask("POST", "/wir/webhooks", owner, 201, json={"url": site.receiver.url("/hook")})
    one = f"/webhooks/{added['id']}"
    for method, path in (
        ("GET", "/webhooks"), ("POST", "/webhooks"), ("DELETE", one), ("POST", f"{one}/rotate"),
        ("POST", f"{one}/ping"), ("POST", f"{one}/replay"), ("GET", f"{one}/log"),
    ):  # fmt: skip
        more = {"json": {"url": site.receiver.url("/x")}} if path == "/webhooks" and method == "POST" else {}
        await site.ask(method, f"/wir{path}", "", 401, **more)
        for token in (other, viewer):
            await site.ask(method, f"/wir{path}", token, 403, **more)
        if path != "/webhooks":
            assert (await site.ask(method, f"/other{path}", other, 404))["code"] == "no_such_webhook"
    assert site.receiver.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/", "https://localhost/", "https://169.254.169.254/latest/", "https://[::ffff:7f00:1]/",
        "https://x:y@hooks.example.org/", "ftp://hooks.example.org/", "nothing",
    ],
)  # fmt: skip
async def test_targets_inside_are_refused_without_saying_what_is_there(site: Site, url: str) -> None:
    token = site.token(Role.ADMIN)
    refused = await site.ask("POST", "/wir/webhooks", token, 422, json={"url": url})
    assert refused["code"] == "refused"
    assert "10.0.0.1" not in refused["detail"]
    assert (await site.ask("GET", "/wir/webhooks", token))["webhooks"] == []


async def test_what_an_endpoint_answers_is_told_as_a_word_alone(site: Site) -> None:
    token = site.token(Role.ADMIN)
    site.receiver.behaviours["/hook"] = answer(500, body=b"password=hunter2")
    added = await site.ask("POST", "/wir/webhooks", token, 201, json={"url": site.receiver.url("/hook")})
    pinged = await site.ask("POST", f"/wir/webhooks/{added['id']}/ping", token)
    assert (pinged["delivered"], pinged["status"], pinged["error"]) == (False, 500, "http_500")
    assert "hunter2" not in str(pinged) + str(await site.ask("GET", f"/wir/webhooks/{added['id']}/log", token))


async def test_a_chats_address_is_not_shown_again(site: Site) -> None:
    token = site.token(Role.ADMIN)
    body = {"url": site.receiver.url("/services/T0/very-secret"), "format": "slack"}
    added = await site.ask("POST", "/wir/webhooks", token, 201, json=body)
    assert added["secret"] == ""
    assert "very-secret" not in str(added) + str(await site.ask("GET", "/wir/webhooks", token))
    pinged = await site.ask("POST", f"/wir/webhooks/{added['id']}/ping", token)
    assert pinged["delivered"]
    assert "webhook-signature" not in site.receiver.requests[0].headers
