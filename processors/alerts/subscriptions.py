"""Subscriptions: who is told of which alerts, and in which form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from processors.alerts.alerts import AlertKind
from processors.errors import InvalidInput
from processors.programs.program import Program, Visibility

MOST_OF_A_PROGRAM = 50
"""Subscriptions that a program, or a campaign, may have."""


class Format(StrEnum):
    """What a message looks like."""

    STANDARD = "standard"
    """Standard Webhooks, signed."""
    SLACK = "slack"
    MATTERMOST = "mattermost"
    MATRIX = "matrix"
    DISCORD = "discord"
    TELEGRAM = "telegram"
    EMAIL = "email"


class SubscriptionState(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"
    """By hand, or because the endpoint answered 410."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One endpoint that is told of alerts."""

    id: str
    program: str
    """Slug; empty: see `campaign`."""
    campaign: str
    """Slug; all of its programs that are not private. With no program and no campaign: all such programs."""
    kinds: frozenset[AlertKind]
    """Empty: all."""
    format: Format
    url: str = field(repr=False)
    """For a chat it is a secret by itself; `mailto:` for e-mail."""
    created_at: datetime
    created_by: str = ""
    state: SubscriptionState = SubscriptionState.ACTIVE
    ended_because: str = ""
    secret: str = field(default="", repr=False)
    """Encrypted; empty: what it is told is not signed."""
    former_secret: str = field(default="", repr=False)
    """Encrypted; signs too, until `former_until`."""
    former_until: datetime | None = None
    version: int = 0
    """Grows with each change."""

    @property
    def active(self) -> bool:
        return self.state is SubscriptionState.ACTIVE


def checked(subscription: Subscription) -> Subscription:
    """The subscription, if it makes sense.

    Raises:
        InvalidInput: it is for a program and for a campaign.
    """
    if subscription.program and subscription.campaign:
        raise InvalidInput("a subscription is for a program or for a campaign, not for both")
    return subscription


class Subscribed:
    """Who is to be told what: looked up by program, so that the others cost nothing."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._programs: dict[str, list[Subscription]] = defaultdict(list)
        self._campaigns: dict[str, list[Subscription]] = defaultdict(list)
        self._all: list[Subscription] = []
        for one in subscriptions:
            if not one.active:
                continue
            if one.program:
                self._programs[one.program].append(one)
            elif one.campaign:
                self._campaigns[one.campaign].append(one)
            else:
                self._all.append(one)

    def __bool__(self) -> bool:
        return bool(self._programs or self._campaigns or self._all)

    def of(self, program: Program, kind: AlertKind) -> Iterator[Subscription]:
        """Those that are told of an alert. Of a private program: only those that are for it by name."""
        yield from _wanting(self._programs.get(program.slug, ()), kind)
        if program.visibility is Visibility.PRIVATE:
            return
        for campaign in program.campaigns:
            yield from _wanting(self._campaigns.get(campaign, ()), kind)
        yield from _wanting(self._all, kind)


def _wanting(subscriptions: Collection[Subscription], kind: AlertKind) -> Iterator[Subscription]:
    return (one for one in subscriptions if not one.kinds or kind in one.kinds)
