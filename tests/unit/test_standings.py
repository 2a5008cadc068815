"""Standings as folds, and their ranks."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts.facts import ActionKind
from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.numbers.numbers import Metric, Standing
from processors.numbers.standings import fold_books, fold_standing, rank, value
from tests.histories import START, WIKI

ONE = Contribution(
    program="p",
    wiki=WIKI,
    rev_id=1,
    user="Ada",
    verdict=Verdict.COUNTED,
    occurred_at=START,
    title="A",
    namespace=0,
    byte_delta=10,
    created=True,
)


def test_a_standing_sums_what_counted() -> None:
    books = [
        ONE,
        replace(ONE, rev_id=2, byte_delta=-4, created=False, occurred_at=START + timedelta(seconds=9)),
        replace(ONE, rev_id=3, byte_delta=None, created=False, title="B"),
        replace(ONE, rev_id=4, verdict=Verdict.BOT, byte_delta=1000),
    ]
    (standing,) = fold_books(books)["p"]
    assert standing == Standing("Ada", "", 3, 10, 4, 1, 2, START + timedelta(seconds=9))
    assert (standing.bytes_net, standing.bytes_absolute) == (6, 14)


def test_what_is_no_edit_is_summed_by_itself() -> None:
    wikidata = replace(ONE, rev_id=5, wiki="www.wikidata.org", action="label_added", created=False)
    books = [
        replace(ONE, rev_id=2, kind=ActionKind.UPLOAD, byte_delta=None, created=False, title="File:A.png"),
        wikidata,
        replace(wikidata, rev_id=6, verdict=Verdict.BOT),
        replace(ONE, rev_id=7, wiki="fr.wikisource.org", action="page_proofread", created=False, reverted=True),
        replace(ONE, rev_id=8, wiki="fr.wikisource.org", action="page_validated", created=False),
    ]
    (one,) = fold_books(books)["p"]
    assert (one.edits, one.uploads, one.wikidata_actions, one.reverted) == (3, 1, 1, 1)
    assert (one.pages_proofread, one.pages_validated, one.articles_edited) == (1, 1, 2)


def test_a_page_counts_once_however_often_it_was_edited_and_on_every_wiki() -> None:
    other_wiki = replace(ONE, rev_id=9, wiki="de.wikipedia.org")
    assert fold_standing("Ada", [ONE, replace(ONE, rev_id=2), other_wiki]).articles_edited == 2


def test_no_contributions_fold_to_nothing() -> None:
    assert fold_books([replace(ONE, verdict=Verdict.BOT)]) == {}
    assert fold_standing("Ada", []).last_edit_at is None


def standing(user: str, edits: int) -> Standing:
    return Standing(user, "", edits, 0, 0, 0, 0, None)


def test_equal_values_share_a_rank_and_the_next_one_is_skipped() -> None:
    ranked = rank([standing("d", 1), standing("c", 2), standing("b", 2), standing("a", 5)], Metric.EDITS, {"b": "blue"})
    assert [(one.rank, one.user, one.team) for one in ranked] == [
        (1, "a", ""),
        (2, "b", "blue"),
        (2, "c", ""),
        (4, "d", ""),
    ]


@given(st.lists(st.tuples(st.text(min_size=1), st.integers(0, 3)), unique_by=lambda pair: pair[0]), st.integers())
def test_ranks_do_not_depend_on_the_order_of_rows(rows: list[tuple[str, int]], seed: int) -> None:
    standings = [standing(user, edits) for user, edits in rows]
    ranked = rank(standings, Metric.EDITS)
    random.Random(seed).shuffle(standings)
    assert rank(standings, Metric.EDITS) == ranked
    for one in ranked:
        assert one.rank == 1 + sum(other.edits > one.edits for other in ranked)


@pytest.mark.parametrize("metric", list(Metric))
def test_every_metric_is_a_number_of_a_standing(metric: Metric) -> None:
    assert isinstance(value(standing("a", 1), metric), int | float)
