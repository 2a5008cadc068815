"""From the shape of a written program to the program: names as the wikis write them, periods in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from processors.facts.titles import canonical_title, namespaces_for
from processors.programs.definition_shape import (
    ExclusionsShape,
    PageShape,
    ParticipantShape,
    PeriodShape,
    ProgramShape,
    ScopeShape,
    ScopesShape,
)
from processors.programs.program import (
    CategoryScope,
    ExcludedPage,
    ExcludedRevision,
    ExcludedUser,
    Exclusions,
    Page,
    Participant,
    Period,
    PrefixScope,
    Program,
    Scope,
    Session,
    Side,
    TitlesScope,
)

CATEGORY = 14
"""The number of the namespace of categories, on every wiki."""


def build_program(shape: ProgramShape) -> Program:
    """The program that the shape means."""
    only = only_wiki(shape)
    scope = shape.scope or ScopesShape()
    return Program(
        slug=shape.slug,
        title=shape.slug if shape.title is None else shape.title,
        sessions=tuple(Session(one.start, one.end, one.title) for one in shape.sessions),
        wikis=tuple(shape.wikis),
        timezone=shape.timezone,
        namespaces=tuple(shape.namespaces.items()),
        participants=tuple(dict.fromkeys(build_participant(one, only) for one in shape.participants or ())),
        organisers=tuple(dict.fromkeys(shape.organisers)),
        open=shape.open,
        hashtags=tuple(dict.fromkeys(shape.hashtags)),
        scope=None if scope.any is None else tuple(_scope(one, only) for one in scope.any),
        outside=tuple(_scope(one, only) for one in scope.outside),
        membership=scope.membership,
        exclude=_exclusions(shape.exclude, only),
        visibility=shape.visibility,
        goals=tuple(shape.goals.items()),
        points=tuple(shape.points.items()),
        campaigns=tuple(dict.fromkeys(shape.campaigns)),
        expires=shape.expires,
        new_editor_days=shape.new_editor_days,
        hide_names_after_days=shape.hide_names_after_days,
    )


def only_wiki(shape: ProgramShape) -> str:
    """The wiki that is meant where none is named: the program's only one; "" where it has several."""
    return shape.wikis[0] if len(shape.wikis) == 1 and not shape.wikis[0].startswith("*") else ""


def build_participant(one: ParticipantShape, only: str) -> Participant:
    """An enrolment as it is meant, on a program of this only wiki ("": of several)."""
    if one.joined is None and one.left is None and one.periods is None and not one.pages:
        # As most are: they share what they have in common.
        return Participant(one.user, one.team, hidden=one.hidden)
    periods: Sequence[PeriodShape] = one.periods if one.periods is not None else [one]
    return Participant(
        one.user,
        one.team,
        merge_periods(Period(period.joined, period.left) for period in periods),
        one.hidden,
        tuple(dict.fromkeys(build_page(page, only) for page in one.pages)),
    )


_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def merge_periods(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The same stretches in order, those that overlap or touch as one."""
    merged: list[Period] = []
    for one in sorted(periods, key=lambda period: period.since or _FIRST):
        before = merged[-1] if merged else None
        if before is None or (before.until or _LAST) < (one.since or _FIRST):
            merged.append(one)
        elif (before.until or _LAST) < (one.until or _LAST):
            merged[-1] = Period(before.since, one.until)
    return tuple(merged)


def _exclusions(exclude: ExclusionsShape, only: str) -> Exclusions:
    return Exclusions(
        bots=exclude.bots,
        minor=exclude.minor,
        redirects=exclude.redirects,
        reverted=exclude.reverted,
        tools=exclude.tools,
        users=tuple(dict.fromkeys(ExcludedUser(one.user, one.reason) for one in exclude.users)),
        titles=tuple(dict.fromkeys(ExcludedPage(build_page(one, only), one.reason) for one in exclude.titles)),
        revisions=tuple(
            dict.fromkeys(ExcludedRevision(one.wiki or only, one.rev, one.reason) for one in exclude.revisions)
        ),
    )


def build_page(one: PageShape, only: str) -> Page:
    """A page as it is meant, on a program of this only wiki ("": of several)."""
    return Page(_title(one.title, one.wiki or only), one.wiki or "")


def _scope(one: ScopeShape, only: str) -> Scope:
    wiki = one.wiki or ""
    if one.category is not None:
        return CategoryScope(
            wiki or only, _category(one.category, wiki or only), one.depth or 0, one.side or Side.ARTICLE
        )
    if one.titles is not None:
        return TitlesScope(frozenset(_title(title, wiki or only) for title in one.titles), wiki)
    return PrefixScope(_title(one.prefix or "", wiki or only), wiki)


def _category(title: str, wiki: str) -> str:
    namespaces = namespaces_for(wiki)
    if namespaces.namespace_of(canonical_title(title)) == CATEGORY:
        return namespaces.canonical(title)
    return namespaces.canonical(f"{namespaces.name(CATEGORY)}:{canonical_title(title, case_sensitive=True)}")


def _title(title: str, wiki: str) -> str:
    """As the wiki writes it; where several are meant, as most do."""
    return namespaces_for(wiki).canonical(title) if wiki and not wiki.startswith("*") else canonical_title(title)
