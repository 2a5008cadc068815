import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import InvalidEvent
from processors.facts.decode import Skipped, decode
from processors.facts.facts import (
    Categorized,
    Direction,
    Edit,
    Fact,
    Logged,
    PageChanged,
    PageDeleted,
    PageMoved,
    Position,
    RevisionsHidden,
    RevisionTagged,
    Uploaded,
    UserClass,
    UserCreated,
    UserRenamed,
)
from tests.recorders import EVENTSTREAMS

META = {
    "id": "d5d2281e-9651-4ab9-aceb-7b2ac9fc4463",
    "domain": "en.wikipedia.org",
    "stream": "mediawiki.recentchange",
    "dt": "2026-10-04T07:46:42.310Z",
    "topic": "eqiad.mediawiki.recentchange",
    "partition": 0,
    "offset": 6581317780,
}
EDIT = {
    "meta": META,
    "id": 3487449515,
    "type": "edit",
    "namespace": 0,
    "title": "Marie Curie",
    "comment": "typo",
    "timestamp": 1791100000,
    "user": "Ada B.",
    "bot": False,
    "minor": True,
    "length": {"old": 100, "new": 130},
    "revision": {"old": 2552953639, "new": 2552956996},
    "server_name": "en.wikipedia.org",
    "wiki": "enwiki",
}
CATEGORIZE = {
    **{key: EDIT[key] for key in EDIT if key not in ("length", "revision", "minor")},
    "type": "categorize",
    "namespace": 14,
    "title": "Category:Physicists",
    "comment": "[[:Marie Curie]] added to category",
    "notify_url": "https://en.wikipedia.org/w/index.php?diff=1283015477&oldid=0&rcid=3487449515",
}
LOG = {
    **{key: EDIT[key] for key in EDIT if key not in ("length", "revision", "minor")},
    "type": "log",
    "log_id": 99,
    "log_type": "move",
    "log_action": "move",
    "log_params": {"target": "Maria Skłodowska-Curie", "noredir": "0"},
}
PAGE_CHANGE = {
    "meta": {**META, "stream": "mediawiki.page_change.v1", "topic": "eqiad.mediawiki.page_change.v1"},
    "changelog_kind": "update",
    "page_change_kind": "edit",
    "dt": "2026-10-04T07:46:42.310Z",
    "wiki_id": "enwiki",
    "page": {"page_id": 7, "page_title": "Talk:Marie_Curie", "namespace_id": 1, "is_redirect": False},
    "performer": {
        "user_text": "Ada B.",
        "is_bot": False,
        "user_central_id": 5,
        "registration_dt": "2016-01-29T22:13:24+01:00",
    },
    "revision": {"rev_id": 11, "rev_parent_id": 0, "rev_size": 130, "is_minor_edit": True, "comment": "typo"},
    "prior_state": {"revision": {"rev_size": 100}},
}
OF_A_REVISION = {
    "database": "enwiki",
    "page_id": 7,
    "page_title": "Talk:Marie_Curie",
    "page_namespace": 1,
    "rev_id": 2552956996,
    "comment": "typo",
    "performer": {"user_text": "Ben", "user_is_bot": False},
}
TAGGED = "mediawiki.revision-tags-change"
TAGS_CHANGE = {
    **OF_A_REVISION,
    "meta": {**META, "stream": TAGGED, "topic": f"eqiad.{TAGGED}"},
    "tags": ["visualeditor", "mw-reverted"],
    "prior_state": {"tags": ["visualeditor"]},
}
VISIBILITY_CHANGE = {
    **OF_A_REVISION,
    "meta": {**META, "stream": "mediawiki.revision-visibility-change"},
    "visibility": {"text": False, "user": False, "comment": True},
    "prior_state": {"visibility": {"text": True, "user": True, "comment": True}},
}


