"""`judge`: the one place where it is decided whether an action counts for a program.

Live, late, preview and explanation all call it. The tests run in the order of `Verdict`; the first that
holds is the reason.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from processors.facts.facts import Action, ActionKind
from processors.facts.hashtags import hashtags
from processors.programs.program import (
    CategoryScope,
    Membership,
    Participant,
    PrefixScope,
    Program,
    Scope,
    TitlesScope,
    family_matches,
)


class Verdict(StrEnum):
    """`counted`, or why not: a closed list, in the order in which it is tested."""

    COUNTED = "counted"
    NOT_SEEN = "not_seen"
    NOT_ENROLLED = "not_enrolled"
    ORGANISER_ONLY = "organiser_only"
    BEFORE_WINDOW = "before_window"
    AFTER_WINDOW = "after_window"
    WIKI_NOT_TRACKED = "wiki_not_tracked"
    NAMESPACE_NOT_TRACKED = "namespace_not_tracked"
    SCOPE_EMPTY = "scope_empty"
    OUT_OF_SCOPE = "out_of_scope"
    BOT = "bot"
    MINOR_EXCLUDED = "minor_excluded"
    TOOL_EDIT = "tool_edit"
    REDIRECT = "redirect"
    MANUALLY_EXCLUDED = "manually_excluded"
    PAGE_DELETED = "page_deleted"
    REVISION_SUPPRESSED = "revision_suppressed"
    REVERTED_EXCLUDED = "reverted_excluded"


@dataclass(frozen=True, slots=True)
class Context:
    """What the folds know of one action when it is judged by one program."""

    title: str
    """Where the page is now; the action's own title if it never moved."""
    subject: str
    """The subject page of `title`."""
    subject_at_edit: str
    """The subject page of the title that was edited."""
    namespace: int
    """Of `title`."""
    user: str | None
    """What the acting user is called now; None: nameless (an IP address, or redacted)."""
    names: frozenset[str] = frozenset()
    """Every name that the user may have had."""
    participant: Participant | None = None
    """The user's enrolment in the program, by any of these names."""
    live: bool = True
    hidden: bool = False
    reverted: bool = False
    redirect: bool = False
    tool: bool = False
    categories: frozenset[CategoryScope] = frozenset()
    """The category scopes of this program that hold the page (at the edit or now, as the program says)."""


class _Pages:
    """Title lists, prefixes and categories of a union of scopes, ready to look pages up."""

    __slots__ = ("categories", "prefixes", "titles")

    def __init__(self, scopes: Iterable[Scope]) -> None:
        self.categories: list[CategoryScope] = []
        self.titles: list[TitlesScope] = []
        self.prefixes: list[PrefixScope] = []
        for one in scopes:
            match one:
                case CategoryScope():
                    self.categories.append(one)
                case TitlesScope():
                    self.titles.append(one)
                case PrefixScope():
                    self.prefixes.append(one)

    def lists(self, wiki: str, title: str) -> bool:
        """Whether a title list or prefix holds the page."""
        return any(title in one.titles and _applies(one.wiki, wiki) for one in self.titles) or any(
            title.startswith(one.prefix) and _applies(one.wiki, wiki) for one in self.prefixes
        )

    def hold(self, action: Action, context: Context, membership: Membership) -> bool:
        """Whether any of the scopes holds the action's page; a talk page goes with its subject page."""
        if self.categories and not context.categories.isdisjoint(self.categories):
            return True
        at_edit = membership is Membership.AT_EDIT
        title, subject = (action.title, context.subject_at_edit) if at_edit else (context.title, context.subject)
        return self.lists(action.wiki, title) or (subject != title and self.lists(action.wiki, subject))


