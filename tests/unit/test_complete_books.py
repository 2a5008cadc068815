"""Which version of a program its books are complete for, however wikis were divided among workers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.ports.store import ALL_WIKIS, Share
from storage.books import complete_for

Judged = dict[int, dict[int, int]]


def share(*partitions: int, of: int) -> Share:
    return Share(frozenset(partitions), of)


def test_books_that_nobody_closed_are_complete_for_nothing() -> None:
    assert complete_for(ALL_WIKIS, {}) == 0
    assert complete_for(share(0, 2, of=4), {}) == 0


def test_one_worker_that_had_all_wikis_has_judged_those_of_every_share() -> None:
    assert complete_for(share(1, of=4), {1: {0: 7}}) == 7
    assert complete_for(ALL_WIKIS, {1: {0: 7}}) == 7


def test_of_a_share_the_partition_that_is_least_far_decides() -> None:
    judged = {4: {0: 9, 1: 3, 2: 8}}
    assert complete_for(share(0, 2, of=4), judged) == 8
    assert complete_for(share(0, 1, of=4), judged) == 3
    assert complete_for(share(0, 3, of=4), judged) == 0


def test_all_workers_together_have_judged_all_wikis() -> None:
    assert complete_for(ALL_WIKIS, {2: {0: 5, 1: 6}}) == 5
    assert complete_for(ALL_WIKIS, {2: {0: 5}}) == 0


def test_after_partitions_were_added_what_was_complete_before_still_is() -> None:
    judged = {2: {0: 5, 1: 6}, 4: {3: 8}}
    assert complete_for(share(0, of=4), judged) == 5
    assert complete_for(share(3, of=4), judged) == 8
    assert complete_for(share(0, 3, of=4), judged) == 5


def test_a_division_that_was_never_complete_says_nothing_of_other_divisions() -> None:
    assert complete_for(share(0, of=4), {2: {0: 5}}) == 0


divisions = st.integers(1, 4)
entries = st.lists(st.tuples(divisions, st.integers(0, 3), st.integers(1, 9)), max_size=14)
DIVISORS = 12
"""Wikis of these tests; in a division by `of`, wiki w is in partition w modulo of."""


@st.composite
def shares(draw: st.DrawFn) -> Share:
    of = draw(divisions)
    return Share(frozenset(draw(st.sets(st.integers(0, of - 1), min_size=1))), of)


@given(entries, shares())
def test_it_never_promises_more_than_was_judged_of_every_wiki(given_: list[tuple[int, int, int]], asked: Share) -> None:
    judged: Judged = {}
    for of, partition, version in given_:
        if partition < of:
            judged.setdefault(of, {})[partition] = version
    promised = complete_for(asked, judged)
    for wiki in range(DIVISORS):
        if wiki % asked.of in asked.partitions:
            assert promised <= max((by.get(wiki % of, 0) for of, by in judged.items()), default=0)


@given(entries, shares(), st.integers(1, 9))
def test_closing_the_books_of_a_share_completes_them(
    given_: list[tuple[int, int, int]], asked: Share, version: int
) -> None:
    judged: Judged = {}
    for of, partition, earlier in given_:
        if partition < of:
            judged.setdefault(of, {})[partition] = min(earlier, version)
    judged.setdefault(asked.of, {}).update(dict.fromkeys(asked.partitions, version))
    assert complete_for(asked, judged) == version