def decoded(event: dict[str, Any], **changes: Any) -> Fact | Skipped:
    """`event` with some fields changed, or without those that are None here."""
    changed = {key: value for key, value in {**event, **changes}.items() if value is not None}
    return decode(json.dumps(changed).encode())


def with_meta(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**META, **changes}.items() if value is not None}


def recorded(file: Path) -> Iterator[bytes]:
    if file.suffix == ".ndjson":
        yield from file.read_bytes().splitlines()
    elif file.suffix == ".sse":
        yield from re.findall(rb"^data: (.*)$", file.read_bytes(), re.MULTILINE)
    else:
        value = json.loads(file.read_bytes())
        for one in value if isinstance(value, list) else [value]:
            yield json.dumps(one.get("data") or one.get("example") or one).encode()


def outcomes(*folders: str) -> Counter[str]:
    """How many events of the recordings in these folders became what."""
    found: Counter[str] = Counter()
    for folder in folders:
        for file in sorted(EVENTSTREAMS.glob(folder)):
            for data in recorded(file):
                fact = decode(data)
                found[fact.value if isinstance(fact, Skipped) else type(fact).__name__] += 1
    return found


def test_every_recorded_recentchange_event_is_understood() -> None:
    assert outcomes("recentchange/*", "sse/recentchange*") == {
        "Edit": 112,
        "Categorized": 6,
        "Logged": 2,
        "Uploaded": 2,
        "PageDeleted": 1,
        "UserCreated": 1,
    }


def test_every_event_of_a_whole_mediawiki_is_understood() -> None:
    assert outcomes("mediawiki_1_39/recentchange.ndjson") == {
        "Edit": 670,
        "Categorized": 216,
        "Logged": 88,
        "PageMoved": 60,
        "Uploaded": 39,
        "UserCreated": 27,
        "PageDeleted": 15,
        "PageRestored": 5,
        "RevisionsHidden": 5,
    }
    assert outcomes("mediawiki_1_39/log_shapes_examples.json").total() == 21


def test_every_recorded_category_change_tells_page_and_direction() -> None:
    for file in ("recentchange/rc_2026_transcribed.ndjson", "mediawiki_1_39/recentchange.ndjson"):
        for data in recorded(EVENTSTREAMS / file):
            fact = decode(data)
            if isinstance(fact, Categorized):
                assert fact.direction in (Direction.ADDED, Direction.REMOVED)
                assert fact.page
                assert fact.rev_id


def test_every_recorded_page_change_is_understood() -> None:
    assert outcomes("page_change/*", "sse/page_change*", "other_streams/wme_page-change.json") == {
        "PageChanged": 15,
        "PageDeleted": 1,
        "RevisionsHidden": 1,
    }


def test_a_recorded_visibility_event_hides_a_text() -> None:
    """The recording has lost its ids."""
    event = json.loads(list(recorded(EVENTSTREAMS / "other_streams" / "wme_revision-visibility-change.json"))[1])
    fact = decoded(event, meta={**event["meta"], "id": "x"})
    assert isinstance(fact, RevisionsHidden)
    assert (fact.wiki, fact.rev_ids, fact.hidden) == ("www.wikidata.org", (177205614,), 1)
    assert fact.title == "Ytilisateur:Denvis1/NCAA-Squelette éqoio"


@pytest.mark.parametrize(("example", "kind"), [("tags-change", RevisionTagged), ("visibility-change", RevisionsHidden)])
def test_the_example_of_each_schema_is_understood_once_it_has_an_id(example: str, kind: type[Fact]) -> None:
    """Canaries are made from it; on the stream they have an id and another domain."""
    event = json.loads(next(recorded(EVENTSTREAMS / "schemas" / f"examples_mediawiki_revision_{example}_1.0.0.json")))
    with pytest.raises(InvalidEvent, match="no_id"):
        decoded(event)
    meta = {**event["meta"], "id": "x"}
    assert type(decoded(event, meta=meta)) is kind
    assert decoded(event, meta={**meta, "domain": "canary"}) is Skipped.CANARY


