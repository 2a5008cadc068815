"""What the sentences say, and that none of the fields that decide is left out of them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given

from processors.numbers.points import POINT_RULES, points
from processors.programs.definition_shape import POINTS
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
    Visibility,
)
from processors.why.rules import differences, rules
from tests.unit.test_definitions import programs

START = datetime(2026, 11, 8, 13, tzinfo=UTC)
WOMEN = CategoryScope("en.wikipedia.org", "Category:Women scientists", 2)
BASE = Program(
    slug="saturday",
    title="Saturday",
    timezone="Europe/Paris",
    sessions=(Session(START, START + timedelta(hours=3)),),
    wikis=("en.wikipedia.org",),
    participants=(Participant("Ada"), Participant("Ben")),
    scope=(WOMEN,),
)


def said(**changed: Any) -> str:
    return "\n".join(rules(replace(BASE, **changed)))


OTHERS: dict[str, Any] = {
    "slug": "sunday",
    "title": "Sunday",
    "sessions": (*BASE.sessions, Session(START + timedelta(days=1), START + timedelta(days=2), "Day two")),
    "wikis": ("fr.wikipedia.org",),
    "timezone": "UTC",
    "namespaces": (("default", frozenset({0, 118})),),
    "participants": (Participant("Ada"), Participant("Ben", periods=(Period(START),))),
    "organisers": ("Olga",),
    "open": True,
    "hashtags": ("wir",),
    "scope": None,
    "outside": (PrefixScope("List of"),),
    "membership": Membership.NOW,
    "exclude": Exclusions(bots=False),
    "visibility": Visibility.PRIVATE,
    "goals": (("edits", 5),),
    "points": (("edit", 2.0),),
    "campaigns": ("women",),
    "expires": START + timedelta(days=30),
    "new_editor_days": 30,
    "hide_names_after_days": 90,
}
DECIDES_NOTHING = {"slug", "title", "goals", "campaigns"}
EXCLUSIONS: dict[str, Any] = {
    "bots": False,
    "minor": True,
    "redirects": True,
    "reverted": True,
    "tools": False,
    "users": (ExcludedUser("Mallory", "spam"),),
    "titles": (ExcludedPage(Page("Draft", "fr.wikipedia.org"), "a trial"),),
    "revisions": (ExcludedRevision("en.wikipedia.org", 123, "copied"),),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Program)])
def test_every_field_that_decides_is_in_the_rules_and_every_field_in_the_differences(name: str) -> None:
    other = replace(BASE, **{name: OTHERS[name]})
    assert (rules(other) != rules(BASE)) == (name not in DECIDES_NOTHING)
    assert differences(BASE, other)
    assert differences(other, BASE)


@pytest.mark.parametrize("name", [field.name for field in fields(Exclusions)])
def test_every_exclusion_is_in_the_rules_and_in_the_differences(name: str) -> None:
    other = replace(BASE, exclude=replace(BASE.exclude, **{name: EXCLUSIONS[name]}))
    assert rules(other) != rules(BASE)
    assert len(differences(BASE, other)) == len(differences(other, BASE)) == 1
    assert differences(BASE, other) != differences(other, BASE)


@pytest.mark.parametrize(
    "participant",
    [
        Participant("Ben", team="blue"),
        Participant("Ben", hidden=True),
        Participant("Ben", pages=(Page("Marie Curie"),)),
        Participant("Ben", periods=()),
        Participant("Ben", periods=(Period(None, START), Period(START + timedelta(hours=1)))),
    ],
)
def test_every_detail_of_a_participant_is_in_the_rules_and_in_the_differences(participant: Participant) -> None:
    other = replace(BASE, participants=(Participant("Ada"), participant))
    assert rules(other) != rules(BASE)
    assert len(differences(BASE, other)) == len(differences(other, BASE)) == 1


@given(programs(), programs())
def test_programs_that_differ_have_differences_and_others_none(old: Program, new: Program) -> None:
    assert bool(differences(old, new)) == (old != new)
    assert differences(new, new) == []
    for sentence in (*rules(old), *differences(old, new)):
        assert sentence[0] != " "
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "Edits by 2 participants count, each from the start of the program, whenever they were enrolled."),
        (
            {"participants": (Participant("Ada"), Participant("Chén Xiǎomíng", periods=(Period(START),)))},
            "Edits by 2 participants count, each from the start of the program; "
            "Chén Xiǎomíng from 8 November 2026, 14:00 on.",
        ),
        (
            {"participants": (Participant("Ada", periods=(Period(None, START), Period(START + timedelta(days=1)))),)},
            "Edits by 1 participant count, each in their own time; Ada from the start of the program until "
            "8 November 2026, 14:00, and from 9 November 2026, 14:00 on.",
        ),
        ({"participants": ()}, "Nobody takes part yet, so nothing counts."),
        ({"open": True, "participants": ()}, "Everyone's edits count; nobody has to enrol."),
        ({"hashtags": ("wir", "a")}, "An edit with #wir or #a in its summary counts, whoever makes it."),
        ({"participants": (Participant("Ada", "blue"),)}, "Teams: blue (1 participant)."),
        ({"organisers": ("Olga",)}, "Organised by Olga: organisers' edits count only where they take part themselves."),
        (
            {},
            "They count when they are made from 8 November 2026, 14:00 to 17:00 (Europe/Paris); "
            "the end itself is outside.",
        ),
        (
            {"sessions": (Session(START, START + timedelta(days=1, seconds=5), "Night"),)},
            "They count when they are made from 8 November 2026, 14:00 to 9 November 2026, 14:00:05 (Night) "
            "(Europe/Paris); the end itself is outside.",
        ),
        (
            {"wikis": ("en.wikipedia.org", "commons.wikimedia.org", "*.wikisource.org")},
            "They count on en.wikipedia.org, commons.wikimedia.org and every wikisource.org wiki.",
        ),
        ({"wikis": ("*",)}, "They count on every wiki."),
        ({}, "They count in namespace 0 (articles): that is where the page is now, after any move."),
        (
            {"namespaces": (("default", None), ("commons.wikimedia.org", frozenset({6, 106})))},
            "They count in every namespace; on commons.wikimedia.org in namespaces 6 (files) and 106: "
            "that is where the page is now, after any move.",
        ),
        ({"scope": None}, "Every page counts."),
        ({"scope": ()}, "No page is in scope, so nothing counts: the list of pages is empty."),
        (
            {},
            "Only pages in Category:Women scientists of en.wikipedia.org or in its subcategories down to 2 levels "
            "count, as they were when the edit was made.",
        ),
        (
            {
                "scope": (
                    replace(WOMEN, depth=0, side=Side.TALK),
                    TitlesScope(frozenset({"B", "A"}), "fr.wikipedia.org"),
                    PrefixScope("Page:Book.djvu/", "*.wikisource.org"),
                ),
                "membership": Membership.NOW,
            },
            "Only pages whose talk page is in Category:Women scientists of en.wikipedia.org, on a list of 2 pages of "
            "fr.wikipedia.org (A and B) or of every wikisource.org wiki whose title begins with “Page:Book.djvu/” "
            "count, as they are now.",
        ),
        (
            {"outside": (PrefixScope("List of"),)},
            "Out of scope in any case are pages whose title begins with “List of”, as they were when the edit "
            "was made.",
        ),
        ({}, "Edits flagged as bot edits do not count."),
        ({}, "Edits marked as minor count like others."),
        ({"exclude": Exclusions(reverted=True)}, "Edits that were reverted do not count."),
        (
            {"exclude": Exclusions(users=(ExcludedUser("Mallory", "spam"), ExcludedUser("Bot")))},
            "Excluded by hand, with all they do: Mallory (spam) and Bot.",
        ),
        (
            {"exclude": Exclusions(revisions=(ExcludedRevision("en.wikipedia.org", 123, "copied"),))},
            "Excluded by hand: revision 123 of en.wikipedia.org (copied).",
        ),
        (
            {"exclude": Exclusions(titles=(ExcludedPage(Page("Draft", "fr.wikipedia.org"), "a trial"),))},
            "Excluded by hand: Draft on fr.wikipedia.org (a trial).",
        ),
        (
            {"points": (("edit", 2.0), ("per_1000_bytes", 0.5), ("reverted", -1.0))},
            "Points: 2 for each edit that counts; 0.5 for every 1,000 bytes added, parts of it in proportion; "
            "-1 for each contribution that was reverted.",
        ),
        ({"hide_names_after_days": 1}, "1 day after the end, boards show pseudonyms for everyone."),
        ({"expires": START}, "From 8 November 2026, 14:00 (Europe/Paris) on the program is gone."),
        ({"visibility": Visibility.UNLISTED}, "Whoever knows the address can see the board; it is not listed."),
    ],
)
def test_a_rule_reads_like_this(changed: dict[str, Any], sentence: str) -> None:
    assert sentence in rules(replace(BASE, **changed))


def test_a_time_that_is_there_twice_says_which_it_is() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    text = said(sessions=(Session(first, first + timedelta(hours=1)),))
    assert "from 25 October 2026, 02:30 (UTC+02:00) to 02:30 (UTC+01:00)" in text


def test_rules_come_in_the_order_of_the_tests() -> None:
    text = said(organisers=("Olga",), exclude=replace(BASE.exclude, **EXCLUSIONS))
    beginnings = [
        "Edits by 2", "Organised by", "They count when", "They count on", "They count in", "Only pages",
        "Edits flagged", "Edits marked", "Edits that a program tool", "Edits of pages that are redirects",
        "Excluded by hand", "Deleted pages", "Edits that were reverted",
    ]  # fmt: skip
    places = [text.index(beginning) for beginning in beginnings]
    assert places == sorted(places)


def test_many_names_are_counted_instead_of_listed() -> None:
    late = tuple(Participant(f"User {one:03}", periods=(Period(START),)) for one in range(1200))
    assert "User 009 from" in said(participants=late)
    assert "User 010" not in said(participants=late)
    assert "1,190 others in times of their own" in said(participants=late)
    (sentence,) = differences(BASE, replace(BASE, participants=(*BASE.participants, *late)))
    assert sentence.startswith("1,200 participants are added: User 000, User 001,")
    assert sentence.endswith("User 009 and 1,190 other participants.")


def test_hidden_participants_are_never_named() -> None:
    hidden = Participant("Zenobia", "blue", (Period(START),), hidden=True, pages=(Page("A"),))
    program = replace(
        BASE,
        participants=(*BASE.participants, hidden),
        organisers=("Zenobia",),
        scope=(TitlesScope(frozenset({"User:Zenobia/Draft"})), PrefixScope("User:Zenobia")),
        exclude=Exclusions(users=(ExcludedUser("Zenobia", "it is her"),), titles=(ExcludedPage(Page("User:Zenobia")),)),
    )
    shown = replace(program, participants=(*BASE.participants, replace(hidden, hidden=False, team="red")))
    without = replace(BASE, organisers=())
    texts = [rules(program), *(differences(*pair) for pair in (
        (program, shown), (shown, program), (program, without), (without, program),
    ))]  # fmt: skip
    assert all(texts)
    assert "Zenobia" not in str(texts)
    assert "Zenobia" in str(rules(shown))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"participants": (Participant("Ada"),)}, "1 participant is removed: Ben."),
        (
            {"participants": (*BASE.participants, Participant("Cem"), Participant("Dan"))},
            "2 participants are added: Cem and Dan.",
        ),
        (
            {"participants": (Participant("Ada", "blue"), Participant("Ben"))},
            "1 participant is in another team: Ada (blue).",
        ),
        (
            {"participants": (Participant("Ada", hidden=True), Participant("Ben"))},
            "1 participant's name is hidden.",
        ),
        (
            {"sessions": (*BASE.sessions, Session(START + timedelta(days=7), START + timedelta(days=7, hours=1)))},
            "1 session is added: 15 November 2026, 14:00 to 15:00.",
        ),
        ({"wikis": ("en.wikipedia.org", "*.wikisource.org")}, "1 wiki is added: every wikisource.org wiki."),
        ({"namespaces": (("default", None),)}, "On wikis without a line of their own, edits count in every namespace."),
        ({"scope": None}, "Every page counts."),
        ({"scope": (WOMEN, TitlesScope(frozenset({"B", "A"})))}, "2 pages are added to the scope: A and B."),
        ({"exclude": Exclusions(bots=False)}, "Edits flagged as bot edits count like others."),
        ({"exclude": Exclusions(users=(ExcludedUser("Mallory", "spam"),))}, "1 user is excluded: Mallory (spam)."),
        ({"goals": (("edits", 50),)}, "The goal for edits is 50; it was not set."),
        ({"open": True}, "Everyone counts, enrolled or not."),
        ({"participants": BASE.participants[::-1]}, "Only the way in which it is written is another."),
    ],
)
def test_a_difference_reads_like_this(changed: dict[str, Any], sentence: str) -> None:
    assert sentence in differences(BASE, replace(BASE, **changed))


STANDING = SimpleNamespace(
    edits=7, articles_created=2, articles_edited=3, uploads=5, pages_proofread=11, pages_validated=13,
    wikidata_actions=17, bytes_added=2345, reverted=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ("edit", 7), ("article_created", 2), ("article_edited", 3), ("upload", 5), ("page_proofread", 11),
        ("page_validated", 13), ("wikidata_action", 17), ("per_1000_bytes", 2.345), ("reverted", 1),
    ],
)  # fmt: skip
def test_a_point_rule_counts_its_number(rule: str, number: float) -> None:
    assert points([(rule, 10.0)], STANDING) == round(number * 10, 2)


def test_every_point_rule_may_be_written_and_counts_something() -> None:
    assert tuple(POINT_RULES) == POINTS
    assert all(points([(rule, 1.0)], STANDING) for rule in POINT_RULES)


def test_points_are_added_up_and_taken_away_to_two_decimals() -> None:
    assert points([("edit", 0.1), ("per_1000_bytes", 1.0), ("reverted", -2.5)], STANDING) == 0.55
    assert str(points([("edit", -0.0)], STANDING)) == "0.0"
    assert points([], STANDING) == 0
