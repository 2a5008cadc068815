"""What is redacted of which fact, and which dead letters tell too much."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts.facts import Categorized, Direction, Edit, Fact, PageChanged, UserClass
from processors.privacy.hiding import (
    SUMMARY,
    USER,
    Forgotten,
    Hiding,
    Redactions,
    about,
    digest_of,
    hidings,
    mentions,
    needles,
    redact,
)
from tests.histories import START, WIKI, common, deleted, edit, hidden, tagged

SECRET = replace(edit(1, "A", "Secret Name"), comment="secret words")


def page_change(kind: str = "edit", rev_id: int = 5001) -> PageChanged:
    return PageChanged(
        **common(9, "A", "Secret Name") | {"rcid": None, "comment": "secret words"},
        kind=kind,
        page_id=1,
        rev_id=rev_id,
        parent_id=None,
        length_new=30,
        length_old=None,
        minor=False,
        is_redirect=False,
        prior_title=None,
        prior_namespace=None,
        user_central_id=77,
        user_registered_at=START,
    )


def suppressed(number: int, rev_id: int, bits: int) -> Fact:
    """As the stream of visibility changes tells it: with the revision's own summary."""
    return replace(hidden(number, "A", rev_id, bits), log_type="visibility", user="Secret Name", comment="secret words")


def test_a_hidden_text_purges_nothing() -> None:
    assert hidings([hidden(2, "A", 5001, 1), hidden(3, "A", 5001, 8), deleted(4, "A")]) == []


def test_what_two_events_hide_of_a_revision_adds_up_and_never_shrinks() -> None:
    events = [hidden(2, "A", 5001, USER | 1), hidden(3, "A", 5001, SUMMARY), hidden(4, "A", 5001, 0)]
    assert hidings(events) == [Hiding(WIKI, "enwiki", 5001, USER | SUMMARY)]


@pytest.mark.parametrize("fact", [SECRET, page_change(), page_change("move"), suppressed(3, 5001, 5)])
def test_a_hidden_author_leaves_no_trace_in_a_fact_of_the_revision(fact: Fact) -> None:
    after = redact(fact, USER)
    assert (after.user, after.user_class) == (None, UserClass.HIDDEN)
    assert "Secret Name" not in repr(after)
    assert "77" not in repr(getattr(after, "user_central_id", ""))
    assert getattr(after, "user_registered_at", None) is None
    assert after.comment == "secret words"
    assert (after.event_id, after.title, about(after)) == (fact.event_id, fact.title, (5001,))


@pytest.mark.parametrize("fact", [SECRET, page_change("delete"), suppressed(3, 5001, 5)])
def test_a_hidden_summary_goes_and_the_author_stays(fact: Fact) -> None:
    assert redact(fact, SUMMARY) == replace(fact, comment="")


def test_who_deleted_a_page_is_not_the_author_of_its_last_revision() -> None:
    assert redact(page_change("delete"), USER).user == "Secret Name"


def test_an_administrators_log_entry_is_not_about_the_author() -> None:
    assert about(hidden(3, "A", 5001, 4)) == ()


def test_a_category_change_of_no_known_revision_is_about_none() -> None:
    fact = Categorized(**common(3, "Category:X"), page="A", direction=Direction.ADDED, rev_id=None)
    assert about(fact) == ()
    assert about(replace(fact, rev_id=5001)) == (5001,)


def test_an_anonymous_edit_stays_as_it_is() -> None:
    fact = edit(1, "A", None)
    assert redact(fact, USER) == fact


BITS = st.sampled_from([0, 1, 2, 4, 5, 6])


@given(st.lists(st.tuples(st.integers(1, 3), BITS), max_size=5), st.randoms(), st.integers(1, 9))
def test_what_is_left_of_facts_depends_on_no_order_nor_batching(
    visibility: list[tuple[int, int]], shuffled: random.Random, size: int
) -> None:
    facts: list[Fact] = [edit(number, "A", f"U{number}", comment=f"c{number}") for number in range(1, 4)]
    changes = [hidden(20 + place, "A", 5000 + rev, bits) for place, (rev, bits) in enumerate(visibility)]
    expected = {one.event_id: one for one in Redactions().take([*facts, *changes])}

    events = [*facts, *changes]
    shuffled.shuffle(events)
    known = Redactions()
    stored: dict[str, Fact] = {}
    for first in range(0, len(events), size):
        stored |= {one.event_id: one for one in known.take(events[first : first + size])}
    # What was stored before it was hidden is purged from the store; that is the same as taking it again.
    assert {one.event_id: one for one in known.take(list(stored.values()))} == expected


