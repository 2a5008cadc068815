"""Webhooks as JSON: the same for the API and for `--json`. No secret is in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from api.render import instant
from processors.alerts.delivery import Outcome
from processors.alerts.subscriptions import Format, Subscription
from processors.ports.webhooks import Attempt, Figures


def shown_url(one: Subscription) -> str:
    """Where it goes. Whoever has the address of a chat's webhook can write there, so it is cut."""
    if one.format in (Format.STANDARD, Format.EMAIL):
        return one.url.partition("?")[0]
    parts = urlsplit(one.url)
    return f"{parts.scheme}://{parts.netloc}/…"


def webhook_json(one: Subscription, figures: Figures) -> dict[str, Any]:
    """A subscription and how it goes."""
    return {
        "id": one.id,
        "program": one.program or None,
        "campaign": one.campaign or None,
        "kinds": sorted(one.kinds),
        "format": str(one.format),
        "url": shown_url(one),
        "state": str(one.state),
        "ended_because": one.ended_because,
        "created_at": instant(one.created_at),
        "created_by": one.created_by,
        "former_secret_until": instant(one.former_until),
        **asdict(figures),
        "last_at": instant(figures.last_at),
    }


def attempt_json(one: Attempt) -> dict[str, Any]:
    """An attempt of the log."""
    return asdict(one) | {"at": instant(one.at), "seconds": round(one.seconds, 3)}


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What became of a test."""
    return {
        "delivered": outcome.delivered,
        "status": outcome.status,
        "error": outcome.error,
        "seconds": round(outcome.seconds, 3),
    }
