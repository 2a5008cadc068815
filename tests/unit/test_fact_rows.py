"""Facts as rows and back, without a store."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts import facts
from processors.facts.facts import (
    Categorized,
    Direction,
    Edit,
    Fact,
    Logged,
    PageChanged,
    Position,
    RevisionTagged,
    UserClass,
)
from processors.facts.logs import hidden_params, typed_log
from storage.fact_rows import COLUMNS, as_columns, from_row
from tests.histories import common, edit

RECEIVED_AT = datetime(2026, 11, 8, 15, tzinfo=UTC)
MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations"

text = st.text(st.characters(codec="utf-8"), max_size=12)
name = text.filter(bool)
int64 = st.integers(-(1 << 63), (1 << 63) - 1)
identifier = st.integers(1, (1 << 63) - 1)
maybe_identifier = st.none() | identifier
seconds = st.integers(366 * 86_400, 4_291_747_199).map(lambda at: datetime.fromtimestamp(at, UTC))
milliseconds = st.builds(lambda at, ms: at + timedelta(milliseconds=ms), seconds, st.integers(0, 999))
tag_names = st.lists(name, unique=True, max_size=4).map(lambda tags: tuple(sorted(tags)))


@st.composite
def shared(draw: st.DrawFn) -> dict[str, Any]:
    """The fields that all facts share."""
    user = draw(st.none() | name)
    return {
        "event_id": draw(name),
        "wiki": draw(name),
        "dbname": draw(text),
        "occurred_at": draw(seconds),
        "emitted_at": draw(milliseconds),
        "rcid": draw(maybe_identifier),
        "user": user,
        "user_class": draw(st.sampled_from(UserClass)),
        "bot": draw(st.booleans()),
        "namespace": draw(st.integers(-(1 << 31), (1 << 31) - 1)),
        "title": draw(text),
        "comment": draw(text),
        "position": draw(st.none() | st.builds(Position, name, st.integers(0, 65535), st.integers(0, 1 << 62))),
    }


def made(fact: Callable[..., Fact], /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact]:
    return st.builds(lambda first, own: fact(**first, **own), shared(), st.fixed_dictionaries(fields))


edits = made(
    Edit,
    rev_id=identifier,
    parent_id=maybe_identifier,
    created=st.booleans(),
    minor=st.booleans(),
    length_old=st.none() | int64,
    length_new=st.none() | int64,
)
categorized = made(Categorized, page=st.none() | name, direction=st.sampled_from(Direction), rev_id=maybe_identifier)
page_changes = made(
    PageChanged,
    kind=text,
    page_id=int64,
    rev_id=maybe_identifier,
    parent_id=maybe_identifier,
    length_new=st.none() | int64,
    length_old=st.none() | int64,
    minor=st.booleans(),
    is_redirect=st.booleans(),
    prior_title=st.none() | name,
    prior_namespace=st.none() | st.integers(-2, 3000),
    user_central_id=st.none() | int64,
    user_registered_at=st.none() | milliseconds,
)
tagged = made(RevisionTagged, rev_id=identifier, page_id=int64, tags=tag_names, prior_tags=tag_names)


@st.composite
def logged(draw: st.DrawFn) -> Logged:
    log_type, log_action, params = draw(
        st.sampled_from(
            [
                ("move", "move", {"target": "B", "noredir": "1"}),
                ("move", "move_redir", {"target": "Talk:B", "noredir": "0"}),
                ("delete", "delete", {}),
                ("delete", "restore", {"count": {"revisions": 7}}),
                ("delete", "revision", {"type": "revision", "ids": [128, 129], "nfield": 7}),
                ("visibility", "page_change", orjson.loads(hidden_params(128, 5))),
                ("visibility", "revision", orjson.loads(hidden_params(128, 0))),
                ("upload", "upload", {"img_sha1": "x"}),
                ("upload", "overwrite", {"img_sha1": "x"}),
                ("newusers", "create", {"userid": 9}),
                ("newusers", "autocreate", []),
                ("renameuser", "renameuser", {"olduser": "Ada B.", "newuser": "Ada Byron"}),
                ("gblrename", "rename", {"olduser": "ada", "newuser": "Ada"}),
                ("patrol", "patrol", {"curid": "135", "previd": "121", "auto": 0}),
            ]
        )
    )
    return typed_log(
        draw(shared()),
        log_id=draw(maybe_identifier),
        log_type=log_type,
        log_action=log_action,
        params=orjson.dumps(params).decode(),
    )


def rows_of(*many: Fact) -> list[dict[str, Any]]:
    """The rows as a store would give them back: times as times."""
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*as_columns(many, RECEIVED_AT), strict=True)]
    for row in rows:
        row["occurred_at"] = datetime.fromtimestamp(row["occurred_at"], UTC)
        row["emitted_at"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=row["emitted_at"])
    return rows


@given(st.lists(st.one_of(edits, categorized, page_changes, tagged, logged()), min_size=1, max_size=5))
def test_a_fact_comes_back_as_it_was(many: list[Fact]) -> None:
    assert [from_row(row) for row in rows_of(*many)] == many


def test_every_sort_of_fact_has_a_row() -> None:
    """A new one has to be added to the strategies above."""
    known = {kind for kind in vars(facts).values() if isinstance(kind, type) and issubclass(kind, Fact)} - {Fact}
    logs = [
        ("move", "move", {"target": "B"}),
        ("delete", "delete", {}),
        ("delete", "restore", {}),
        ("delete", "revision", {}),
        ("upload", "upload", {}),
        ("newusers", "create", {}),
        ("renameuser", "renameuser", {"olduser": "A", "newuser": "B"}),
        ("patrol", "patrol", {}),
    ]
    kinds = {type(log(*entry)) for entry in logs}
    assert kinds | {Edit, Categorized, PageChanged, RevisionTagged} == known


def log(log_type: str, log_action: str, params: Any, title: str = "User:Cleo") -> Logged:
    written = orjson.dumps(params).decode()
    return typed_log(common(1, title), log_id=7, log_type=log_type, log_action=log_action, params=written)


@pytest.mark.parametrize(
    ("fact", "page"),
    [
        (log("move", "move", {"target": "B"}), "B"),
        (log("newusers", "create", {}), "Cleo"),
        (log("renameuser", "renameuser", {"olduser": "Cleo", "newuser": "cleo_N."}), "Cleo N."),
        (log("delete", "delete", {}), ""),
        (Categorized(**common(1, "Category:X"), page="A", direction=Direction.ADDED, rev_id=None), "A"),
    ],
)
def test_what_a_fact_names_beside_its_title_is_in_a_column(fact: Fact, page: str) -> None:
    assert rows_of(fact)[0]["page"] == page


@pytest.mark.parametrize("second", [0, 1_762_600_000, 2_147_483_648])
def test_no_millisecond_is_lost_whatever_the_year(second: int) -> None:
    instants = [datetime.fromtimestamp(second, UTC) + timedelta(milliseconds=ms) for ms in range(1000)]
    many = [edit(1, "A", emitted_at=at) for at in instants]
    assert [row["emitted_at"] for row in rows_of(*many)] == instants


def test_tags_are_in_a_column() -> None:
    fact = RevisionTagged(**common(1, "A"), rev_id=5, page_id=7, tags=("a", "b"), prior_tags=("a",))
    (row,) = rows_of(fact)
    assert (row["kind"], row["rev_id"], row["tags"]) == ("tags", 5, ["a", "b"])
    assert orjson.loads(row["params"]) == {"page_id": 7, "prior": ["a"]}


def test_a_page_change_that_was_stored_without_the_age_of_its_user_is_read() -> None:
    change = PageChanged(
        **common(1, "A"), kind="edit", page_id=7, rev_id=5, parent_id=4, length_new=3, length_old=2, minor=False,
        is_redirect=False, prior_title=None, prior_namespace=None, user_central_id=9, user_registered_at=None,
    )  # fmt: skip
    (row,) = rows_of(change)
    params = orjson.loads(row["params"])
    del params["user_registered_at"]
    assert from_row({**row, "params": orjson.dumps(params).decode()}) == change


def test_the_table_has_these_columns() -> None:
    written = "".join(file.read_text(encoding="utf-8") for file in sorted(MIGRATIONS.glob("*.sql")))
    (table,) = re.findall(r"CREATE TABLE IF NOT EXISTS facts\n\((.*?)\n\)", written, re.DOTALL)
    columns = re.findall(r"^    ([a-z_]+) ", table, re.MULTILINE)
    added = re.findall(r"ALTER TABLE facts\s+ADD COLUMN IF NOT EXISTS ([a-z_]+)", written)
    assert [*columns, *added] == list(COLUMNS)
