"""Alerts as JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from api.render import freshness_json, instant
from processors.alerts.alerts import LIVE, Step
from processors.alerts.wording import phrase
from processors.ports.alerts import Feed, ShownAlert


def alert_json(one: ShownAlert) -> dict[str, Any]:
    """One alert, with all its steps."""
    alert = one.alert
    seen = {"by": one.acknowledged_by, "at": instant(one.acknowledged_at)} if one.acknowledged_at else None
    return {
        "alert_id": alert.alert_id,
        "program": alert.program,
        "kind": alert.kind,
        "state": alert.state,
        "live": alert.state in LIVE,
        "phrase": phrase(alert.kind, alert.state),
        "wiki": alert.wiki,
        "title": alert.title,
        "url": page_url(alert.wiki, alert.title),
        "users": list(alert.users),
        "opened_at": instant(alert.opened_at),
        "changed_at": instant(alert.changed_at),
        "acknowledged": seen,
        "muted": one.muted,
        "steps": [_step_json(step, alert.wiki) for step in alert.steps],
    }


def _step_json(step: Step, wiki: str) -> dict[str, Any]:
    return {
        "state": step.state,
        "at": instant(step.at),
        "user": step.user,
        "rev_id": step.rev_id or None,
        "url": f"https://{wiki}/wiki/Special:Diff/{step.rev_id}" if step.rev_id else "",
        "detail": step.detail,
    }


def feed_json(feed: Feed) -> dict[str, Any]:
    """A feed, and how many alerts it leaves out."""
    return {
        "title": feed.title,
        "alerts": [alert_json(one) for one in feed.alerts],
        "counts": {str(kind): number for kind, number in feed.counts.items()},
        "acknowledged": feed.muted.get("acknowledged", 0),
        "muted": feed.muted.get("muted", 0),
        "next": feed.next_cursor or None,
        **freshness_json(feed.freshness),
    }


def page_url(wiki: str, title: str) -> str:
    """Address of a page; empty where there is none."""
    return f"https://{wiki}/wiki/{quote(title.replace(' ', '_'), safe='/:')}" if wiki and title else ""
