"""Stores with traces of people in every table, all that is in them, and a way to kill what cleans them up."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from processors.facts.facts import Fact, PageChanged
from processors.judging.contributions import Cause, Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from storage.clickhouse import ClickHouseStore
from storage.connection import Connections
from storage.fact_rows import from_row
from tests.histories import START, WIKI, common

NOW = datetime(2026, 11, 8, 15, tzinfo=UTC)
SECRET = "Secret Person"
WORDS = "secret words"


def page_change(rev_id: int, user: str = SECRET) -> PageChanged:
    return PageChanged(
        **common(9, "A", user) | {"rcid": None, "comment": WORDS},
        kind="edit",
        page_id=1,
        rev_id=rev_id,
        parent_id=None,
        length_new=30,
        length_old=None,
        minor=False,
        is_redirect=False,
        prior_title=None,
        prior_namespace=None,
        user_central_id=424242,
        user_registered_at=START,
    )


def entry(rev_id: int, user: str = SECRET, program: str = "p", verdict: Verdict = Verdict.COUNTED) -> Contribution:
    return Contribution(
        program=program,
        user=user,
        wiki=WIKI,
        rev_id=rev_id,
        verdict=verdict,
        occurred_at=START,
        title="A",
        namespace=0,
        byte_delta=20,
        created=False,
    )


def write(store: ClickHouseStore, *entries: Contribution, version: int = 10, cause: str = "edit") -> None:
    store.write_changes([Change(one, None, False, Cause("edit", f"{cause}-{one.rev_id}")) for one in entries], version)
    store.refresh_standings({(one.program, one.user, one.wiki) for one in entries}, version)


def freeze(store: ClickHouseStore, program: str, *users: str) -> None:
    board = orjson.dumps({"standings": [{"user": user, "edits": 1} for user in users]}).decode()
    digest = hashlib.sha256(board.encode()).hexdigest()
    row: list[list[Any]] = [[program], ["final"], [NOW], [NOW], [board], [digest]]
    store.connections.insert("results", ("program", "name", "as_of", "frozen_at", "board", "digest"), row)


def tables(store: ClickHouseStore) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in every table, without what is only a time of writing."""
    names = [name for name, _, _ in store.table_sizes() if name not in ("locks", "schema_versions")]
    skipped = {"activity_minutes": "seen", "facts": "received_at", "results": "redacted_at", "standings": "version"}
    return {
        name: sorted(
            store.connections.statement(
                f"SELECT DISTINCT * EXCEPT ({skipped.get(name, '')}) FROM {name}"
                if name in skipped
                else f"SELECT DISTINCT * FROM {name}"
            )[0],
            key=repr,
        )
        for name in names
    }


def facts_of(store: ClickHouseStore) -> dict[str, Fact]:
    rows, columns = store.connections.statement("SELECT * EXCEPT (received_at) FROM facts")
    facts = [from_row(dict(zip([name for name, _ in columns], row, strict=True))) for row in rows]
    assert len({fact.event_id for fact in facts}) == len(facts), "an original is still there"
    return {fact.event_id: fact for fact in facts}


class Killed(Exception):
    """As if the process had been killed there."""


def killing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bool], None]:
    """Kills before or after the nth statement from now on."""
    left = [0, 0]
    rows, insert = Connections._rows, Connections.insert

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and not left[1]:
                raise Killed
            result = call(*args, **more)
            if left[0] == 0:
                raise Killed
            return result

        return wrapped

    monkeypatch.setattr(Connections, "_rows", counted(rows))
    monkeypatch.setattr(Connections, "insert", counted(insert))

    def at(number: int, after: bool) -> None:
        left[:] = number, after

    return at
