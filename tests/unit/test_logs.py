import json
from typing import Any

import pytest

from processors.errors import InvalidEvent
from processors.facts.facts import (
    ActionKind,
    Logged,
    PageDeleted,
    PageMoved,
    PageRestored,
    RevisionsHidden,
    Uploaded,
    UserCreated,
    UserRenamed,
)
from processors.facts.logs import hidden_params, typed_log
from tests.histories import common, edit


def entry(log_type: str, log_action: str, params: Any = None, title: str = "A") -> Logged:
    written = "" if params is None else json.dumps(params)
    return typed_log(common(1, title), log_id=7, log_type=log_type, log_action=log_action, params=written)


@pytest.mark.parametrize(
    ("log_type", "log_action", "params", "kind"),
    [
        ("move", "move", {"target": "B", "noredir": "0"}, PageMoved),
        ("move", "move_redir", {"target": "B", "noredir": "1"}, PageMoved),
        ("delete", "delete", [], PageDeleted),
        ("delete", "delete_redir", [], Logged),
        ("delete", "restore", {"count": {"revisions": 7, "files": 0}}, PageRestored),
        ("delete", "revision", {"type": "revision", "ids": [128], "ofield": 0, "nfield": 7}, RevisionsHidden),
        ("suppress", "revision", {"type": "revision", "ids": [128], "ofield": 0, "nfield": 15}, RevisionsHidden),
        ("visibility", "revision", {"type": "revision", "ids": [128], "nfield": 7}, RevisionsHidden),
        ("visibility", "page_change", {"type": "revision", "ids": [128], "nfield": 7}, RevisionsHidden),
        ("delete", "event", {"ids": [49], "ofield": 0, "nfield": 2}, Logged),
        ("upload", "upload", {"img_sha1": "x"}, Uploaded),
        ("upload", "overwrite", {"img_sha1": "x"}, Uploaded),
        ("upload", "revert", None, Uploaded),
        ("newusers", "create", {"userid": 9}, UserCreated),
        ("newusers", "autocreate", {"userid": "9"}, UserCreated),
        ("renameuser", "renameuser", {"olduser": "B", "newuser": "C", "edits": 1}, UserRenamed),
        ("gblrename", "rename", {"olduser": "B", "newuser": "C"}, UserRenamed),
        ("gblrename", "merge", {"olduser": "B", "newuser": "C"}, Logged),
        ("gblrename", "promote", {"olduser": "B", "newuser": "C", "oldwiki": "enwiki"}, Logged),
        ("block", "block", {"duration": "3 days"}, Logged),
        ("review", "approve", [80886292, 0, "20261003072905"], Logged),
        ("abusefilter", "hit", {"filter": 79}, Logged),
        ("something", "new", None, Logged),
    ],
)
def test_each_log_entry_becomes_the_most_specific_fact(
    log_type: str, log_action: str, params: Any, kind: type[Logged]
) -> None:
    fact = entry(log_type, log_action, params)
    assert type(fact) is kind
    assert (fact.log_type, fact.log_action, fact.log_id, fact.title) == (log_type, log_action, 7, "A")
    assert fact.params == ("" if params is None else json.dumps(params))


@pytest.mark.parametrize(("noredir", "left"), [("0", True), (0, True), ("", True), ("1", False), (1, False)])
def test_a_move_says_whether_it_left_a_redirect(noredir: object, left: bool) -> None:
    fact = entry("move", "move", {"target": "B", "noredir": noredir})
    assert isinstance(fact, PageMoved)
    assert (fact.target, fact.left_redirect, fact.over_redirect) == ("B", left, False)


def test_a_move_over_a_redirect_says_so() -> None:
    fact = entry("move", "move_redir", {"target": "B", "noredir": "0"})
    assert isinstance(fact, PageMoved)
    assert fact.over_redirect


@pytest.mark.parametrize("params", [None, [], ["B", "0"], {}, {"target": ""}, {"target": 5}])
def test_a_move_to_nowhere_is_invalid(params: object) -> None:
    with pytest.raises(InvalidEvent, match=r"schema: log_params\.target: missing"):
        entry("move", "move", params)


