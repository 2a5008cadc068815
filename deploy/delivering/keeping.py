"""Delivering for as long as a process lives: one process per store, succeeded by another when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from urllib.parse import urlsplit

import structlog

from api.webhooks.guard import Guard
from api.webhooks.sending import Sender
from deploy.clock import now
from deploy.delivering.deliverer import WHEN_AWAY, Deliverer
from deploy.delivering.mail import mailer_of
from deploy.delivering.office import StoreWebhooks
from deploy.delivering.telling import SendMail, Teller
from deploy.delivering.vault import Vault
from deploy.opening import OpenStore
from deploy.settings import Settings
from processors.errors import Conflict, StoreUnavailable
from processors.metrics import Metrics
from storage.locks import Lease, Locks, new_holder
from storage.webhooks import ClickHouseWebhooks

_log = structlog.get_logger()

LOCK = "webhooks"
LEASE_SECONDS = 15
"""Who dies is succeeded after so long."""


class _Lost(Exception):
    """Somebody else delivers now."""


async def keep_delivering(
    opened: OpenStore, settings: Settings, metrics: Metrics, *, woken: asyncio.Event | None = None
) -> None:
    """Deliver what is in the outbox until cancelled. Where another process does, wait for its end.

    Whatever receivers do, it goes on; so it does when the store is away.

    Args:
        woken: set it (on the event loop) when something was queued in this process: `Outbox.on_queued`.

    Raises:
        InvalidInput: a setting breaks a rule.
    """
    async with teller_of(settings) as teller:
        while True:
            try:
                # On the embedded server nobody else can: whoever has the directory owns it.
                alone = opened.owned and opened.server is not None
                async with _alone() if alone else _leased(Locks(opened.store.connections)):
                    webhooks = ClickHouseWebhooks(opened.store.connections)
                    await Deliverer(webhooks, teller, metrics=metrics, clock=now, woken=woken).run()
            except* (_Lost, Conflict):
                await asyncio.sleep(WHEN_AWAY)
            except* StoreUnavailable:
                await asyncio.sleep(WHEN_AWAY)
            except* Exception:
                _log.exception("delivering webhooks failed; it begins anew")
                await asyncio.sleep(WHEN_AWAY)


@asynccontextmanager
async def teller_of(settings: Settings) -> AsyncIterator[Teller]:
    """What sends, as the settings have it."""
    async with _sender(settings) as sender:
        yield Teller(sender, Vault.of(settings), now, mail=_mail(settings))


@asynccontextmanager
async def webhook_desk(
    opened: OpenStore, settings: Settings, *, changed: Callable[[], object] = lambda: None
) -> AsyncIterator[StoreWebhooks]:
    """Where subscriptions are decided about, for as long as the block lasts.

    Args:
        changed: called on the event loop when something was put into the outbox.
    """
    async with _sender(settings) as sender:
        vault = Vault.of(settings)
        teller = Teller(sender, vault, now, mail=_mail(settings))
        webhooks = ClickHouseWebhooks(opened.store.connections)
        base_url = settings.public_url
        yield StoreWebhooks(webhooks, sender, teller, vault, now, base_url=base_url, changed=changed)


def _mail(settings: Settings) -> SendMail | None:
    mailer = mailer_of(settings)
    return mailer.send_mail if mailer else None


@asynccontextmanager
async def _sender(settings: Settings) -> AsyncIterator[Sender]:
    sender = Sender(guard_of(settings), user_agent=f"wikitally/{version('wikitally')}")
    try:
        yield sender
    finally:
        await sender.close()


def guard_of(settings: Settings) -> Guard:
    """Where webhooks may go.

    Raises:
        InvalidInput: what is allowed besides is no host, address or network.
    """
    return Guard(settings.webhook_allow, [urlsplit(settings.public_url).hostname or ""])


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _leased(locks: Locks) -> AsyncIterator[None]:
    """Hold the right to deliver for as long as the block takes.

    Raises:
        Conflict: somebody else has it.
        _Lost: in the block: it was lost.
    """
    lease = await asyncio.to_thread(locks.take, LOCK, new_holder(), LEASE_SECONDS)
    _log.info("delivering webhooks")
    block = asyncio.current_task()
    assert block is not None
    lost = False

    async def keep() -> None:
        nonlocal lease, lost
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                lease = await asyncio.to_thread(locks.renew, lease, LEASE_SECONDS)
            except StoreUnavailable:
                continue
            except Conflict:
                lost = True
                block.cancel()
                return

    keeper = asyncio.create_task(keep(), name="webhooks: lease")
    try:
        yield
    except asyncio.CancelledError:
        if not lost:
            raise
        block.uncancel()
        raise _Lost from None
    finally:
        keeper.cancel()
        if not lost:
            await asyncio.to_thread(_give_back, locks, lease)


def _give_back(locks: Locks, lease: Lease) -> None:
    with suppress(StoreUnavailable):
        locks.give_back(lease)
