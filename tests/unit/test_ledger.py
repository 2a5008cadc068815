"""The differences between what the books say and what they have to say."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from processors.facts.facts import ActionKind
from processors.judging.contributions import Cause, Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import ActionKey, Change, differences, entry_key
from tests.histories import START, WIKI

ONE = Contribution("p", "Ada", WIKI, 1, Verdict.COUNTED, START, "A", 0, 10, False)
LATE = Cause("delete/delete", "e1")
OTHERWISE = Cause("program/changed", "e2")


def test_what_is_equal_is_not_written_again() -> None:
    assert list(differences([ONE], [replace(ONE)], {}, OTHERWISE)) == []


def test_a_change_carries_the_verdict_before_and_its_cause() -> None:
    deleted = replace(ONE, verdict=Verdict.PAGE_DELETED)
    causes = {ActionKey(WIKI, ActionKind.EDIT, 1): LATE}
    assert list(differences([ONE], [deleted], causes, OTHERWISE)) == [Change(deleted, Verdict.COUNTED, False, LATE)]
    assert list(differences([], [ONE], {}, OTHERWISE)) == [Change(ONE, None, False, OTHERWISE)]


def test_what_is_new_is_its_own_cause_whatever_came_with_it() -> None:
    key = ActionKey(WIKI, ActionKind.EDIT, 1)
    own = {key: Cause("edit", "e0")}
    (change,) = differences([], [ONE], {key: LATE}, OTHERWISE, own)
    assert change.cause == own[key]
    (change,) = differences([replace(ONE, title="B")], [ONE], {key: LATE}, OTHERWISE, own)
    assert change.cause == LATE


def test_what_is_judged_no_more_is_gone() -> None:
    assert list(differences([ONE], [], {}, OTHERWISE)) == [Change(ONE, Verdict.COUNTED, True, OTHERWISE)]


def test_an_entry_that_goes_to_another_name_leaves_the_old_one() -> None:
    renamed = replace(ONE, user="Lovelace")
    changes = {entry_key(one.entry): one.gone for one in differences([ONE], [renamed], {}, OTHERWISE)}
    assert changes == {entry_key(ONE): True, entry_key(renamed): False}


entries = st.lists(
    st.builds(
        replace,
        st.just(ONE),
        program=st.sampled_from("pq"),
        user=st.sampled_from(("Ada", "Ben")),
        rev_id=st.integers(1, 4),
        kind=st.sampled_from(ActionKind),
        verdict=st.sampled_from((Verdict.COUNTED, Verdict.BOT)),
        title=st.sampled_from("AB"),
    ),
    unique_by=entry_key,
)


@given(entries, entries)
def test_books_that_take_the_differences_say_what_was_judged(
    known: list[Contribution], judged: list[Contribution]
) -> None:
    books = {entry_key(one): one for one in known}
    for change in differences(known, judged, {}, OTHERWISE):
        if change.gone:
            del books[entry_key(change.entry)]
        else:
            books[entry_key(change.entry)] = change.entry
    assert books == {entry_key(one): one for one in judged}
