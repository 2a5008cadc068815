"""Chats and mails by the way that the outbox sends them: the real sender, to receivers that check the real form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from api.webhooks.guard import Guard
from api.webhooks.sending import Sender
from deploy.delivering.mail import Mailer, MailServer
from deploy.delivering.telling import Teller
from deploy.delivering.vault import Vault
from deploy.settings import Settings
from processors.alerts.delivery import Outcome
from processors.alerts.subscriptions import Format, Subscription
from tests.chat_services import CHECKS, chat_services
from tests.unit.test_alert_chat import NOTICE
from tests.unit.test_alert_mail import HOST, ID, SENDER, TO, Mailbox, smtp_server

NOW = datetime(2026, 11, 8, 14, 3, tzinfo=UTC)


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    sender = Sender(Guard([HOST]), user_agent="test")
    yield sender
    await sender.close()


def subscription(format: Format, url: str) -> Subscription:
    return Subscription("s", "wir", "", frozenset(), format, url, NOW)


@pytest.mark.parametrize("format", [Format(name) for name in CHECKS])
async def test_a_chat_takes_what_the_outbox_sends(sender: Sender, format: Format) -> None:
    teller = Teller(sender, Vault.of(Settings()), lambda: NOW)
    async with chat_services() as (server, taken):
        url = f"http://{HOST}:{server.port}/{format}{'?chat_id=1' if format is Format.TELEGRAM else ''}"
        outcome = await teller.tell(subscription(format, url), ID, NOTICE)
    assert (outcome.status, outcome.error) == (200, "")
    assert [name for name, _ in taken] == [format]


async def test_a_mailbox_takes_what_the_outbox_sends(sender: Sender) -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        mailer = Mailer(MailServer.parse(f"smtp://{HOST}:{port}"), SENDER)
        teller = Teller(sender, Vault.of(Settings()), lambda: NOW, mail=mailer.send_mail)
        outcome = await teller.tell(subscription(Format.EMAIL, f"mailto:{TO}"), ID, NOTICE)
    assert outcome.delivered
    assert [message["To"] for message in mailbox.messages()] == [TO]


async def test_without_a_mail_server_a_mail_is_not_sent(sender: Sender) -> None:
    teller = Teller(sender, Vault.of(Settings()), lambda: NOW)
    assert await teller.tell(subscription(Format.EMAIL, f"mailto:{TO}"), ID, NOTICE) == Outcome(error="no_mail")
