"""From the wire's bytes to facts: the one place where JSON is read, recentchange in one pass of pydantic.

Wire shape: mediawiki/recentchange 1.0.x. It leaves fields out freely, so every field is optional and unknown ones
pass. Events of the other streams come in on the same connection: `processors/facts/page_streams.py` reads them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from pydantic import Field, TypeAdapter

from processors.errors import InvalidEvent
from processors.facts.categorize import read_categorize
from processors.facts.facts import Categorized, Edit, Fact, Logged, Position
from processors.facts.logs import typed_log
from processors.facts.page_streams import page_changed, revision_hidden, revision_tagged
from processors.facts.wikis import language
from processors.facts.wire import Int32, Int64, Meta, Wire, event_id_of, parse, position_of, user_of, utc


class Skipped(StrEnum):
    """Why a well-formed event is not a fact."""

    CANARY = "canary"
    """Wikimedia's own test events, `meta.domain` = canary."""
    IGNORED = "ignored"
    """Of a type or stream that we do not use (`external`, …)."""


class _OldNew(Wire):
    old: Int64 | None = None
    new: Int64 | None = None


class _Change(Wire):
    """recentchange; `page_change_kind` tells a page_change that came in on the same connection."""

    meta: Meta
    type: str | int | None = None
    id: Int64 | None = None
    namespace: Int32 | None = None
    title: str | None = None
    comment: str | None = None
    timestamp: Int64 | None = None
    user: str | None = None
    bot: bool | None = None
    minor: bool | None = None
    length: _OldNew | None = None
    revision: _OldNew | dict[str, Any] | None = Field(default=None, union_mode="left_to_right")
    server_name: str | None = None
    wiki: str | None = None
    notify_url: str | None = None
    log_id: Int64 | None = None
    log_type: str | None = None
    log_action: str | None = None
    log_params: Any = None
    page_change_kind: str | None = None


_CHANGE = TypeAdapter(_Change)

_TYPES = {"0": "edit", "1": "new", "3": "log", "5": "external", "6": "categorize"}
_DIFF = re.compile(r"[?&]diff=([0-9]{1,18})\b")


def decode(data: bytes) -> Fact | Skipped:
    """Return the fact that one event states, or why it states none.

    Raises:
        InvalidEvent: the bytes are not JSON, or break the schema, or lack what identifies the fact.
    """
    change = parse(_CHANGE, data)
    meta = change.meta
    if meta.domain == "canary":
        return Skipped.CANARY
    if change.page_change_kind is not None:
        return page_changed(data)
    kind = change.type
    if kind is None:
        if meta.stream is not None and not meta.stream.endswith("recentchange"):
            return _of_another_stream(meta.stream, data)
        raise InvalidEvent("schema", "type: missing")
    kind = _TYPES.get(str(kind), str(kind))
    if kind in ("edit", "new"):
        return _edit(change, created=kind == "new")
    if kind == "categorize":
        return _categorized(change)
    if kind == "log":
        return _logged(change)
    return Skipped.IGNORED


def _of_another_stream(stream: str, data: bytes) -> Fact | Skipped:
    if stream.endswith("revision-tags-change"):
        return revision_tagged(data)
    if stream.endswith("revision-visibility-change"):
        return revision_hidden(data)
    return Skipped.IGNORED


def read_position(data: bytes) -> Position | None:
    """Where an event stood on the stream, as far as its bytes tell; for events that are not facts."""
    try:
        meta = orjson.loads(data)["meta"]
        topic, partition, offset = meta["topic"], meta.get("partition", 0), meta["offset"]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
    if not (isinstance(topic, str) and isinstance(partition, int) and isinstance(offset, int)):
        return None
    return Position(topic, partition, offset)


def _required(change: _Change, name: str) -> Any:
    value = getattr(change, name)
    if value is None:
        raise InvalidEvent("schema", f"{name}: missing")
    return value


def _common(change: _Change) -> dict[str, Any]:
    meta = change.meta
    user, user_class = user_of(change.user)
    occurred_at = _instant(_required(change, "timestamp"))
    wiki = change.server_name or meta.domain
    if wiki is None:
        raise InvalidEvent("schema", "server_name: missing")
    return {
        "event_id": event_id_of(meta),
        "wiki": wiki,
        "dbname": change.wiki or "",
        "occurred_at": occurred_at,
        "emitted_at": utc(meta.dt, "meta.dt") if meta.dt else occurred_at,
        "rcid": change.id,
        "user": user,
        "user_class": user_class,
        "bot": bool(change.bot),
        "namespace": _required(change, "namespace"),
        "title": _required(change, "title"),
        "comment": change.comment or "",
        "position": position_of(meta),
    }


def _instant(seconds: int) -> datetime:
    if not 0 <= seconds < 1 << 32:
        raise InvalidEvent("schema", f"timestamp: {seconds} is out of range")
    return datetime.fromtimestamp(seconds, UTC)


def _edit(change: _Change, *, created: bool) -> Edit:
    revision = change.revision
    if not isinstance(revision, _OldNew) or revision.new is None:
        raise InvalidEvent("schema", "revision.new: missing")
    length = change.length
    return Edit(
        **_common(change),
        rev_id=revision.new,
        parent_id=revision.old or None,
        created=created,
        minor=bool(change.minor),
        length_old=length.old if length else None,
        length_new=length.new if length else None,
    )


def _categorized(change: _Change) -> Categorized:
    common = _common(change)
    direction, page = read_categorize(common["comment"], language(common["wiki"]))
    found = _DIFF.search(change.notify_url or "")
    return Categorized(**common, page=page, direction=direction, rev_id=int(found[1]) if found else None)


def _logged(change: _Change) -> Logged:
    params = change.log_params
    common = _common(change)
    return typed_log(
        common,
        log_id=change.log_id,
        log_type=_required(change, "log_type"),
        log_action=change.log_action or "",
        params=_json(params) if params is not None else "",
    )


def _json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        raise InvalidEvent("schema", f"log_params: {error}") from error
