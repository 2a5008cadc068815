"""Notices of alerts, who is told of them, and the standard payload (docs/webhooks.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.changes import AlertChange
from processors.alerts.notices import TEST, Notice
from processors.privacy.pseudonyms import Masks
from processors.why.explain import page_url

VERSION = 1
"""Of the payload. What is added does not change it; what is taken away or means something else does."""
MOST_DETAIL = 500
"""Characters of `detail`."""
MOST_USERS = 50


def message_id(*parts: str) -> str:
    """The id of what these parts identify: 32 hex digits behind `msg_`."""
    return "msg_" + sha256("\0".join(parts).encode()).hexdigest()[:32]


def webhook_id(subscription: str, notice: Notice) -> str:
    """The `webhook-id` of a notice for one subscription: a repetition has the same."""
    return message_id(subscription, notice.message_id)


def notices(
    change: AlertChange, title: str, base_url: str, masks: Masks, aliases: Mapping[str, Collection[str]] | None = None
) -> Iterator[Notice]:
    """The notices of a change, one a step, without the names that the program hides.

    Args:
        title: of the program.
        base_url: where this installation is reached; empty: not said.
        aliases: further names that a user had, under which they may be hidden.
    """
    alert = change.alert
    shown, hidden = _shown(alert.users, masks, aliases or {})
    board = f"{base_url.rstrip('/')}/programs/{quote(alert.program)}" if base_url else ""
    for step in change.fresh:
        notice = _notice(alert, step, title, board)
        yield _masked(notice, shown, hidden, masks)


def _notice(alert: Alert, step: Step, program_title: str, board_url: str) -> Notice:
    wiki = alert.wiki
    return Notice(
        message_id=message_id(alert.program, alert.alert_id, step.cause, step.state),
        type=f"alert.{step.state}",
        at=step.at.astimezone(UTC),
        program=alert.program,
        program_title=program_title,
        alert_id=alert.alert_id,
        kind=alert.kind,
        state=step.state,
        opened_at=alert.opened_at.astimezone(UTC),
        wiki=wiki,
        title=alert.title,
        page_url=page_url(wiki, alert.title) if alert.title else "",
        board_url=board_url,
        users=alert.users[:MOST_USERS],
        rev_id=step.rev_id,
        diff_url=diff_url(wiki, step.rev_id) if step.rev_id else "",
        detail=" ".join(step.detail.split())[:MOST_DETAIL],
    )


def diff_url(wiki: str, rev_id: int) -> str:
    """Where a wiki shows a revision."""
    return f"https://{wiki}/wiki/Special:Diff/{rev_id}"


def _shown(
    users: Collection[str], masks: Masks, aliases: Mapping[str, Collection[str]]
) -> tuple[tuple[str, ...], set[str]]:
    """The users as they are shown, and the names that are not."""
    shown: list[str] = []
    hidden: set[str] = set()
    for user in users:
        names = {user, *aliases.get(user, ())}
        pseudonym = masks.of(names)
        shown.append(pseudonym or user)
        if pseudonym is not None:
            hidden |= names
    return tuple(dict.fromkeys(shown)), hidden


_OF_THE_USER = frozenset({AlertKind.REVERTED, AlertKind.SUPPRESSED, AlertKind.BLOCKED})
"""Kinds whose revision or text leads to the participant."""


def _masked(notice: Notice, shown: tuple[str, ...], hidden: Collection[str], masks: Masks) -> Notice:
    if not masks:
        return notice
    notice = replace(notice, users=shown[:MOST_USERS])
    if not hidden and not masks.everyone:
        return _without(notice, set(masks.names))
    notice = _without(notice, {*hidden, *masks.names})
    if masks.everyone:
        notice = replace(notice, detail="")
    if notice.kind in _OF_THE_USER:
        return replace(notice, rev_id=0, diff_url="", detail="")
    return notice


def _without(notice: Notice, names: Collection[str]) -> Notice:
    """Without a title or a text that says one of these names: `User:Ada/Draft`."""
    wanted = [name.casefold() for name in names if name]

    def says(text: str) -> bool:
        folded = text.replace("_", " ").casefold()
        return any(name in folded for name in wanted)

    if says(notice.title):
        notice = replace(notice, title="", page_url="", rev_id=0, diff_url="", detail="")
    return replace(notice, detail="") if says(notice.detail) else notice


def payload(notice: Notice) -> bytes:
    """The body of a webhook, as docs/webhooks.md has it."""
    data = {
        "version": VERSION,
        "program": notice.program,
        "alert_id": notice.alert_id,
        "kind": notice.kind,
        "state": notice.state,
        "wiki": notice.wiki,
        "title": notice.title,
        "url": notice.page_url,
        "users": notice.users,
        "revision": notice.rev_id or None,
        "detail": notice.detail,
        "opened_at": _iso(notice.opened_at),
        "board_url": notice.board_url,
    }
    return orjson.dumps({"type": notice.type, "timestamp": _iso(notice.at), "data": data})


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def example(subscription: str, program: str, at: datetime, base_url: str = "") -> Notice:
    """The notice of a test: nothing happened."""
    at = at.astimezone(UTC)
    return Notice(
        message_id=message_id("test", subscription, at.isoformat()),
        type=TEST,
        at=at,
        program=program,
        program_title="Test",
        alert_id="0" * 32,
        kind=AlertKind.DISCUSSION,
        state=AlertState.TAGGED,
        opened_at=at,
        wiki="en.wikipedia.org",
        title="Example",
        page_url="https://en.wikipedia.org/wiki/Example",
        board_url=f"{base_url.rstrip('/')}/programs/{quote(program)}" if base_url and program else "",
        users=("Example user",),
        rev_id=0,
        diff_url="",
        detail="This is a test: nothing happened.",
    )


def notice_text(notice: Notice) -> str:
    """A notice as it is stored."""
    return orjson.dumps(asdict(notice)).decode()


def read_notice(text: str) -> Notice:
    """What `notice_text` made."""
    held: dict[str, Any] = orjson.loads(text)
    times = {name: datetime.fromisoformat(held[name]) for name in ("at", "opened_at")}
    words = {"kind": AlertKind(held["kind"]), "state": AlertState(held["state"]), "users": tuple(held["users"])}
    return Notice(**{**held, **times, **words})
