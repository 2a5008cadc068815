"""One attempt: a notice in the form that a subscription wants, signed, sent, and what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from api.webhooks.sending import Sender
from api.webhooks.signing import signed_headers
from deploy.delivering.vault import NoKey, Vault
from ingest.retry_after import read_retry_after
from processors.alerts.chat import chat_body
from processors.alerts.delivery import Outcome
from processors.alerts.notices import Notice
from processors.alerts.payloads import payload
from processors.alerts.subscriptions import Format, Subscription

_log = structlog.get_logger()

SendMail = Callable[[str, str, Notice], Awaitable[Outcome]]
"""Sends a notice to an address under a message id; never raises."""
_JSON = "application/json"


class Teller:
    """Belongs to one event loop.

    Args:
        mail: what sends e-mail; None: nothing does.
    """

    def __init__(
        self, sender: Sender, vault: Vault, clock: Callable[[], datetime], *, mail: SendMail | None = None
    ) -> None:
        self._sender = sender
        self._vault = vault
        self._clock = clock
        self._mail = mail

    @property
    def mails(self) -> bool:
        """Whether it can send e-mail."""
        return self._mail is not None

    async def tell(self, subscription: Subscription, message_id: str, notice: Notice) -> Outcome:
        """Send it once; never raises but when it is cancelled."""
        try:
            if subscription.format is Format.EMAIL:
                return await self._mailed(subscription, message_id, notice)
            body = body_for(subscription.format, notice)
            headers = {"Content-Type": _JSON, **self._signature(subscription, message_id, body)}
        except NoKey:
            return Outcome(error="no_key")
        except Exception:
            _log.exception("a message cannot be made", subscription=subscription.id, message=message_id)
            return Outcome(error="not_made")
        answer = await self._sender.send(subscription.url, headers, body)
        seconds = read_retry_after(answer.retry_after, self._clock().timestamp())
        # A year is as good as any longer time, and fits.
        wait = None if seconds is None else timedelta(seconds=min(seconds, 31_536_000))
        return Outcome(answer.status, answer.error, answer.seconds, wait)

    def _signature(self, subscription: Subscription, message_id: str, body: bytes) -> dict[str, str]:
        now = self._clock()
        stored = [subscription.secret] if subscription.secret else []
        if subscription.former_until is not None and now < subscription.former_until:
            stored.append(subscription.former_secret)
        if not stored:
            return {}
        return signed_headers(message_id, now.astimezone(UTC), body, [self._vault.decrypted(one) for one in stored])

    async def _mailed(self, subscription: Subscription, message_id: str, notice: Notice) -> Outcome:
        if self._mail is None:
            return Outcome(error="no_mail")
        return await self._mail(subscription.url.removeprefix("mailto:"), message_id, notice)


def body_for(form: Format, notice: Notice) -> bytes:
    """The body of a message: JSON, whatever the form."""
    return payload(notice) if form is Format.STANDARD else chat_body(form, notice)
