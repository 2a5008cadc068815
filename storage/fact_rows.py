"""Facts as rows of the table `facts`, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from processors.facts.facts import (
    Categorized,
    Direction,
    Edit,
    Fact,
    Logged,
    PageChanged,
    PageMoved,
    Position,
    RevisionTagged,
    UserClass,
    UserCreated,
    UserRenamed,
)
from processors.facts.logs import typed_log

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""What columns of times hold where there is none."""

COLUMNS: tuple[str, ...] = (
    "event_id", "kind", "wiki", "dbname", "occurred_at", "emitted_at", "received_at", "rcid", "user", "user_class",
    "bot", "namespace", "title", "comment", "topic", "partition", "offset", "rev_id", "parent_id", "created", "minor",
    "length_old", "length_new", "page", "direction", "log_id", "log_type", "log_action", "params",
    "tags",
)  # fmt: skip
"""In the order in which `as_columns` gives them."""

_MILLISECOND = timedelta(milliseconds=1)
_NO_REVISION = (0, 0, False, False, None, None)
_NO_CATEGORY = ("", "none")
_NO_LOG = (0, "", "", "")
_NO_TAGS: list[str] = []
_NO_POSITION = Position("", 0, -1)


def as_columns(facts: Sequence[Fact], received_at: datetime) -> list[tuple[Any, ...]]:
    """The facts as one tuple per column of `COLUMNS`; times as the integers that the columns hold."""
    received_ms = _milliseconds(received_at)
    return list(zip(*(_row(fact, received_ms) for fact in facts), strict=True))


def _row(fact: Fact, received_ms: int) -> tuple[Any, ...]:
    position = fact.position or _NO_POSITION
    match fact:
        case Edit():
            kind = "edit"
            own = (
                fact.rev_id, fact.parent_id or 0, fact.created, fact.minor, fact.length_old, fact.length_new,
                *_NO_CATEGORY, *_NO_LOG, _NO_TAGS,
            )  # fmt: skip
        case Categorized():
            kind = "categorize"
            own = (fact.rev_id or 0, *_NO_REVISION[1:], fact.page or "", str(fact.direction), *_NO_LOG, _NO_TAGS)
        case Logged():
            kind = "log"
            own = (
                *_NO_REVISION, _other_name(fact), _NO_CATEGORY[1],
                fact.log_id or 0, fact.log_type, fact.log_action, fact.params, _NO_TAGS,
            )  # fmt: skip
        case PageChanged():
            kind = "page_change"
            own = (
                fact.rev_id or 0, fact.parent_id or 0, fact.kind == "create", fact.minor,
                fact.length_old, fact.length_new, *_NO_CATEGORY, 0, "", fact.kind, _page_change_params(fact), _NO_TAGS,
            )  # fmt: skip
        case RevisionTagged():
            kind = "tags"
            params = orjson.dumps({"page_id": fact.page_id, "prior": fact.prior_tags}).decode()
            own = (fact.rev_id, *_NO_REVISION[1:], *_NO_CATEGORY, *_NO_LOG[:-1], params, list(fact.tags))
        case _:
            raise TypeError(f"no row for {type(fact).__name__}")
    return (
        fact.event_id,
        kind,
        fact.wiki,
        fact.dbname,
        int(fact.occurred_at.timestamp()),
        _milliseconds(fact.emitted_at),
        received_ms,
        fact.rcid or 0,
        fact.user or "",
        str(fact.user_class),
        fact.bot,
        fact.namespace,
        fact.title,
        fact.comment,
        position.topic,
        position.partition,
        position.offset,
        *own,
    )


def _milliseconds(at: datetime) -> int:
    return (at - EPOCH) // _MILLISECOND


def _other_name(fact: Logged) -> str:
    """What a log entry names beside its title, to be found by: a move's target, a new account, a new name."""
    match fact:
        case PageMoved():
            return fact.target
        case UserCreated():
            return fact.created_user
        case UserRenamed():
            return fact.new
    return ""


_PAGE_CHANGE_FIELDS = (
    "page_id", "is_redirect", "prior_title", "prior_namespace", "user_central_id", "user_registered_at",
)  # fmt: skip


def _page_change_params(fact: PageChanged) -> str:
    return orjson.dumps({name: getattr(fact, name) for name in _PAGE_CHANGE_FIELDS}).decode()


def from_row(row: Mapping[str, Any]) -> Fact:
    """The fact that a row of `facts` holds (without `received_at`)."""
    common = {
        "event_id": row["event_id"],
        "wiki": row["wiki"],
        "dbname": row["dbname"],
        "occurred_at": aware(row["occurred_at"]),
        "emitted_at": aware(row["emitted_at"]),
        "rcid": row["rcid"] or None,
        "user": row["user"] or None,
        "user_class": UserClass(row["user_class"]),
        "bot": bool(row["bot"]),
        "namespace": row["namespace"],
        "title": row["title"],
        "comment": row["comment"],
        "position": Position(row["topic"], row["partition"], row["offset"]) if row["offset"] >= 0 else None,
    }
    match row["kind"]:
        case "edit":
            return Edit(
                **common,
                rev_id=row["rev_id"],
                parent_id=row["parent_id"] or None,
                created=bool(row["created"]),
                minor=bool(row["minor"]),
                length_old=row["length_old"],
                length_new=row["length_new"],
            )
        case "categorize":
            return Categorized(
                **common,
                page=row["page"] or None,
                direction=Direction(row["direction"]),
                rev_id=row["rev_id"] or None,
            )
        case "page_change":
            return PageChanged(
                **common,
                kind=row["log_action"],
                rev_id=row["rev_id"] or None,
                parent_id=row["parent_id"] or None,
                length_new=row["length_new"],
                length_old=row["length_old"],
                minor=bool(row["minor"]),
                **_page_change_fields(row["params"]),
            )
        case "tags":
            params = orjson.loads(row["params"])
            return RevisionTagged(
                **common,
                rev_id=row["rev_id"],
                page_id=params["page_id"],
                tags=tuple(row["tags"]),
                prior_tags=tuple(params["prior"]),
            )
        case _:
            return typed_log(
                common,
                log_id=row["log_id"] or None,
                log_type=row["log_type"],
                log_action=row["log_action"],
                params=row["params"],
            )


def _page_change_fields(params: str) -> dict[str, Any]:
    fields = orjson.loads(params)
    registered_at = fields.get("user_registered_at")
    return {**fields, "user_registered_at": datetime.fromisoformat(registered_at) if registered_at else None}


def aware(value: datetime) -> datetime:
    """ClickHouse's UTC columns as aware datetimes, whichever way the driver gives them."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
