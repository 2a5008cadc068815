"""From the wire's bytes to facts: the one place where JSON is read, by pydantic.

Wire shapes: mediawiki/recentchange 1.0.x and mediawiki/page/change 1.x. Both leave fields out freely, so
every field is optional and unknown ones pass.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from processors.categorize import read_categorize
from processors.errors import InvalidEvent
from processors.facts import (
    Categorized,
    Edit,
    Fact,
    Logged,
    PageChanged,
    Position,
    UserClass,
)
from processors.logs import typed_log
from processors.titles import is_ip, is_temporary
from processors.wikis import language


class Skipped(StrEnum):
    """Why a well-formed event is not a fact."""

    CANARY = "canary"
    """Wikimedia's own test events, `meta.domain` = canary."""
    IGNORED = "ignored"
    """Of a type or stream that we do not use (`external`, …)."""


# What the store's columns hold: a number beyond them would be refused there, again and again.
_Int64 = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
_Int32 = Annotated[int, Field(ge=-(1 << 31), lt=1 << 31)]
_UInt16 = Annotated[int, Field(ge=0, lt=1 << 16)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=False)


class _Meta(_Wire):
    id: str | None = None
    domain: str | None = None
    stream: str | None = None
    dt: AwareDatetime | None = None
    topic: str | None = None
    partition: _UInt16 = 0
    offset: _Int64 | None = None


class _OldNew(_Wire):
    old: _Int64 | None = None
    new: _Int64 | None = None


class _Change(_Wire):
    """recentchange; `page_change_kind` tells a page_change that came in on the same connection."""

    meta: _Meta
    type: str | int | None = None
    id: _Int64 | None = None
    namespace: _Int32 | None = None
    title: str | None = None
    comment: str | None = None
    timestamp: _Int64 | None = None
    user: str | None = None
    bot: bool | None = None
    minor: bool | None = None
    length: _OldNew | None = None
    revision: _OldNew | dict[str, Any] | None = Field(default=None, union_mode="left_to_right")
    server_name: str | None = None
    wiki: str | None = None
    notify_url: str | None = None
    log_id: _Int64 | None = None
    log_type: str | None = None
    log_action: str | None = None
    log_params: Any = None
    page_change_kind: str | None = None


class _Page(_Wire):
    page_id: _Int64
    page_title: str
    namespace_id: _Int32 = 0
    is_redirect: bool = False


class _Performer(_Wire):
    user_text: str | None = None
    is_bot: bool = False
    is_temp: bool = False
    user_id: _Int64 | None = None
    user_central_id: _Int64 | None = None


class _Revision(_Wire):
    rev_id: _Int64 | None = None
    rev_parent_id: _Int64 | None = None
    rev_size: _Int64 | None = None
    is_minor_edit: bool = False
    comment: str | None = None


class _PriorPage(_Wire):
    page_title: str | None = None
    namespace_id: _Int32 | None = None


class _Prior(_Wire):
    page: _PriorPage | None = None
    revision: _Revision | None = None


class _PageChange(_Wire):
    meta: _Meta
    page_change_kind: str
    dt: AwareDatetime
    wiki_id: str
    page: _Page
    performer: _Performer | None = None
    comment: str | None = None
    revision: _Revision | None = None
    prior_state: _Prior | None = None


_CHANGE = TypeAdapter(_Change)
_PAGE_CHANGE = TypeAdapter(_PageChange)

_TYPES = {"0": "edit", "1": "new", "3": "log", "5": "external", "6": "categorize"}
_DIFF = re.compile(r"[?&]diff=([0-9]{1,18})\b")


def decode(data: bytes) -> Fact | Skipped:
    """Return the fact that one event states, or why it states none.

    Raises:
        InvalidEvent: the bytes are not JSON, or break the schema, or lack what identifies the fact.
    """
    try:
        change = _CHANGE.validate_json(data)
    except ValidationError as error:
        raise _invalid(error) from error
    meta = change.meta
    if meta.domain == "canary":
        return Skipped.CANARY
    if change.page_change_kind is not None:
        return _page_changed(data)
    kind = change.type
    if kind is None:
        if meta.stream is not None and not meta.stream.endswith("recentchange"):
            return Skipped.IGNORED
        raise InvalidEvent("schema", "type: missing")
    kind = _TYPES.get(str(kind), str(kind))
    if kind in ("edit", "new"):
        return _edit(change, created=kind == "new")
    if kind == "categorize":
        return _categorized(change)
    if kind == "log":
        return _logged(change)
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


