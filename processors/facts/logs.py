"""Log entries by type: what `log_params` mean for each (log_type, log_action).

Shapes as MediaWiki writes them: objects, lists or nothing at all; numbers as numbers or as strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from processors.errors import InvalidEvent
from processors.facts.facts import (
    Logged,
    PageDeleted,
    PageMoved,
    PageRestored,
    RevisionsHidden,
    Uploaded,
    UserCreated,
    UserRenamed,
)
from processors.facts.titles import canonical_user


def typed_log(common: Mapping[str, Any], *, log_id: int | None, log_type: str, log_action: str, params: str) -> Logged:
    """Return the most specific fact for a log entry.

    Args:
        common: the fields of `Fact`.
        params: the wire's `log_params`, as JSON; "" for none.

    Raises:
        InvalidEvent: a move that does not say where to, a renaming without names.
    """
    entry = {**common, "log_id": log_id, "log_type": log_type, "log_action": log_action, "params": params}
    match log_type, log_action:
        case "move", "move" | "move_redir":
            named = _named(params)
            target = _text(named, "target")
            left = str(named.get("noredir", "0")) in ("0", "")
            return PageMoved(**entry, target=target, left_redirect=left, over_redirect=log_action == "move_redir")
        # delete_redir is said already by the move_redir before it: by the time it is logged, its title
        # names the page that has just arrived.
        case "delete", "delete":
            return PageDeleted(**entry)
        case "delete", "restore":
            return PageRestored(**entry)
        case ("delete" | "suppress" | "visibility", "revision") | ("visibility", "page_change"):
            named = _named(params)
            # Versions of files are hidden by the same action; their ids are no revisions.
            ids = named.get("ids") if named.get("type", "revision") in ("revision", "archive") else ()
            return RevisionsHidden(**entry, rev_ids=_integers(ids), hidden=_integer(named.get("nfield")))
        # Without a log_id nothing identifies an upload.
        case "upload", "upload" | "overwrite" | "revert" if log_id:
            return Uploaded(**entry, overwrite=log_action != "upload")
        case "newusers", _:
            user_id = _integer(_named(params).get("userid")) or None
            return UserCreated(**entry, created_user=entry["title"].partition(":")[2], user_id=user_id)
        case ("renameuser", "renameuser") | ("gblrename", "rename"):
            named = _named(params)
            return UserRenamed(**entry, old=_account(named, "olduser"), new=_account(named, "newuser"))
    return Logged(**entry)


def hidden_params(rev_id: int, hidden: int) -> str:
    """The `params` of a log entry that hides a revision."""
    return orjson.dumps({"type": "revision", "ids": [rev_id], "nfield": hidden}).decode()


def _text(named: Mapping[str, Any], name: str) -> str:
    value = named.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidEvent("schema", f"log_params.{name}: missing")
    return value


def _account(named: Mapping[str, Any], name: str) -> str:
    """The canonical name of an account."""
    return _text({name: canonical_user(_text(named, name))}, name)


def _named(params: str) -> dict[str, Any]:
    """The parameters by name; none where they came as a list or not at all."""
    value = orjson.loads(params) if params else None
    return value if isinstance(value, dict) else {}


def _integer(value: object) -> int:
    """A number however it was written; anything else is 0."""
    try:
        return int(value) if isinstance(value, int | str | float) else 0
    except (ValueError, OverflowError):
        return 0


def _integers(value: object) -> tuple[int, ...]:
    return tuple(filter(None, map(_integer, value))) if isinstance(value, list) else ()