def test_events_of_other_streams_are_let_pass() -> None:
    streams = ("page-create", "page-delete", "page-move", "revision-create", "revision-score")
    assert outcomes(*(f"other_streams/wme_{stream}.json" for stream in streams)) == {"ignored": 10}


@pytest.mark.parametrize("file", sorted(EVENTSTREAMS.glob("other_streams/wdqs_2018_*")), ids=lambda file: file.name)
def test_the_envelope_of_2018_is_refused(file: Path) -> None:
    with pytest.raises(InvalidEvent, match="schema: type: missing"):
        decode(next(recorded(file)))


def test_an_edit() -> None:
    fact = decoded(EDIT)
    assert fact == Edit(
        event_id="d5d2281e-9651-4ab9-aceb-7b2ac9fc4463",
        wiki="en.wikipedia.org",
        dbname="enwiki",
        occurred_at=datetime(2026, 10, 4, 7, 46, 40, tzinfo=UTC),
        emitted_at=datetime(2026, 10, 4, 7, 46, 42, 310_000, tzinfo=UTC),
        rcid=3487449515,
        user="Ada B.",
        user_class=UserClass.NAMED,
        bot=False,
        namespace=0,
        title="Marie Curie",
        comment="typo",
        position=Position("eqiad.mediawiki.recentchange", 0, 6581317780),
        rev_id=2552956996,
        parent_id=2552953639,
        created=False,
        minor=True,
        length_old=100,
        length_new=130,
    )
    assert fact.byte_delta == 30


def test_a_new_page() -> None:
    fact = decoded(EDIT, type="new", length={"new": 130}, revision={"new": 5})
    assert isinstance(fact, Edit)
    assert fact.created
    assert fact.parent_id is None
    assert fact.byte_delta == 130


def test_the_type_may_be_a_number() -> None:
    assert isinstance(decoded(EDIT, type="0"), Edit)
    assert isinstance(decoded(CATEGORIZE, type=6), Categorized)


def test_an_edit_may_lack_whatever_is_optional() -> None:
    lacking = dict.fromkeys(("id", "comment", "bot", "minor", "length", "wiki", "server_name"))
    fact = decoded(EDIT, **lacking, revision={"new": 5}, meta={"id": "x", "domain": "en.wikipedia.org"})
    assert isinstance(fact, Edit)
    assert (fact.wiki, fact.rcid, fact.bot, fact.minor, fact.comment) == ("en.wikipedia.org", None, False, False, "")
    assert fact.byte_delta is None
    assert fact.position is None
    assert fact.emitted_at == fact.occurred_at


def test_null_is_the_same_as_absent() -> None:
    lacking = dict.fromkeys(("id", "comment", "minor", "length", "user", "notify_url"))
    assert decode(json.dumps({**EDIT, **lacking}).encode()) == decoded(EDIT, **lacking)


def test_an_event_without_id_is_known_by_its_position() -> None:
    fact = decoded(EDIT, meta=with_meta(id=None))
    assert isinstance(fact, Edit)
    assert fact.event_id == "eqiad.mediawiki.recentchange/0/6581317780"


@pytest.mark.parametrize(
    ("user", "kept", "user_class"),
    [
        ("Ada B.", "Ada B.", UserClass.NAMED),
        ("~2026-50211-05", "~2026-50211-05", UserClass.TEMPORARY),
        ("203.0.113.7", None, UserClass.ANONYMOUS),
        ("2001:DB8:0:0:0:0:0:1", None, UserClass.ANONYMOUS),
        (None, None, UserClass.HIDDEN),
        ("", None, UserClass.HIDDEN),
    ],
)
def test_only_accounts_keep_their_name(user: str | None, kept: str | None, user_class: UserClass) -> None:
    for event in (EDIT, CATEGORIZE, LOG):
        fact = decoded(event, user=user)
        assert isinstance(fact, Fact)
        assert (fact.user, fact.user_class) == (kept, user_class)
    fact = decoded(PAGE_CHANGE, performer={"user_text": user} if user is not None else {})
    assert isinstance(fact, PageChanged)
    assert (fact.user, fact.user_class) == (kept, user_class)