@pytest.mark.parametrize(
    ("params", "rev_ids", "hidden"),
    [
        ({"type": "revision", "ids": [128, 129], "nfield": 7}, (128, 129), 7),
        ({"type": "archive", "ids": ["128"], "nfield": "1"}, (128,), 1),
        ({"ids": [128], "nfield": 0}, (128,), 0),
        ({"type": "filearchive", "ids": [128], "nfield": 1}, (), 1),
        ({"type": "oldimage", "ids": ["20260101000000!A.jpg"], "nfield": 1}, (), 1),
        ({"ids": ["x", None, 5], "nfield": "?"}, (5,), 0),
        ({"ids": "128", "nfield": None}, (), 0),
        (["revision", "128"], (), 0),
        (None, (), 0),
    ],
)
def test_hidden_revisions_are_read_however_they_are_written(
    params: object, rev_ids: tuple[int, ...], hidden: int
) -> None:
    fact = entry("delete", "revision", params)
    assert isinstance(fact, RevisionsHidden)
    assert (fact.rev_ids, fact.hidden) == (rev_ids, hidden)


def test_only_a_first_version_is_no_overwrite() -> None:
    overwrites = [entry("upload", action) for action in ("upload", "overwrite", "revert")]
    assert [fact.overwrite for fact in overwrites if isinstance(fact, Uploaded)] == [False, True, True]


@pytest.mark.parametrize(
    ("params", "user_id"),
    [({"userid": 47019178}, 47019178), ({"userid": "9"}, 9), ({}, None), ([], None), (None, None)],
)
def test_a_new_account_is_named_by_its_user_page(params: object, user_id: int | None) -> None:
    fact = entry("newusers", "create2", params, title="Benutzerin:Cleo: x")
    assert isinstance(fact, UserCreated)
    assert (fact.created_user, fact.user_id) == ("Cleo: x", user_id)


@pytest.mark.parametrize(
    ("log_action", "registered"),
    [("create", True), ("create2", True), ("byemail", True), ("autocreate", False), ("forcecreatelocal", False)],
)
def test_only_an_account_that_was_made_is_registered(log_action: str, registered: bool) -> None:
    fact = entry("newusers", log_action, {"userid": 9}, title="User:Cleo")
    assert isinstance(fact, UserCreated)
    assert fact.registered is registered


def test_a_renaming_names_both_as_events_write_them() -> None:
    fact = entry("gblrename", "rename", {"olduser": "ada_B.", "newuser": "User:éve"})
    assert isinstance(fact, UserRenamed)
    assert (fact.old, fact.new) == ("Ada B.", "Éve")


@pytest.mark.parametrize(
    ("params", "missing"),
    [
        (None, "olduser"),
        (["B", "C"], "olduser"),
        ({"newuser": "C"}, "olduser"),
        ({"olduser": "B", "newuser": 5}, "newuser"),
        ({"olduser": "B", "newuser": "User:"}, "newuser"),
        ({"olduser": " ", "newuser": "C"}, "olduser"),
    ],
)
def test_a_renaming_without_names_is_invalid(params: object, missing: str) -> None:
    with pytest.raises(InvalidEvent, match=rf"schema: log_params\.{missing}: missing"):
        entry("renameuser", "renameuser", params)


def test_what_hides_a_revision_can_be_written_as_params() -> None:
    fact = entry("visibility", "revision", json.loads(hidden_params(128, 5)))
    assert isinstance(fact, RevisionsHidden)
    assert (fact.rev_ids, fact.hidden) == ((128,), 5)


def test_an_upload_is_read_like_an_edit() -> None:
    upload = entry("upload", "upload")
    assert isinstance(upload, Uploaded)
    assert (upload.kind, upload.rev_id, upload.byte_delta) == (ActionKind.UPLOAD, 7, None)
    assert (upload.minor, upload.created) == (False, False)
    assert edit(1, "A").kind is ActionKind.EDIT


@pytest.mark.parametrize("log_id", [None, 0])
def test_an_upload_that_nothing_identifies_is_a_mere_log_entry(log_id: int | None) -> None:
    fact = typed_log(common(1, "File:A"), log_id=log_id, log_type="upload", log_action="upload", params="")
    assert type(fact) is Logged