def test_what_is_hidden_already_does_not_come_back_with_a_late_event() -> None:
    known = Redactions([Hiding(WIKI, "enwiki", 5001, USER | SUMMARY)])
    (late,) = known.take([SECRET])
    assert isinstance(late, Edit)
    assert (late.user, late.comment, late.length_new) == (None, "", 30)
    elsewhere = replace(SECRET, wiki="de.wikipedia.org")
    assert known.take([elsewhere]) == [elsewhere]


def test_the_summary_that_comes_with_the_tags_of_a_revision_goes_too() -> None:
    tags = replace(tagged(4, SECRET, "mw-reverted"), comment="secret words")
    (after,) = Redactions([Hiding(WIKI, "enwiki", 5001, SUMMARY)]).take([tags])
    assert after == replace(tags, comment="")


def test_who_was_forgotten_does_not_come_back_with_what_they_did_before() -> None:
    known = Redactions(forgotten=[Forgotten(digest_of("Ada", "salt"), START + timedelta(seconds=1))], salt="salt")
    before, other, after = known.take([edit(1, "A", "Ada"), edit(2, "A", "Ben"), edit(30, "A", "Ada")])
    assert (before.user, before.user_class) == (None, UserClass.HIDDEN)
    assert (other.user, after.user) == ("Ben", "Ada")


REVISION = Hiding("en.wikipedia.org", "enwiki", 5001, USER)
LETTER = {"server_name": "en.wikipedia.org", "revision": {"new": 5001, "old": None}, "user": "Zoë/B c"}


@pytest.mark.parametrize("ascii_only", [True, False])
def test_a_letter_is_found_by_its_revision_or_a_name_however_it_is_written(ascii_only: bool) -> None:
    data = json.dumps(LETTER, ensure_ascii=ascii_only).encode()
    for text in (data, data.replace(b"/", b"\\/"), data.replace(b"B c", b"B_c"), data.replace(b"\\u00eb", b"\\u00EB")):
        assert mentions(text, [REVISION], [])
        assert mentions(text, [], ["Zoë/B c"])
        assert any(needle.encode() in text for needle in needles([], ["Zoë/B c"]))
    assert needles([REVISION], []) == ["5001"]


def test_a_letter_is_not_dropped_for_a_number_or_a_name_that_only_looks_alike() -> None:
    data = json.dumps(LETTER, ensure_ascii=False).encode()
    assert not mentions(data, [REVISION._replace(rev_id=500), REVISION._replace(rev_id=1)], ["Zo", "Z", "ë"])
    assert not mentions(data, [REVISION._replace(wiki="de.wikipedia.org", dbname="dewiki")], [])


@pytest.mark.parametrize(
    "other",
    [
        {"notify_url": "https://en.wikipedia.org/w/index.php?diff=7&oldid=6&rcid=5001"},
        {"id": 5001},
        {"length": {"old": 1, "new": 5001}},
        {"meta": {"offset": 5001, "id": "a5001b"}},
    ],
)
def test_a_letter_is_not_dropped_for_a_number_that_is_surely_no_revision(other: dict[str, Any]) -> None:
    letter = {**LETTER, "revision": None, **other}
    assert not mentions(json.dumps(letter).encode(), [REVISION], [])
    assert not Redactions([REVISION]).concern(json.dumps(letter).encode())
    assert Redactions([REVISION]).concern(json.dumps(letter | {"unheard_of": 5001}).encode())


def test_a_letter_about_a_hidden_revision_is_not_kept() -> None:
    known = Redactions([REVISION])
    assert known.concern(json.dumps(LETTER).encode())
    assert known.concern(b'{"database": "enwiki", "rev_id": 5001, broken')
    assert not known.concern(json.dumps(LETTER | {"revision": {"new": 50010}}).encode())
    assert not Redactions().concern(json.dumps(LETTER).encode())