def test_the_temporary_flag_of_page_change_is_believed() -> None:
    fact = decoded(PAGE_CHANGE, performer={"user_text": "Unregistered 5", "is_temp": True})
    assert isinstance(fact, PageChanged)
    assert fact.user_class is UserClass.TEMPORARY


def test_a_category_change() -> None:
    fact = decoded(CATEGORIZE)
    assert isinstance(fact, Categorized)
    assert (fact.title, fact.page, fact.direction) == ("Category:Physicists", "Marie Curie", Direction.ADDED)
    assert fact.rev_id == 1283015477
    without = decoded(CATEGORIZE, notify_url=None, comment="reworded")
    assert isinstance(without, Categorized)
    assert (without.page, without.direction, without.rev_id) == (None, Direction.UNKNOWN, None)


def test_a_category_change_is_read_in_the_language_of_its_wiki() -> None:
    comment = "[[:Marie Curie]] von der Kategorie entfernt"
    fact = decoded(CATEGORIZE, server_name="de.wikipedia.org", title="Kategorie:Physiker", comment=comment)
    assert isinstance(fact, Categorized)
    assert (fact.page, fact.direction) == ("Marie Curie", Direction.REMOVED)


def test_a_log_entry_becomes_what_it_says() -> None:
    moved = decoded(LOG)
    assert isinstance(moved, PageMoved)
    assert (moved.title, moved.target, moved.log_id) == ("Marie Curie", "Maria Skłodowska-Curie", 99)
    uploaded = decoded(LOG, log_type="upload", log_action="upload", log_params={"img_sha1": "x"}, title="File:A.jpg")
    assert isinstance(uploaded, Uploaded)
    created = decoded(LOG, log_type="newusers", log_action="create", log_params={"userid": 9}, title="User:Cleo")
    assert isinstance(created, UserCreated)
    assert (created.created_user, created.user_id) == ("Cleo", 9)


def test_a_canary_is_none_of_ours_whatever_it_lacks() -> None:
    meta = {"domain": "canary", "stream": "mediawiki.recentchange", "dt": "2026-10-04T07:15:00Z"}
    assert decode(json.dumps({"$schema": "/mediawiki/recentchange/1.0.1", "meta": meta}).encode()) is Skipped.CANARY
    assert decoded(PAGE_CHANGE, meta=with_meta(domain="canary")) is Skipped.CANARY


def test_types_that_mean_nothing_to_us_are_let_pass() -> None:
    assert decoded(EDIT, type="external") is Skipped.IGNORED
    assert decoded(EDIT, type="5") is Skipped.IGNORED
    assert decoded(EDIT, type="something new") is Skipped.IGNORED


def test_a_page_change() -> None:
    fact = decoded(PAGE_CHANGE)
    assert isinstance(fact, PageChanged)
    assert (fact.wiki, fact.dbname, fact.kind, fact.page_id) == ("en.wikipedia.org", "enwiki", "edit", 7)
    assert (fact.title, fact.namespace, fact.rev_id, fact.parent_id) == ("Talk:Marie Curie", 1, 11, None)
    assert (fact.length_old, fact.length_new, fact.minor, fact.comment) == (100, 130, True, "typo")
    assert fact.occurred_at == datetime(2026, 10, 4, 7, 46, 42, tzinfo=UTC)
    assert fact.user_central_id == 5
    assert fact.user_registered_at == datetime(2016, 1, 29, 21, 13, 24, tzinfo=UTC)


