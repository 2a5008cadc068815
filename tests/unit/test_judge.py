"""`judge`: each reason by example, and which one comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from processors.judge import CompiledProgram, Context, Verdict, judge
from processors.programs import (
    CategoryScope,
    Exclusions,
    Membership,
    Participant,
    PrefixScope,
    Program,
    Session,
    TitlesScope,
    family_matches,
)
from tests.histories import START, WIKI, edit

PROGRAM = Program(
    slug="p",
    title="P",
    sessions=(
        Session(START, START + timedelta(hours=1)),
        Session(START + timedelta(days=7), START + timedelta(days=8)),
    ),
    wikis=(WIKI, "*.wikisource.org"),
    namespaces=(("default", frozenset({0})), ("*.wikisource.org", frozenset({0, 104})), ("fr.wikisource.org", None)),
    participants=(Participant("Ada"), Participant("Late", joined=START + timedelta(minutes=30))),
)
ADA = edit(1, "A", "Ada")


def context(**more: Any) -> Context:
    base = Context(title="A", subject="A", subject_at_edit="A", namespace=0)
    return replace(base, **more)


def verdict(program: Program = PROGRAM, one: Any = ADA, where: Context | None = None) -> Verdict:
    return judge(one, CompiledProgram(program), where or context())


def test_an_edit_that_meets_every_rule_counts() -> None:
    assert verdict() is Verdict.COUNTED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user": "Eve"}, Verdict.NOT_ENROLLED),
        ({"user": None}, Verdict.NOT_ENROLLED),
        ({"user": "Late"}, Verdict.NOT_ENROLLED),
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
        (Exclusions(users=frozenset({"Ada"})), {}, Verdict.MANUALLY_EXCLUDED),
        (Exclusions(titles=frozenset({"A"})), {}, Verdict.MANUALLY_EXCLUDED),
        (Exclusions(titles=frozenset({"B"})), {}, Verdict.COUNTED),
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
