"""Explanations: each reason by example, with the data that decided; and never another verdict than the judge's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from processors.facts.facts import Action, Direction, Fact, UserClass, is_action
from processors.judging.judge import Verdict, judge
from processors.judging.projection import Projector
from processors.programs.program import (
    CategoryScope,
    ExcludedPage,
    ExcludedRevision,
    ExcludedUser,
    Exclusions,
    Membership,
    Page,
    Participant,
    Period,
    PrefixScope,
    Program,
    Session,
    Side,
    TitlesScope,
)
from processors.why.explain import Explanation, explain
from tests.histories import (
    START,
    WIKI,
    categorized,
    deleted,
    edit,
    hidden,
    histories,
    moved,
    programs,
    renamed,
    restored,
    tagged,
    uploaded,
)

PROGRAM = Program(
    slug="p",
    title="P",
    timezone="Europe/Paris",
    sessions=(
        Session(START, START + timedelta(hours=3), "Saturday"),
        Session(START + timedelta(days=7), START + timedelta(days=7, hours=3)),
    ),
    wikis=(WIKI, "*.wikisource.org"),
    participants=(
        Participant("Ada"),
        Participant("Late", periods=(Period(START + timedelta(hours=1)),)),
        Participant("Left", periods=(Period(None, START + timedelta(seconds=-5)),)),
        Participant("Gone", periods=()),
    ),
    organisers=("Olga",),
)
ADA = edit(1, "A")


def explained(one: Action = ADA, *facts: Fact, **changes: Any) -> Explanation:
    program = replace(PROGRAM, **changes)
    projector = Projector([program])
    projector.absorb(facts)
    projector.recalled(projector.wanted)
    _, compiled, context = projector.entry(one, "p")
    return explain(one, compiled, context, facts)


def detail(reason: Verdict, one: Action = ADA, *facts: Fact, **changes: Any) -> str:
    """The sentence of the reason, after a look that it decided."""
    explanation = explained(one, *facts, **changes)
    assert explanation.verdict is reason
    return explanation.reason


def passed(reason: Verdict, one: Action = ADA, *facts: Fact, **changes: Any) -> str:
    """The sentence of a test that does not speak against the action."""
    (check,) = [check for check in explained(one, *facts, **changes).checks if check.reason is reason]
    assert not check.holds
    return check.detail


def test_every_test_is_shown_in_order_whatever_decided() -> None:
    checks = explained(replace(ADA, user="Eve", bot=True)).checks
    assert [check.reason for check in checks] == list(Verdict)[1:]
    assert [check.reason for check in checks if check.holds] == [Verdict.NOT_ENROLLED, Verdict.BOT]
    assert all(check.detail.endswith(".") for check in checks)


def test_an_edit_that_counts_says_so() -> None:
    explanation = explained()
    assert explanation.verdict is Verdict.COUNTED
    assert explanation.reason == "Nothing speaks against it: it counts."
    assert explanation.url == "https://en.wikipedia.org/wiki/Special:Diff/5001"
    assert passed(Verdict.NOT_SEEN) == "Read from the stream: made on 8 November 2026, 15:00 (Europe/Paris)."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user": "Eve"}, "Eve is not among the 4 participants."),
        ({"user": "Late"}, "Late joined only on 8 November 2026, 16:00."),
        ({"user": "Left"}, "Left left on 8 November 2026, 14:59:55."),
        ({"user": "Gone"}, "Gone has left the program for good."),
        (
            {"user": None, "user_class": UserClass.HIDDEN},
            "It came without an account's name: it was made without logging in, or the wiki hides who made it.",
        ),
    ],
)
def test_who_did_not_take_part(changes: dict[str, Any], sentence: str) -> None:
    assert detail(Verdict.NOT_ENROLLED, replace(ADA, **changes)) == sentence


def test_who_came_back_is_told_with_both_times() -> None:
    later = START + timedelta(days=1)
    both = Participant("Ada", periods=(Period(None, START), Period(later)))
    sentence = detail(Verdict.NOT_ENROLLED, participants=(both,))
    assert sentence == "Ada left on 8 November 2026, 15:00 and came back on 9 November 2026, 15:00."


def test_a_hashtag_that_is_missing_or_there_is_named() -> None:
    eve = replace(ADA, user="Eve", comment="source #WikiPink")
    assert passed(Verdict.NOT_ENROLLED, eve, hashtags=("wikipink",)) == "The summary has #wikipink."
    sentence = detail(Verdict.NOT_ENROLLED, eve, hashtags=("wikiblue", "wikired"))
    assert sentence == "Eve is not among the 4 participants, and its summary has none of #wikiblue or #wikired."


def test_a_renamed_participant_is_told_by_the_name_they_were_enrolled_under() -> None:
    sentence = passed(Verdict.NOT_ENROLLED, edit(9, "A", "Lovelace"), renamed(6, "Ada", "Lovelace"))
    assert sentence == "Lovelace takes part (enrolled as Ada)."


def test_an_organiser_who_does_not_take_part() -> None:
    sentence = detail(Verdict.ORGANISER_ONLY, replace(ADA, user="Olga"))
    assert sentence == "Olga organises the program and does not take part in it."
    both = passed(Verdict.ORGANISER_ONLY, replace(ADA, user="Olga"), participants=(Participant("Olga"),))
    assert both == "Olga organises the program and takes part too."


@pytest.mark.parametrize(
    ("at", "reason", "sentence"),
    [
        (
            START - timedelta(seconds=30),
            Verdict.BEFORE_WINDOW,
            "30 seconds before the start of session 1 (Saturday, 8 November 2026, 15:00 Europe/Paris).",
        ),
        (
            START + timedelta(hours=3, minutes=14),
            Verdict.AFTER_WINDOW,
            "14 min after the end of session 1 (Saturday, 8 November 2026, 18:00 Europe/Paris), "
            "6 days before session 2.",
        ),
        (
            START + timedelta(days=7, hours=6),
            Verdict.AFTER_WINDOW,
            "3 hours after the end of session 2 (15 November 2026, 18:00 Europe/Paris).",
        ),
    ],
)
def test_how_far_from_which_session(at: Any, reason: Verdict, sentence: str) -> None:
    assert detail(reason, replace(ADA, occurred_at=at)) == sentence


def test_within_which_session() -> None:
    assert passed(Verdict.AFTER_WINDOW) == "Within session 1: 8 November 2026, 15:00 to 18:00 (Saturday)."


def test_a_wiki_that_is_not_tracked_is_told_beside_those_that_are() -> None:
    sentence = detail(Verdict.WIKI_NOT_TRACKED, replace(ADA, wiki="de.wikipedia.org"))
    assert sentence == (
        "de.wikipedia.org is not tracked; the program counts on en.wikipedia.org and every wikisource.org wiki."
    )
    tracked = passed(Verdict.WIKI_NOT_TRACKED, replace(ADA, wiki="fr.wikisource.org"))
    assert tracked == "fr.wikisource.org is tracked (every wikisource.org wiki)."


def test_a_namespace_is_the_one_where_the_page_is_now() -> None:
    draft = edit(1, "User:Ada/Draft")
    sentence = detail(Verdict.NAMESPACE_NOT_TRACKED, draft)
    assert sentence == "“User:Ada/Draft” is in namespace 2 (user pages); edits count in namespace 0 (articles)."
    assert passed(Verdict.NAMESPACE_NOT_TRACKED, draft, moved(4, "User:Ada/Draft", "A")) == (
        "“A” is in namespace 0 (articles) now; it was “User:Ada/Draft” at the time; "
        "edits count in namespace 0 (articles)."
    )
    assert passed(Verdict.NAMESPACE_NOT_TRACKED, uploaded(1, "File:A.png")).endswith(
        "uploads count whatever the namespace."
    )


def test_an_empty_scope_and_pages_outside_of_it() -> None:
    assert detail(Verdict.SCOPE_EMPTY, scope=()) == ("The program's list of pages is empty, so no page can be in it.")
    sentence = detail(Verdict.OUT_OF_SCOPE, scope=(TitlesScope(frozenset({"B"})), PrefixScope("List of")))
    assert sentence == (
        "“A” is not on a list of 1 page (B) or whose title begins with “List of”, as they were when the edit was made."
    )
    taken_out = detail(Verdict.OUT_OF_SCOPE, outside=(TitlesScope(frozenset({"A"})),))
    assert taken_out == "“A” is left out, being on a list of 1 page (A), as they were when the edit was made."
    assert passed(Verdict.OUT_OF_SCOPE) == "Every page is in scope."


X = CategoryScope(WIKI, "Category:X", 1)


def test_a_category_is_told_with_the_way_up_to_it() -> None:
    facts = categorized(0, "Category:X", "Category:Y"), categorized(1, "Category:Y", "A")
    assert passed(Verdict.OUT_OF_SCOPE, ADA, *facts, scope=(X,)) == (
        "“A” is in Category:X of en.wikipedia.org or in its subcategories down to 1 level, "
        "as they were when the edit was made: Category:Y in Category:X."
    )


def test_a_category_that_came_too_late_is_told_with_its_time() -> None:
    sentence = detail(Verdict.OUT_OF_SCOPE, ADA, categorized(600, "Category:X", "A"), scope=(X,))
    assert sentence.endswith("; it was put into Category:X on 8 November 2026, 15:03:20.")
    gone = categorized(0, "Category:X", "A", Direction.REMOVED)
    assert "taken out of Category:X" in detail(Verdict.OUT_OF_SCOPE, edit(9, "A"), gone, scope=(X,))
    listed = categorized(0, "Category:X", "A", Direction.LISTED)
    out = categorized(600, "Category:X", "A", Direction.REMOVED)
    assert "taken out of" in detail(Verdict.OUT_OF_SCOPE, edit(900, "A"), listed, out, scope=(X,))
    unclear = categorized(0, "Category:X", "A", Direction.UNKNOWN)
    assert "put into or taken out of Category:X" in detail(Verdict.OUT_OF_SCOPE, ADA, unclear, scope=(X,))


def test_a_banner_on_the_talk_page_is_told_like_any_category() -> None:
    banner = CategoryScope(WIKI, "Category:Y", 0, Side.TALK)
    assert "talk page" in passed(Verdict.OUT_OF_SCOPE, ADA, categorized(0, "Category:Y", "Talk:A"), scope=(banner,))
    late = detail(Verdict.OUT_OF_SCOPE, ADA, categorized(600, "Category:Y", "Talk:A"), scope=(banner,))
    assert "it was put into Category:Y" in late


@pytest.mark.parametrize(
    ("reason", "changes", "exclude", "sentence"),
    [
        (Verdict.BOT, {"bot": True}, Exclusions(), "It is flagged as a bot edit."),
        (Verdict.MINOR_EXCLUDED, {"minor": True}, Exclusions(minor=True), "It is marked as minor."),
        (
            Verdict.MANUALLY_EXCLUDED,
            {},
            Exclusions(users=(ExcludedUser("Ada", "a test account"),)),
            "The user Ada is excluded by hand: a test account.",
        ),
        (
            Verdict.MANUALLY_EXCLUDED,
            {},
            Exclusions(titles=(ExcludedPage(Page("A", "*.wikipedia.org")),)),
            "The page “A” is excluded by hand, without a reason.",
        ),
        (
            Verdict.MANUALLY_EXCLUDED,
            {},
            Exclusions(revisions=(ExcludedRevision(WIKI, 5001, "copied"),)),
            "The revision is excluded by hand: copied.",
        ),
    ],
)
def test_what_is_left_out(reason: Verdict, changes: dict[str, Any], exclude: Exclusions, sentence: str) -> None:
    assert detail(reason, replace(ADA, **changes), exclude=exclude) == sentence


def test_a_switch_that_is_off_is_told_to_be() -> None:
    one = replace(ADA, bot=True, minor=True)
    off = Exclusions(bots=False)
    assert passed(Verdict.BOT, one, exclude=off) == "It is flagged as a bot edit, and the program counts those."
    assert passed(Verdict.MINOR_EXCLUDED, one, exclude=off) == "It is marked as minor, and the program counts those."


def test_a_tools_edit_is_told_by_its_tag() -> None:
    tags = tagged(2, ADA, "OAuth CID: 1232")
    assert detail(Verdict.TOOL_EDIT, ADA, tags) == "Its tags (OAuth CID: 1232) are those of a program's tool."


def test_a_redirect_is_told_with_its_time() -> None:
    tags = tagged(300, edit(299, "A", "Ben"), "mw-new-redirect")
    sentence = detail(Verdict.REDIRECT, ADA, tags, exclude=Exclusions(redirects=True))
    assert sentence == "“A” is a redirect since 8 November 2026, 15:01:40."


def test_a_deletion_is_told_with_who_did_it_when_and_why() -> None:
    gone = replace(deleted(300, "A"), user="Admin", comment="hoax", log_id=77)
    sentence = detail(Verdict.PAGE_DELETED, ADA, gone)
    assert sentence == ("The page is deleted: on 8 November 2026, 15:01:40 Admin deleted “A” (“hoax”), log entry 77.")
    back = explained(ADA, gone, restored(303, "A"))
    assert back.verdict is Verdict.COUNTED
    assert [line.partition(": ")[2] for line in back.history] == ["Admin deleted “A” (“hoax”)", "Ada restored “A”"]


def test_a_page_is_followed_through_its_moves() -> None:
    gone = deleted(12, "B")
    explanation = explained(ADA, moved(6, "A", "B"), gone)
    assert (explanation.title, explanation.verdict) == ("B", Verdict.PAGE_DELETED)
    assert "deleted “B”" in explanation.reason
    assert len(explanation.history) == 2


def test_what_happened_to_another_page_of_that_title_is_not_its_history() -> None:
    explanation = explained(ADA, moved(6, "A", "B"), deleted(12, "A"))
    assert [line.partition(": ")[2] for line in explanation.history] == ["Ada moved “A” to “B”"]


def test_a_hidden_revision_is_told_with_what_is_hidden() -> None:
    sentence = detail(Verdict.REVISION_SUPPRESSED, ADA, hidden(300, "A", ADA.rev_id, 5))
    assert sentence == "On 8 November 2026, 15:01:40 Ada hid the revision's text and author."


def test_a_reverted_edit_is_told_with_its_time() -> None:
    tags = tagged(300, ADA, "mw-reverted")
    sentence = detail(Verdict.REVERTED_EXCLUDED, ADA, tags, exclude=Exclusions(reverted=True))
    assert sentence == "It was reverted: tagged mw-reverted on 8 November 2026, 15:01:40."
    assert passed(Verdict.REVERTED_EXCLUDED, ADA, tags).endswith("and the program counts those.")


def test_what_is_looked_at_now_is_told_by_the_title_of_now() -> None:
    scope = (TitlesScope(frozenset({"B"})),)
    sentence = passed(Verdict.OUT_OF_SCOPE, ADA, moved(6, "A", "B"), scope=scope, membership=Membership.NOW)
    assert sentence == "“B” is on a list of 1 page (B), as they are now."


def _projector(facts: Sequence[Fact]) -> Projector:
    projector = Projector(programs())
    projector.absorb(facts)
    while wanted := projector.wanted:
        projector.absorb(facts)
        projector.recalled(wanted)
    return projector


@given(histories())
@settings(deadline=None)
def test_an_explanation_never_says_anything_else_than_the_judge(facts: list[Fact]) -> None:
    projector = _projector(facts)
    for action in filter(is_action, facts):
        for program in programs():
            _, compiled, context = projector.entry(action, program.slug)
            explanation = explain(action, compiled, context, facts)
            assert explanation.verdict is judge(action, compiled, context)
            if explanation.verdict is Verdict.PAGE_DELETED:
                assert "deleted: on" in explanation.reason