@pytest.mark.parametrize("registered", [None, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_an_account_may_be_of_unknown_age(registered: str | None) -> None:
    fact = decoded(PAGE_CHANGE, performer={"user_text": "Ada B.", "registration_dt": registered})
    assert isinstance(fact, PageChanged)
    assert fact.user_registered_at is None


VISIBLE = {"is_content_visible": True, "is_comment_visible": True, "is_editor_visible": True}


@pytest.mark.parametrize(
    ("changed", "hidden"),
    [
        ({}, 0),
        ({"is_content_visible": False}, 1),
        ({"is_comment_visible": False}, 2),
        ({"is_editor_visible": False}, 4),
        (dict.fromkeys(VISIBLE, False), 7),
    ],
)
def test_a_change_of_visibility_tells_what_is_hidden_now(changed: dict[str, bool], hidden: int) -> None:
    shown = {**VISIBLE, **changed}
    revision = {"rev_id": 11, **shown}
    by_page = decoded(PAGE_CHANGE, page_change_kind="visibility_change", revision=revision)
    text, comment, user = shown.values()
    by_revision = decoded(VISIBILITY_CHANGE, visibility={"text": text, "comment": comment, "user": user})
    assert isinstance(by_page, RevisionsHidden)
    assert isinstance(by_revision, RevisionsHidden)
    assert (by_page.rev_ids, by_page.hidden, by_page.log_action) == ((11,), hidden, "page_change")
    assert (by_revision.rev_ids, by_revision.hidden, by_revision.log_action) == ((2552956996,), hidden, "revision")
    for fact in (by_page, by_revision):
        assert (fact.title, fact.namespace, fact.dbname, fact.log_type) == (
            "Talk:Marie Curie",
            1,
            "enwiki",
            "visibility",
        )
        assert fact.occurred_at == datetime(2026, 10, 4, 7, 46, 42, tzinfo=UTC)
    assert (by_page.user, by_revision.user) == ("Ada B.", "Ben")


@pytest.mark.parametrize(
    "revision", [None, {"rev_id": 11}, {**VISIBLE}, {"rev_id": 11, **VISIBLE, "is_editor_visible": None}]
)
def test_a_change_of_visibility_that_does_not_say_of_what_hides_nothing(revision: dict[str, Any] | None) -> None:
    fact = decoded(PAGE_CHANGE, page_change_kind="visibility_change", revision=revision)
    assert isinstance(fact, PageChanged)
    assert fact.kind == "visibility_change"


def test_a_deletion_by_nobody_is_a_suppression() -> None:
    fact = decoded(PAGE_CHANGE, page_change_kind="delete", performer=None)
    assert isinstance(fact, PageDeleted)
    assert (fact.title, fact.user, fact.user_class) == ("Talk:Marie Curie", None, UserClass.HIDDEN)
    assert (fact.log_type, fact.log_action, fact.log_id, fact.params) == ("delete", "delete", None, "{}")
    redacted = decoded(PAGE_CHANGE, page_change_kind="delete", performer={})
    assert isinstance(redacted, PageChanged)
    assert isinstance(decoded(PAGE_CHANGE, performer=None), PageChanged)


def test_a_change_of_tags() -> None:
    assert decoded(TAGS_CHANGE) == RevisionTagged(
        event_id="d5d2281e-9651-4ab9-aceb-7b2ac9fc4463",
        wiki="en.wikipedia.org",
        dbname="enwiki",
        occurred_at=datetime(2026, 10, 4, 7, 46, 42, tzinfo=UTC),
        emitted_at=datetime(2026, 10, 4, 7, 46, 42, 310_000, tzinfo=UTC),
        rcid=None,
        user=None,
        user_class=UserClass.HIDDEN,
        bot=False,
        namespace=1,
        title="Talk:Marie Curie",
        comment="typo",
        position=Position("eqiad.mediawiki.revision-tags-change", 0, 6581317780),
        rev_id=2552956996,
        page_id=7,
        tags=("mw-reverted", "visualeditor"),
        prior_tags=("visualeditor",),
    )


def test_a_change_of_tags_may_lack_whatever_is_optional() -> None:
    lacking = dict.fromkeys(("database", "comment", "performer", "tags", "prior_state"))
    for event in ({**TAGS_CHANGE, **lacking}, {key: TAGS_CHANGE[key] for key in TAGS_CHANGE if key not in lacking}):
        fact = decode(json.dumps(event).encode())
        assert isinstance(fact, RevisionTagged)
        assert (fact.tags, fact.prior_tags, fact.dbname, fact.comment) == ((), (), "", "")


def test_an_upload_that_nothing_identifies_is_a_mere_log_entry() -> None:
    upload = {"log_type": "upload", "log_action": "upload", "log_params": {"img_sha1": "x"}, "title": "File:A.jpg"}
    assert type(decoded(LOG, **upload)) is Uploaded
    assert type(decoded(LOG, **upload, log_id=0)) is Logged
    assert type(decoded(LOG, **upload, log_id=None)) is Logged


def test_a_renaming_is_told_by_the_wiki_and_by_all_wikis() -> None:
    params = {"olduser": "ada_B.", "newuser": "Ada Byron", "edits": 5}
    for log_type, log_action in (("renameuser", "renameuser"), ("gblrename", "rename")):
        fact = decoded(LOG, log_type=log_type, log_action=log_action, log_params=params, title="User:Ada B.")
        assert isinstance(fact, UserRenamed)
        assert (fact.old, fact.new) == ("Ada B.", "Ada Byron")


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("item-create", "create"),
        ("item-delete", "delete"),
        ("item-undelete", "undelete"),
        ("property-edit", "edit"),
    ],
)
def test_each_kind_of_page_change(file: str, kind: str) -> None:
    fact = decode(next(recorded(EVENTSTREAMS / "page_change" / f"wdqs_wikibase_{file}.json")))
    assert isinstance(fact, PageChanged)
    assert fact.kind == kind
    assert fact.page_id > 0
    assert fact.user is not None


