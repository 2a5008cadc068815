"""`judge`: each reason by example, and which one comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from processors.judging.judge import CompiledProgram, Context, Verdict, judge
from processors.judging.judge import tests as list_tests
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
    TitlesScope,
    family_matches,
)
from tests.histories import START, WIKI, edit, uploaded

PROGRAM = Program(
    slug="p",
    title="P",
    sessions=(
        Session(START, START + timedelta(hours=1)),
        Session(START + timedelta(days=7), START + timedelta(days=8)),
    ),
    wikis=(WIKI, "*.wikisource.org"),
    namespaces=(("default", frozenset({0})), ("*.wikisource.org", frozenset({0, 104})), ("fr.wikisource.org", None)),
    participants=(
        Participant("Ada"),
        Participant("Late", periods=(Period(START + timedelta(minutes=30)),)),
        Participant("Left", periods=(Period(None, START + timedelta(minutes=10)), Period(START + timedelta(days=7)))),
    ),
    organisers=("Olga",),
)
ADA = edit(1, "A", "Ada")


def context(**more: Any) -> Context:
    base = Context(title="A", subject="A", subject_at_edit="A", namespace=0, user="Ada")
    return replace(base, **more)


def verdict(program: Program = PROGRAM, one: Any = ADA, where: Context | None = None) -> Verdict:
    compiled = CompiledProgram(program)
    names = frozenset(() if one.user is None else (one.user,))
    participant = compiled.participants.get(one.user)
    return judge(one, compiled, replace(where or context(), user=one.user, names=names, participant=participant))


def test_an_edit_that_meets_every_rule_counts() -> None:
    assert verdict() is Verdict.COUNTED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user": "Eve"}, Verdict.NOT_ENROLLED),
        ({"user": None}, Verdict.NOT_ENROLLED),
        ({"user": "Late"}, Verdict.NOT_ENROLLED),
        ({"user": "Olga"}, Verdict.ORGANISER_ONLY),
        ({"user": "Left"}, Verdict.COUNTED),
        ({"user": "Left", "occurred_at": START + timedelta(minutes=10)}, Verdict.NOT_ENROLLED),
        ({"user": "Left", "occurred_at": START + timedelta(days=7)}, Verdict.COUNTED),
        ({"occurred_at": START - timedelta(seconds=1)}, Verdict.BEFORE_WINDOW),
        ({"occurred_at": START + timedelta(hours=1)}, Verdict.AFTER_WINDOW),
        ({"occurred_at": START + timedelta(days=8)}, Verdict.AFTER_WINDOW),
        ({"wiki": "de.wikipedia.org"}, Verdict.WIKI_NOT_TRACKED),
        ({"bot": True}, Verdict.BOT),
        ({"minor": True}, Verdict.COUNTED),
        ({"occurred_at": START}, Verdict.COUNTED),
        ({"occurred_at": START + timedelta(days=7)}, Verdict.COUNTED),
        ({"user": "Late", "occurred_at": START + timedelta(minutes=30)}, Verdict.COUNTED),
    ],
)
def test_who_when_and_where(changes: dict[str, Any], reason: Verdict) -> None:
    assert verdict(one=replace(ADA, **changes)) is reason


@pytest.mark.parametrize(
    ("exclude", "changes", "reason"),
    [
        (Exclusions(bots=False), {"bot": True}, Verdict.COUNTED),
        (Exclusions(minor=True), {"minor": True}, Verdict.MINOR_EXCLUDED),
        (Exclusions(users=(ExcludedUser("Ada", "a test account"),)), {}, Verdict.MANUALLY_EXCLUDED),
        (Exclusions(titles=(ExcludedPage(Page("A")),)), {}, Verdict.MANUALLY_EXCLUDED),
        (Exclusions(titles=(ExcludedPage(Page("A", "*.wikipedia.org")),)), {}, Verdict.MANUALLY_EXCLUDED),
        (Exclusions(titles=(ExcludedPage(Page("A", "de.wikipedia.org")),)), {}, Verdict.COUNTED),
        (Exclusions(titles=(ExcludedPage(Page("B")),)), {}, Verdict.COUNTED),
        (Exclusions(revisions=(ExcludedRevision(WIKI, 5001),)), {}, Verdict.MANUALLY_EXCLUDED),
        (Exclusions(revisions=(ExcludedRevision("de.wikipedia.org", 5001),)), {}, Verdict.COUNTED),
    ],
)
def test_what_is_left_out(exclude: Exclusions, changes: dict[str, Any], reason: Verdict) -> None:
    assert verdict(replace(PROGRAM, exclude=exclude), replace(ADA, **changes)) is reason


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (context(namespace=2), Verdict.NAMESPACE_NOT_TRACKED),
        (context(live=False), Verdict.PAGE_DELETED),
        (context(hidden=True), Verdict.REVISION_SUPPRESSED),
        (context(hidden=True, live=False, namespace=2), Verdict.NAMESPACE_NOT_TRACKED),
        (context(hidden=True, live=False), Verdict.PAGE_DELETED),
        (context(tool=True), Verdict.TOOL_EDIT),
        (context(reverted=True, redirect=True), Verdict.COUNTED),
    ],
)
def test_what_became_of_the_page(where: Context, reason: Verdict) -> None:
    assert verdict(where=where) is reason


@pytest.mark.parametrize(
    ("wiki", "namespace", "reason"),
    [
        (WIKI, 104, Verdict.NAMESPACE_NOT_TRACKED),
        ("en.wikisource.org", 104, Verdict.COUNTED),
        ("en.wikisource.org", 106, Verdict.NAMESPACE_NOT_TRACKED),
        ("fr.wikisource.org", 106, Verdict.COUNTED),
    ],
)
def test_the_most_specific_line_of_namespaces_wins(wiki: str, namespace: int, reason: Verdict) -> None:
    assert verdict(one=replace(ADA, wiki=wiki), where=context(namespace=namespace)) is reason


def test_an_open_program_counts_everyone_with_a_name_and_joining_late_only_names_a_team() -> None:
    everyone = replace(PROGRAM, open=True)
    assert verdict(everyone, replace(ADA, user="Eve")) is Verdict.COUNTED
    assert verdict(everyone, replace(ADA, user="Late")) is Verdict.COUNTED
    assert verdict(everyone, replace(ADA, user=None)) is Verdict.NOT_ENROLLED


@pytest.mark.parametrize(
    ("exclude", "where", "reason"),
    [
        (Exclusions(reverted=True), context(reverted=True), Verdict.REVERTED_EXCLUDED),
        (Exclusions(redirects=True), context(redirect=True), Verdict.REDIRECT),
        (Exclusions(tools=False), context(tool=True), Verdict.COUNTED),
    ],
)
def test_switches_look_at_what_became_of_the_revision(exclude: Exclusions, where: Context, reason: Verdict) -> None:
    assert verdict(replace(PROGRAM, exclude=exclude), where=where) is reason


def test_a_hashtag_in_the_summary_enrols_the_edit() -> None:
    program = replace(PROGRAM, hashtags=("wikipink",))
    eve = replace(ADA, user="Eve", comment="source added #WikiPink")
    assert verdict(program, eve) is Verdict.COUNTED
    assert verdict(program, replace(eve, comment="source added")) is Verdict.NOT_ENROLLED
    assert verdict(program, replace(eve, user=None)) is Verdict.NOT_ENROLLED


def test_an_upload_counts_whatever_namespaces_are_tracked() -> None:
    where = context(title="File:A.png", namespace=6)
    assert verdict(one=uploaded(1, "File:A.png"), where=where) is Verdict.COUNTED
    assert verdict(one=replace(ADA, title="File:A.png", namespace=6), where=where) is Verdict.NAMESPACE_NOT_TRACKED


def test_every_test_is_shown_in_the_order_of_the_verdicts() -> None:
    shown = [reason for reason, _ in list_tests(ADA, CompiledProgram(PROGRAM), context())]
    assert shown == [one for one in Verdict if one not in (Verdict.COUNTED, Verdict.NOT_SEEN)]


X = CategoryScope(WIKI, "Category:X")


@pytest.mark.parametrize(
    ("scope", "where", "reason"),
    [
        ((), context(), Verdict.SCOPE_EMPTY),
        ((X,), context(), Verdict.OUT_OF_SCOPE),
        ((X,), context(categories=frozenset({X})), Verdict.COUNTED),
        ((TitlesScope(frozenset({"B"})),), context(), Verdict.OUT_OF_SCOPE),
        ((TitlesScope(frozenset({"B"})), TitlesScope(frozenset({"A"}))), context(), Verdict.COUNTED),
        ((TitlesScope(frozenset({"A"}), "de.wikipedia.org"),), context(), Verdict.OUT_OF_SCOPE),
        ((TitlesScope(frozenset({"A"}), "*.wikipedia.org"),), context(), Verdict.COUNTED),
        ((PrefixScope("A"),), context(), Verdict.COUNTED),
        ((PrefixScope("Page:A.djvu/"),), context(), Verdict.OUT_OF_SCOPE),
    ],
)
def test_scopes_are_a_union(scope: tuple[Any, ...], where: Context, reason: Verdict) -> None:
    assert verdict(replace(PROGRAM, scope=scope), where=where) is reason


def test_exceptions_take_pages_out_of_the_scope() -> None:
    program = replace(PROGRAM, outside=(X, PrefixScope("List of ")))
    assert verdict(program) is Verdict.COUNTED
    assert verdict(program, where=context(categories=frozenset({X}))) is Verdict.OUT_OF_SCOPE
    listed = replace(ADA, title="List of A")
    assert verdict(program, listed, context(title="List of A", subject="List of A")) is Verdict.OUT_OF_SCOPE


def test_a_list_holds_the_title_at_the_edit_or_the_title_now_as_the_program_says() -> None:
    at_edit = replace(PROGRAM, scope=(TitlesScope(frozenset({"A"})),))
    moved = context(title="B", subject="B")
    assert verdict(at_edit, where=moved) is Verdict.COUNTED
    assert verdict(replace(at_edit, membership=Membership.NOW), where=moved) is Verdict.OUT_OF_SCOPE


def test_a_list_of_articles_holds_their_talk_pages() -> None:
    program = replace(PROGRAM, scope=(TitlesScope(frozenset({"A"})),), namespaces=(("default", None),))
    talk = replace(ADA, title="Talk:A", namespace=1)
    assert verdict(program, talk, context(title="Talk:A", namespace=1)) is Verdict.COUNTED


def test_sessions_may_overlap() -> None:
    long, short = (
        Session(START, START + timedelta(hours=5)),
        Session(START + timedelta(hours=1), START + timedelta(hours=2)),
    )
    program = replace(PROGRAM, sessions=(short, long))
    assert verdict(program, replace(ADA, occurred_at=START + timedelta(hours=3))) is Verdict.COUNTED


@pytest.mark.parametrize(
    ("pattern", "wiki", "matches"),
    [
        ("*", "en.wikipedia.org", True),
        ("*.wikisource.org", "fr.wikisource.org", True),
        ("*.wikisource.org", "wikisource.org", False),
        ("*.wikisource.org", "evilwikisource.org", False),
        ("en.wikipedia.org", "en.wikipedia.org", True),
    ],
)
def test_families(pattern: str, wiki: str, matches: bool) -> None:
    assert family_matches(pattern, wiki) is matches
