"""`judge`: the one place where it is decided whether an edit counts for a program.

Live, late, preview and explanation all call it. The tests run in the order of `Reason`; the first that
holds is the reason.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from processors.facts import Edit
from processors.programs import (
    CategoryScope,
    Membership,
    Participant,
    PrefixScope,
    Program,
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
    """What the folds know of one edit when it is judged."""

    title: str
    """Where the page is now; the edit's own title if it never moved."""
    subject: str
    """The subject page of `title`."""
    subject_at_edit: str
    """The subject page of the title that was edited."""
    namespace: int
    """Of `title`."""
    live: bool = True
    hidden: bool = False
    categories: frozenset[CategoryScope] = frozenset()
    """The category scopes of this program that hold the page (at the edit or now, as the program says)."""


class CompiledProgram:
    """A program, ready to judge many edits: look-ups instead of searches. Judging does not change it."""

    __slots__ = (
        "_ends",
        "_exact_wikis",
        "_families",
        "_namespaces",
        "_starts",
        "categories",
        "end",
        "participants",
        "prefixes",
        "program",
        "start",
        "titles",
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
        scope = program.scope or ()
        self.categories = tuple(one for one in scope if isinstance(one, CategoryScope))
        self.titles = tuple(one for one in scope if isinstance(one, TitlesScope))
        self.prefixes = tuple(one for one in scope if isinstance(one, PrefixScope))

    def tracks_wiki(self, wiki: str) -> bool:
        """Whether the program counts edits of `wiki`."""
        return wiki in self._exact_wikis or any(family_matches(family, wiki) for family in self._families)

    def outside_window(self, at: datetime) -> Verdict | None:
        """`before_window` or `after_window`, or None inside a session."""
        place = bisect_right(self._starts, at)
        if place == 0:
            return Verdict.BEFORE_WINDOW
        return None if at < self._ends[place - 1] else Verdict.AFTER_WINDOW

    def enrolled(self, user: str | None, at: datetime) -> bool:
        """Whether `user` is counted at that time. Nameless editors (IP addresses, redacted) never are."""
        if user is None:
            return False
        participant = self.participants.get(user)
        if participant is not None:
            return self.program.open or participant.joined is None or participant.joined <= at
        return self.program.open

    def candidate(self, edit: Edit) -> bool:
        """Who, when and which wiki hold: the edit is kept in the program's books, counted or not."""
        return (
            self.enrolled(edit.user, edit.occurred_at)
            and self.outside_window(edit.occurred_at) is None
            and self.tracks_wiki(edit.wiki)
        )

    def namespaces(self, wiki: str) -> frozenset[int] | None:
        """Tracked namespaces of `wiki`; None: all. Its own line wins over its family's, that over `default`."""
        if wiki not in self._namespaces:
            lines = dict(self.program.namespaces)
            best = max((line for line in lines if family_matches(line, wiki)), key=len, default="default")
            best = wiki if wiki in lines else best
            self._namespaces[wiki] = lines.get(best, frozenset({0}))
        return self._namespaces[wiki]

    def lists(self, wiki: str, title: str) -> bool:
        """Whether a title list or prefix of the scope holds the page."""
        return any(title in one.titles and _applies(one.wiki, wiki) for one in self.titles) or any(
            title.startswith(one.prefix) and _applies(one.wiki, wiki) for one in self.prefixes
        )


def _applies(pattern: str, wiki: str) -> bool:
    return not pattern or family_matches(pattern, wiki)


def judge(edit: Edit, compiled: CompiledProgram, context: Context) -> Verdict:
    """Return `counted` or the first reason that holds against it."""
    program = compiled.program
    exclude = program.exclude
    if not compiled.enrolled(edit.user, edit.occurred_at):
        return Verdict.NOT_ENROLLED
    if (outside := compiled.outside_window(edit.occurred_at)) is not None:
        return outside
    if not compiled.tracks_wiki(edit.wiki):
        return Verdict.WIKI_NOT_TRACKED
    namespaces = compiled.namespaces(edit.wiki)
    if namespaces is not None and context.namespace not in namespaces:
        return Verdict.NAMESPACE_NOT_TRACKED
    if program.scope is not None:
        if not program.scope:
            return Verdict.SCOPE_EMPTY
        if not _in_scope(edit, compiled, context):
            return Verdict.OUT_OF_SCOPE
    if exclude.bots and edit.bot:
        return Verdict.BOT
    if exclude.minor and edit.minor:
        return Verdict.MINOR_EXCLUDED
    if edit.user in exclude.users or context.title in exclude.titles:
        return Verdict.MANUALLY_EXCLUDED
    if not context.live:
        return Verdict.PAGE_DELETED
    if context.hidden:
        return Verdict.REVISION_SUPPRESSED
    return Verdict.COUNTED


def _in_scope(edit: Edit, compiled: CompiledProgram, context: Context) -> bool:
    if context.categories:
        return True
    at_edit = compiled.program.membership is Membership.AT_EDIT
    title, subject = (edit.title, context.subject_at_edit) if at_edit else (context.title, context.subject)
    return compiled.lists(edit.wiki, title) or (subject != title and compiled.lists(edit.wiki, subject))