def test_a_recorded_suppression_of_a_page_takes_it_away() -> None:
    fact = decode(next(recorded(EVENTSTREAMS / "page_change" / "wdqs_wikibase_item-page-suppress.json")))
    assert isinstance(fact, PageDeleted)
    assert (fact.wiki, fact.title, fact.user) == ("test.wikidata.org", "Q235989", None)


def test_a_recorded_change_of_visibility_hides_a_summary() -> None:
    fact = decode(next(recorded(EVENTSTREAMS / "page_change" / "wdqs_wikibase_item-visibility-change.json")))
    assert isinstance(fact, RevisionsHidden)
    assert (fact.rev_ids, fact.hidden, fact.user) == ((686140,), 2, "DCausse (WMF)")


def test_a_move_of_page_change_names_the_title_before() -> None:
    fact = decode(next(recorded(EVENTSTREAMS / "page_change" / "wdqs_mediainfo_move-mediainfo-item.json")))
    assert isinstance(fact, PageChanged)
    assert fact.kind == "move"
    assert fact.prior_title
    assert fact.prior_title != fact.title
    assert "_" not in fact.prior_title + fact.title


def test_times_are_utc_whatever_their_offset() -> None:
    fact = decoded(EDIT, meta=with_meta(dt="2026-10-04T09:46:42+02:00"))
    assert isinstance(fact, Edit)
    assert fact.emitted_at.isoformat() == "2026-10-04T07:46:42+00:00"


@pytest.mark.parametrize("data", [b"", b"{", b"not json", b'{"meta":{}}x', b"\xff\xfe", b'"\\ud800"'])
def test_what_is_not_json_is_invalid(data: bytes) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decode(data)
    assert refused.value.reason == "json"


