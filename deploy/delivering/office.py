"""What is decided about subscriptions: the one place that the command line and the API both call."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex

from api.webhooks.sending import Sender
from api.webhooks.signing import new_secret
from deploy.delivering.telling import Teller
from deploy.delivering.vault import Vault
from processors.alerts.delivery import Delivery, DeliveryState, Outcome, after_attempt, replayed
from processors.alerts.notices import TEST
from processors.alerts.payloads import example, webhook_id
from processors.alerts.subscriptions import MOST_OF_A_PROGRAM, Format, Subscription, checked
from processors.errors import Conflict, InvalidInput
from processors.ports.webhooks import Attempt, Figures, Wanted
from storage.webhooks import ClickHouseWebhooks

BOTH_SIGN = timedelta(days=1)
"""How long a secret signs that was replaced."""
BETWEEN_PINGS = timedelta(seconds=10)
_MAIL = re.compile(r"mailto:[^\s@<>\"(),:;\\?&%]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", re.IGNORECASE)


class StoreWebhooks:
    """A `WebhookDesk`. Belongs to one event loop.

    Args:
        base_url: where boards are reached; empty: not said.
        changed: called on the event loop when something was put into the outbox.
    """

    def __init__(
        self,
        webhooks: ClickHouseWebhooks,
        sender: Sender,
        teller: Teller,
        vault: Vault,
        clock: Callable[[], datetime],
        *,
        base_url: str = "",
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._webhooks = webhooks
        self._sender = sender
        self._teller = teller
        self._vault = vault
        self._clock = clock
        self._base_url = base_url
        self._changed = changed
        self._pinged: set[str] = set()
        """Under way now."""

    async def all(self) -> Sequence[tuple[Subscription, Figures]]:
        subscriptions = await asyncio.to_thread(self._webhooks.subscriptions)
        figures = await asyncio.to_thread(self._webhooks.figures)
        return [(one, figures.get(one.id, Figures())) for one in subscriptions if one.ended_because != "removed"]

    async def find(self, subscription: str) -> Subscription:
        """The subscription of an id.

        Raises:
            InvalidInput: there is none, or it was removed.
        """
        found = await asyncio.to_thread(self._webhooks.subscriptions, subscription) if subscription else []
        if not found or found[0].ended_because == "removed":
            raise InvalidInput(f"there is no webhook {subscription}; `wikitally webhooks list` lists them")
        return found[0]

    async def add(self, wanted: Wanted, *, by: str) -> tuple[Subscription, str]:
        await self._check(wanted)
        of_same = [
            one
            for one, _ in await self.all()
            if one.active and (one.program, one.campaign) == (wanted.program, wanted.campaign)
        ]
        if len(of_same) >= MOST_OF_A_PROGRAM:
            raise InvalidInput(f"there are {len(of_same)} webhooks for it already; remove one first")
        secret = new_secret() if wanted.format is Format.STANDARD else ""
        now = self._clock()
        made = checked(
            Subscription(
                id=f"wh_{token_hex(6)}",
                program=wanted.program,
                campaign=wanted.campaign,
                kinds=wanted.kinds,
                format=wanted.format,
                url=wanted.url,
                created_at=now,
                created_by=by,
                secret=self._vault.encrypted(secret) if secret else "",
                version=_version(now),
            )
        )
        await asyncio.to_thread(self._webhooks.save, made)
        return made, secret

    async def _check(self, wanted: Wanted) -> None:
        if wanted.format is not Format.EMAIL:
            await self._sender.check(wanted.url)
        elif not _MAIL.fullmatch(wanted.url):
            raise InvalidInput("for e-mail the address is mailto:somebody@example.org")
        elif not self._teller.mails:
            raise InvalidInput("no mail is sent from here: set WIKITALLY_SMTP_URL and WIKITALLY_MAIL_FROM")

    async def rotate(self, subscription: str) -> str:
        one = await self.find(subscription)
        if not one.secret:
            raise InvalidInput(f"{one.id}: nothing signs what a {one.format} is told")
        secret, now = new_secret(), self._clock()
        rotated = replace(
            one,
            secret=self._vault.encrypted(secret),
            former_secret=one.secret,
            former_until=now + BOTH_SIGN,
            version=max(_version(now), one.version + 1),
        )
        await asyncio.to_thread(self._webhooks.save, rotated)
        return secret

    async def remove(self, subscription: str) -> None:
        one = await self.find(subscription)
        bare = replace(one, url="", secret="", former_secret="", former_until=None)
        await asyncio.to_thread(self._webhooks.end, bare, "removed", self._clock())

    async def replay(self, subscription: str, messages: Collection[str] = ()) -> int:
        one = await self.find(subscription)
        if not one.active:
            raise InvalidInput(f"{one.id} has ended ({one.ended_because}); add it anew")
        dead = await asyncio.to_thread(self._webhooks.deliveries, one.id, (DeliveryState.DEAD,), "", 100_000)
        if unknown := set(messages) - {each.message_id for each in dead}:
            raise InvalidInput(f"{one.id}: no dead letter {min(unknown)}")
        now = self._clock()
        # The newest came first; they are sent in their old order.
        again = [each for each in reversed(dead) if not messages or each.message_id in messages]
        again = [replace(replayed(each, now), place=place) for place, each in enumerate(again)]
        await asyncio.to_thread(self._webhooks.write, again)
        self._changed()
        return len(again)

    async def ping(self, subscription: str) -> Outcome:
        one, now = await self.find(subscription), self._clock()
        log = await asyncio.to_thread(self._webhooks.log, one.id, 20)
        if one.id in self._pinged or any(each.type == TEST and now - each.at < BETWEEN_PINGS for each in log):
            raise Conflict(f"{one.id} was sent a test seconds ago; wait a moment")
        self._pinged.add(one.id)
        try:
            return await self._pinging(one, now)
        finally:
            self._pinged.discard(one.id)

    async def _pinging(self, one: Subscription, now: datetime) -> Outcome:
        notice = example(one.id, one.program, now, self._base_url)
        message = webhook_id(one.id, notice)
        outcome = await self._teller.tell(one, message, notice)
        tried = after_attempt(Delivery(one.id, message, notice, now, now), outcome, self._clock(), 0.0)
        await asyncio.to_thread(self._webhooks.note, [(tried, self._clock())])
        return outcome

    async def log(self, subscription: str, most: int) -> Sequence[Attempt]:
        one = await self.find(subscription)
        return await asyncio.to_thread(self._webhooks.log, one.id, most)

    async def rekey(self) -> int:
        """Encrypt all secrets by the first key, so that the others can go; return of how many subscriptions."""
        done = 0
        for one, _ in await self.all():
            if one.secret:
                secret, former = (self._again(text) for text in (one.secret, one.former_secret))
                anew = replace(one, secret=secret, former_secret=former, version=one.version + 1)
                await asyncio.to_thread(self._webhooks.save, anew)
                done += 1
        return done

    def _again(self, text: str) -> str:
        return self._vault.encrypted(self._vault.decrypted(text)) if text else ""


def _version(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)