def _invalid(error: ValidationError) -> InvalidEvent:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return InvalidEvent("json", first["msg"])
    where = ".".join(map(str, first["loc"]))
    return InvalidEvent("schema", f"{where}: {first['msg']}")


def _position(meta: _Meta) -> Position | None:
    if meta.topic is None or meta.offset is None:
        return None
    return Position(meta.topic, meta.partition, meta.offset)


def _event_id(meta: _Meta) -> str:
    if meta.id:
        return meta.id
    if meta.topic is not None and meta.offset is not None:
        return f"{meta.topic}/{meta.partition}/{meta.offset}"
    raise InvalidEvent("no_id", "neither meta.id nor a position identifies the event")


def _user(name: str | None, *, temporary: bool = False) -> tuple[str | None, UserClass]:
    """The name to keep and its class; an IP address is dropped here and nowhere later."""
    if not name:
        return None, UserClass.HIDDEN
    if temporary or is_temporary(name):
        return name, UserClass.TEMPORARY
    if is_ip(name):
        return None, UserClass.ANONYMOUS
    return name, UserClass.NAMED


def _required(change: _Change, name: str) -> Any:
    value = getattr(change, name)
    if value is None:
        raise InvalidEvent("schema", f"{name}: missing")
    return value


def _common(change: _Change) -> dict[str, Any]:
    meta = change.meta
    user, user_class = _user(change.user)
    occurred_at = _instant(_required(change, "timestamp"))
    wiki = change.server_name or meta.domain
    if wiki is None:
        raise InvalidEvent("schema", "server_name: missing")
    return {
        "event_id": _event_id(meta),
        "wiki": wiki,
        "dbname": change.wiki or "",
        "occurred_at": occurred_at,
        "emitted_at": _utc(meta.dt, "meta.dt") if meta.dt else occurred_at,
        "rcid": change.id,
        "user": user,
        "user_class": user_class,
        "bot": bool(change.bot),
        "namespace": _required(change, "namespace"),
        "title": _required(change, "title"),
        "comment": change.comment or "",
        "position": _position(meta),
    }


def _instant(seconds: int) -> datetime:
    if not 0 <= seconds < 1 << 32:
        raise InvalidEvent("schema", f"timestamp: {seconds} is out of range")
    return datetime.fromtimestamp(seconds, UTC)


def _utc(at: datetime, name: str) -> datetime:
    if not 1970 < at.year < 2106:
        raise InvalidEvent("schema", f"{name}: {at} is out of range")
    return at.astimezone(UTC)


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


def _page_changed(data: bytes) -> PageChanged:
    try:
        change = _PAGE_CHANGE.validate_json(data)
    except ValidationError as error:
        raise _invalid(error) from error
    performer = change.performer or _Performer()
    user, user_class = _user(performer.user_text, temporary=performer.is_temp)
    revision = change.revision or _Revision()
    prior = change.prior_state or _Prior()
    prior_page = prior.page or _PriorPage()
    return PageChanged(
        event_id=_event_id(change.meta),
        wiki=change.meta.domain or change.wiki_id,
        dbname=change.wiki_id,
        occurred_at=_utc(change.dt, "dt").replace(microsecond=0),
        emitted_at=_utc(change.meta.dt or change.dt, "meta.dt"),
        rcid=None,
        user=user,
        user_class=user_class,
        bot=performer.is_bot,
        namespace=change.page.namespace_id,
        title=change.page.page_title.replace("_", " "),
        comment=change.comment or revision.comment or "",
        position=_position(change.meta),
        kind=change.page_change_kind,
        page_id=change.page.page_id,
        rev_id=revision.rev_id,
        parent_id=revision.rev_parent_id or None,
        length_new=revision.rev_size,
        length_old=prior.revision.rev_size if prior.revision else None,
        minor=revision.is_minor_edit,
        is_redirect=change.page.is_redirect,
        prior_title=prior_page.page_title.replace("_", " ") if prior_page.page_title else None,
        prior_namespace=prior_page.namespace_id,
        user_central_id=performer.user_central_id,
    )