@pytest.mark.parametrize(
    ("event", "changes", "detail"),
    [
        (EDIT, {"meta": None}, "meta: "),
        (EDIT, {"type": None}, "type: missing"),
        (EDIT, {"title": None}, "title: missing"),
        (EDIT, {"namespace": None}, "namespace: missing"),
        (EDIT, {"timestamp": None}, "timestamp: missing"),
        (EDIT, {"revision": None}, "revision.new: missing"),
        (EDIT, {"revision": {"old": 5}}, "revision.new: missing"),
        (EDIT, {"revision": "x"}, "revision"),
        (EDIT, {"title": 5}, "title: "),
        (EDIT, {"timestamp": -1}, "timestamp: -1 is out of range"),
        (EDIT, {"timestamp": 1 << 40}, "timestamp: "),
        (EDIT, {"meta": with_meta(dt="yesterday")}, "meta.dt: "),
        (EDIT, {"meta": with_meta(dt="2026-10-04T07:46:42")}, "meta.dt: "),
        (EDIT, {"meta": with_meta(dt="0001-01-01T00:00:00+14:00")}, "meta.dt: "),
        (EDIT, {"meta": with_meta(domain=None), "server_name": None}, "server_name: missing"),
        (EDIT, {"id": 1 << 63}, "id: "),
        (EDIT, {"namespace": 1 << 31}, "namespace: "),
        (EDIT, {"meta": with_meta(partition=1 << 16)}, "meta.partition: "),
        (LOG, {"log_type": None}, "log_type: missing"),
        (LOG, {"log_params": []}, "log_params.target: missing"),
        (LOG, {"log_type": "x", "log_params": {"big": 1 << 64}}, "log_params: "),
        (PAGE_CHANGE, {"page": None}, "page: "),
        (PAGE_CHANGE, {"dt": "0001-01-01T00:00:00Z"}, "dt: "),
        (PAGE_CHANGE, {"performer": {"registration_dt": "long ago"}}, "performer.registration_dt: "),
        (TAGS_CHANGE, {"meta": with_meta(dt=None, stream=TAGGED)}, "meta.dt: missing"),
        (TAGS_CHANGE, {"meta": with_meta(domain=None, stream=TAGGED), "database": None}, "meta.domain: missing"),
        (TAGS_CHANGE, {"rev_id": 1 << 63}, "rev_id: "),
        (TAGS_CHANGE, {"page_id": None}, "page_id: "),
        (TAGS_CHANGE, {"page_namespace": 1 << 31}, "page_namespace: "),
        (TAGS_CHANGE, {"tags": "mw-reverted"}, "tags: "),
        (VISIBILITY_CHANGE, {"visibility": None}, "visibility: "),
        (VISIBILITY_CHANGE, {"visibility": {"text": True, "user": True}}, "visibility.comment: "),
        (LOG, {"log_type": "renameuser", "log_action": "renameuser"}, "log_params.olduser: missing"),
    ],
)
def test_what_breaks_the_schema_is_invalid(event: dict[str, Any], changes: dict[str, Any], detail: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decoded(event, **changes)
    assert refused.value.reason == "schema"
    assert refused.value.detail.startswith(detail), refused.value.detail


@pytest.mark.parametrize("event", [EDIT, PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE])
def test_an_event_that_nothing_identifies_is_invalid(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decoded(event, meta=with_meta(id=None, offset=None, stream=event["meta"]["stream"]))
    assert refused.value.reason == "no_id"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([EDIT, CATEGORIZE, LOG, PAGE_CHANGE, TAGS_CHANGE, VISIBILITY_CHANGE]), st.data())
def test_any_value_anywhere_is_understood_or_invalid(event: dict[str, Any], data: st.DataObject) -> None:
    event = {**event, data.draw(st.sampled_from(sorted(event))): data.draw(JSON)}
    try:
        fact = decode(json.dumps(event).encode())
    except InvalidEvent:
        return
    assert isinstance(fact, Fact | Skipped)