class CompiledProgram:
    """A program, ready to judge many actions: look-ups instead of searches. Judging does not change it."""

    __slots__ = (
        "_ends",
        "_exact_wikis",
        "_excluded_revisions",
        "_excluded_titles",
        "_excluded_users",
        "_families",
        "_hashtags",
        "_namespaces",
        "_organisers",
        "_starts",
        "categories",
        "end",
        "outside",
        "participants",
        "program",
        "scope",
        "start",
    )

    def __init__(self, program: Program) -> None:
        self.program = program
        sessions = sorted(program.sessions, key=lambda session: session.start)
        self._starts = [session.start for session in sessions]
        self._ends: list[datetime] = []
        for session in sessions:
            # Sessions may overlap: the latest end so far decides.
            self._ends.append(max([session.end, *self._ends[-1:]]))
        self.start, self.end = program.start, program.end
        self._exact_wikis = frozenset(wiki for wiki in program.wikis if not wiki.startswith("*"))
        self._families = tuple(wiki for wiki in program.wikis if wiki.startswith("*"))
        self._namespaces: dict[str, frozenset[int] | None] = {}
        self.participants: dict[str, Participant] = {one.user: one for one in program.participants}
        self._organisers = frozenset(program.organisers)
        self._hashtags = frozenset(program.hashtags)
        self.scope = _Pages(program.scope or ())
        self.outside = _Pages(program.outside)
        self.categories = (*self.scope.categories, *self.outside.categories)
        self._excluded_users = frozenset(one.user for one in program.exclude.users)
        self._excluded_titles: defaultdict[str, list[str]] = defaultdict(list)
        for one in program.exclude.titles:
            self._excluded_titles[one.page.title].append(one.page.wiki)
        self._excluded_revisions = frozenset((one.wiki, one.rev_id) for one in program.exclude.revisions)

    def tracks_wiki(self, wiki: str) -> bool:
        """Whether the program counts edits of `wiki`."""
        return wiki in self._exact_wikis or any(family_matches(family, wiki) for family in self._families)

    def outside_window(self, at: datetime) -> Verdict | None:
        """`before_window` or `after_window`, or None inside a session."""
        place = bisect_right(self._starts, at)
        if place == 0:
            return Verdict.BEFORE_WINDOW
        return None if at < self._ends[place - 1] else Verdict.AFTER_WINDOW

    def enrolled(self, action: Action, participant: Participant | None) -> bool:
        """Whether the acting user counts with this action. Nameless editors never do."""
        if action.user is None:
            return False
        if self.program.open or (participant is not None and participant.enrolled(action.occurred_at)):
            return True
        return bool(self._hashtags) and not self._hashtags.isdisjoint(hashtags(action.comment))

    def candidate(self, action: Action, participant: Participant | None) -> bool:
        """Who, when and which wiki hold: the action is kept in the program's books, counted or not."""
        return (
            self.enrolled(action, participant)
            and self.outside_window(action.occurred_at) is None
            and self.tracks_wiki(action.wiki)
        )

    def namespaces(self, wiki: str) -> frozenset[int] | None:
        """Tracked namespaces of `wiki`; None: all. Its own line wins over its family's, that over `default`."""
        if wiki not in self._namespaces:
            lines = dict(self.program.namespaces)
            best = max((line for line in lines if family_matches(line, wiki)), key=len, default="default")
            best = wiki if wiki in lines else best
            self._namespaces[wiki] = lines.get(best, frozenset({0}))
        return self._namespaces[wiki]

    def organises(self, names: frozenset[str]) -> bool:
        """Whether a user of these names is an organiser."""
        return not self._organisers.isdisjoint(names)

    def excludes(self, action: Action, context: Context) -> bool:
        """Whether the user, the page or the revision is excluded by hand."""
        return (
            not self._excluded_users.isdisjoint(context.names)
            or any(_applies(wiki, action.wiki) for wiki in self._excluded_titles.get(context.title, ()))
            or (action.kind is ActionKind.EDIT and (action.wiki, action.rev_id) in self._excluded_revisions)
        )


def _applies(pattern: str, wiki: str) -> bool:
    return not pattern or family_matches(pattern, wiki)


Test = tuple[Verdict, bool]
"""A reason against an action, and whether it holds."""


def tests(action: Action, compiled: CompiledProgram, context: Context) -> Iterator[Test]:
    """Yield every test in order. Later ones are worked out only when they are asked for."""
    program = compiled.program
    exclude = program.exclude
    enrolled = compiled.enrolled(action, context.participant)
    organiser = not enrolled and compiled.organises(context.names)
    yield Verdict.NOT_ENROLLED, not enrolled and not organiser
    yield Verdict.ORGANISER_ONLY, organiser
    outside = compiled.outside_window(action.occurred_at)
    yield Verdict.BEFORE_WINDOW, outside is Verdict.BEFORE_WINDOW
    yield Verdict.AFTER_WINDOW, outside is Verdict.AFTER_WINDOW
    yield Verdict.WIKI_NOT_TRACKED, not compiled.tracks_wiki(action.wiki)
    namespaces = compiled.namespaces(action.wiki)
    yield (
        Verdict.NAMESPACE_NOT_TRACKED,
        action.kind is ActionKind.EDIT and namespaces is not None and context.namespace not in namespaces,
    )
    yield Verdict.SCOPE_EMPTY, program.scope is not None and not program.scope
    yield Verdict.OUT_OF_SCOPE, not _in_scope(action, compiled, context)
    yield Verdict.BOT, exclude.bots and action.bot
    yield Verdict.MINOR_EXCLUDED, exclude.minor and action.minor
    yield Verdict.TOOL_EDIT, exclude.tools and context.tool
    yield Verdict.REDIRECT, exclude.redirects and context.redirect
    yield Verdict.MANUALLY_EXCLUDED, compiled.excludes(action, context)
    yield Verdict.PAGE_DELETED, not context.live
    yield Verdict.REVISION_SUPPRESSED, context.hidden
    yield Verdict.REVERTED_EXCLUDED, exclude.reverted and context.reverted


def judge(action: Action, compiled: CompiledProgram, context: Context) -> Verdict:
    """Return `counted` or the first reason that holds against it."""
    for reason, holds in tests(action, compiled, context):
        if holds:
            return reason
    return Verdict.COUNTED


def _in_scope(action: Action, compiled: CompiledProgram, context: Context) -> bool:
    program = compiled.program
    if program.outside and compiled.outside.hold(action, context, program.membership):
        return False
    return program.scope is None or compiled.scope.hold(action, context, program.membership)
