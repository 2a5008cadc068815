"""What became of single revisions."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from processors.facts.facts import Fact, RevisionsHidden, RevisionTagged
from processors.facts.tags import RevisionFlags
from processors.folds.pages import PageLog
from processors.folds.revisions import RevisionLog
from processors.judging.contributions import DEMOTED, PROOFREAD, VALIDATED, level_word
from tests.histories import edit, hidden, moved, tagged

ONE, TWO, THREE = edit(1, "A"), edit(2, "A"), edit(3, "A")


def log_of(*facts: Fact) -> RevisionLog:
    log = RevisionLog()
    for fact in facts:
        if isinstance(fact, RevisionsHidden):
            log.hide(fact)
        elif isinstance(fact, RevisionTagged):
            log.tag(fact)
            log.redirected(fact)
    return log


def test_hidden_is_what_the_last_change_of_visibility_says() -> None:
    shown, gone = hidden(7, "A", 5001, 0), hidden(5, "A", 5001, 1)
    assert log_of(gone).hidden(5001)
    assert not log_of(shown, gone).hidden(5001)
    assert not log_of(hidden(5, "A", 5001, 2)).hidden(5001), "a hidden summary hides no edit"
    assert log_of(hidden(5, "A", 5001, 4)).hidden(5001)
    assert not log_of(gone).hidden(5002)


def test_a_change_of_visibility_touches_its_revisions_and_tags_that_matter_theirs() -> None:
    log = RevisionLog()
    assert log.hide(hidden(5, "A", 5001, 1)) == {5001}
    assert log.tag(tagged(6, ONE, "mw-reverted")) == {5001}
    assert log.tag(tagged(7, TWO, "mobile edit", "visualeditor")) == set()


def test_an_edit_is_reverted_until_its_tag_is_taken_away() -> None:
    reverted, not_any_more = tagged(5, ONE, "mw-reverted"), tagged(6, ONE, prior=("mw-reverted",))
    assert log_of(reverted).flags(5001) & RevisionFlags.REVERTED
    assert not log_of(not_any_more, reverted).flags(5001)


def test_a_page_is_a_redirect_from_the_edit_that_made_it_one_to_the_edit_that_ended_it() -> None:
    pages = PageLog()
    now, no_more = tagged(5, ONE, "mw-new-redirect"), tagged(8, TWO, "mw-removed-redirect")
    assert log_of(now).is_redirect(pages.stays("A", ONE.order))
    assert not log_of(no_more, now).is_redirect(pages.stays("A", ONE.order))
    assert not log_of(now).is_redirect(pages.stays("B", ONE.order))


def test_a_redirect_is_followed_through_moves() -> None:
    pages = PageLog()
    pages.add(moved(9, "A", "B"))
    log = log_of(tagged(5, ONE, "mw-new-redirect"))
    assert log.is_redirect(pages.stays("A", ONE.order))
    assert log.is_redirect(pages.stays("B", edit(12, "B").order))
    assert not log.is_redirect(pages.stays("A", edit(12, "A").order)), "what is made at the old title is another page"


def test_the_redirect_that_a_page_replaced_as_it_came_back_is_not_the_page() -> None:
    """Moved away and back within one second: the tag of what the first move left is of that second, too."""
    pages = PageLog()
    pages.add(moved(9, "A", "B"))
    pages.add(moved(10, "B", "A", over_redirect=True))
    stays = pages.stays("A", ONE.order)
    assert not log_of(tagged(11, ONE, "mw-new-redirect")).is_redirect(stays)
    assert log_of(tagged(12, ONE, "mw-new-redirect")).is_redirect(stays)


def level(one: RevisionTagged, log: RevisionLog) -> str:
    levels = log.levels(one.rev_id)
    assert levels is not None
    return level_word(*levels)


def test_a_scanned_page_is_proofread_validated_and_demoted() -> None:
    first = tagged(5, ONE, "proofreadpage-quality1")
    proofread, validated = tagged(6, TWO, "proofreadpage-quality3"), tagged(7, THREE, "proofreadpage-quality4")
    log = log_of(validated, proofread, first)
    assert [level(one, log) for one in (first, proofread, validated)] == ["page_not_proofread", PROOFREAD, VALIDATED]
    back = tagged(9, edit(4, "A"), "proofreadpage-quality3")
    assert log.tag(back) == {5004}
    assert level(back, log) == DEMOTED
    assert log.levels(4711) is None


def test_the_newest_tags_of_a_revision_say_its_level() -> None:
    earlier = tagged(5, TWO, "proofreadpage-quality2")
    log = log_of(tagged(8, TWO, "proofreadpage-quality3"), earlier, tagged(9, THREE, "proofreadpage-quality1"))
    assert log.levels(5002) == (3, None)
    assert log.levels(5003) == (1, 3)


def test_a_level_that_is_learned_late_touches_the_revision_behind_it() -> None:
    log = log_of(tagged(7, THREE, "proofreadpage-quality3"))
    assert log.levels(5003) == (3, None)
    assert log.tag(tagged(6, ONE, "proofreadpage-quality4")) == {5001, 5003}
    assert log.levels(5003) == (3, 4)


SAID = [
    tagged(4, ONE, "mw-reverted"),
    tagged(6, ONE, prior=("mw-reverted",)),
    tagged(5, TWO, "mw-new-redirect", "proofreadpage-quality2"),
    tagged(8, TWO, "proofreadpage-quality3", prior=("mw-new-redirect",)),
    tagged(9, THREE, "mw-removed-redirect", "proofreadpage-quality1"),
    hidden(7, "A", 5001, 5),
    hidden(8, "A", 5001, 0),
]


@given(st.permutations(SAID), st.lists(st.sampled_from(SAID)))
def test_only_the_set_of_events_matters(order: Sequence[Fact], again: Sequence[Fact]) -> None:
    log, expected = log_of(*order, *again), log_of(*SAID)
    stays = PageLog().stays("A", ONE.order)
    for rev_id in (5001, 5002, 5003):
        assert log.flags(rev_id) == expected.flags(rev_id)
        assert log.hidden(rev_id) == expected.hidden(rev_id)
        assert log.levels(rev_id) == expected.levels(rev_id)
    assert log.is_redirect(stays) == expected.is_redirect(stays)
