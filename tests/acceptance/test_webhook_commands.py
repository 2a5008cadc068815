"""Webhooks by the command, as processes of their own: added, tried, killed while they deliver."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from deploy.clock import now
from deploy.delivering.outbox import Outbox
from deploy.delivering.vault import new_key
from deploy.opening import owned_store
from deploy.programs.commands import Commands
from deploy.settings import Settings
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.changes import AlertChange
from tests.acceptance import commands
from tests.acceptance.commands import arguments, wikitally
from tests.receivers import Receiver, Request, answer, receiving

PROGRAM = """
slug: wir
title: Women in Red
sessions: [{start: "2026-11-23T00:00Z", end: "2026-12-24T00:00Z"}]
wikis: ["*.wikipedia.org"]
participants: [Ada]
"""
MESSAGES = 40


ENVIRONMENT = {"WIKITALLY_SECRET_KEY": new_key(), "WIKITALLY_WEBHOOK_ALLOW": "127.0.0.1"}


async def webhooks(data: Path, *given: object) -> str:
    """What `wikitally webhooks` prints."""
    return await asyncio.to_thread(
        lambda: wikitally("webhooks", *given, "--data", data, code=0, cwd=None, **ENVIRONMENT)
    )


def queue(data: Path) -> None:
    """Put alerts into the outbox, as a worker does."""
    with owned_store(Settings(data=data)) as opened:
        outbox = Outbox(opened.store, Commands(opened.store, opened.log, now).states, clock=now)
        at = datetime.now(UTC)
        changes = []
        for number in range(MESSAGES):
            step = Step(AlertState.TAGGED, at, str(number))
            alert = Alert("wir", f"{number:032}", AlertKind.SPEEDY, "fr.wikipedia.org", f"P{number}", ("Ada",), (step,))
            changes.append(AlertChange(alert, (step,)))
        assert outbox.enqueue(changes, int(at.timestamp() * 1_000_000)) == MESSAGES


async def arrived(receiver: Receiver, number: int) -> None:
    """Wait until so many different messages have arrived."""
    async with asyncio.timeout(90):
        while len({one.headers["webhook-id"] for one in receiver.at("/hook")}) < number:
            await asyncio.sleep(0.01)


async def test_a_webhook_is_added_tried_listed_and_removed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with receiving() as receiver:
        url = receiver.url("/hook")
        refused = await asyncio.to_thread(lambda: wikitally("webhooks", "add", url, "--every", "--data", data, code=2))
        assert "https://" in refused
        added = json.loads(await webhooks(data, "add", url, "--every", "--kind", "speedy", "--json"))
        secret, name = added["secret"], added["id"]
        assert "arrived: status 204" in await webhooks(data, "ping", name)
        (request,) = receiver.requests
        assert Webhook(secret).verify(request.body, request.headers)["type"] == "webhook.test"
        listed = await webhooks(data, "list", "--json")
        (one,) = json.loads(listed)
        assert (one["id"], one["kinds"], one["last_status"], one["state"]) == (name, ["speedy"], 204, "active")
        assert secret not in listed
        assert name in await webhooks(data, "list")
        new = json.loads(await webhooks(data, "rotate", name, "--json"))["secret"]
        assert new not in (secret, "")
        (attempt,) = json.loads(await webhooks(data, "log", name, "--json"))
        assert (attempt["type"], attempt["status"]) == ("webhook.test", 204)
        assert "no dead letter" in await webhooks(data, "replay", name)
        await webhooks(data, "remove", name)
        assert "No webhooks yet" in await webhooks(data, "list")


async def test_whoever_is_killed_while_delivering_delivers_everything_in_the_end(tmp_path: Path) -> None:
    data, programs = tmp_path / "data", tmp_path / "wir.yaml"
    programs.write_text(PROGRAM)
    async with receiving() as receiver:

        async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.05)
            await answer(200)(request, writer)

        receiver.behaviours["/hook"] = slowly
        await asyncio.to_thread(lambda: wikitally("programs", "apply", programs, "--data", data))
        added = json.loads(await webhooks(data, "add", receiver.url("/hook"), "--program", "wir", "--json"))
        await asyncio.to_thread(queue, data)
        for killed_after in (5, 15, 25):
            running = run(data)
            try:
                await arrived(receiver, killed_after)
            finally:
                running.kill()
                running.wait()
        running = run(data)
        try:
            await arrived(receiver, MESSAGES)
            await asyncio.sleep(1)
        finally:
            running.send_signal(signal.SIGTERM)
            await asyncio.to_thread(running.wait, 60)
        requests = receiver.at("/hook")
        for one in requests[-3:]:
            Webhook(added["secret"]).verify(one.body, one.headers)
        # What was under way at each kill, and what was not noted yet, comes twice; nothing else does.
        assert len(requests) <= MESSAGES + 3 * 10
        (state,) = json.loads(await webhooks(data, "list", "--json"))
        assert (state["pending"], state["dead"]) == (0, 0)


def run(data: Path) -> subprocess.Popen[bytes]:
    """`wikitally run` on a stream that is not there."""
    return subprocess.Popen(
        arguments("run", "--data", data, "--port", 0, "--stream", "http://127.0.0.1:9"),
        env={**commands.ENVIRONMENT, **ENVIRONMENT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
