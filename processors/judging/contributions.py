"""Contributions: actions in the books of programs, what changes them, and the slices that are judged together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from processors.facts.facts import (
    ActionKind,
    Categorized,
    Edit,
    Fact,
    Logged,
    RevisionTagged,
    UserClass,
)
from processors.judging.judge import Verdict


class PageRef(NamedTuple):
    """A title of a wiki: a slice of the log to judge again."""

    wiki: str
    title: str


class RevisionRef(NamedTuple):
    """A revision of a wiki: a slice of one edit."""

    wiki: str
    rev_id: int


class UserRef(NamedTuple):
    """A user name: the slice of all that was done under it."""

    user: str


class CategoryRef(NamedTuple):
    """A category whose earlier events are wanted from the log."""

    wiki: str
    category: str


Slice = PageRef | RevisionRef | UserRef


class Cause(NamedTuple):
    """What changed a verdict: `kind` for people (`edit`, `delete/delete`, `program/changed`), `id` of the event."""

    kind: str
    id: str


Touched = dict[Slice, Cause]
"""Slices to judge again, each with the fact that says so."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """An action in a program's books, with its verdict. (program, wiki, kind, rev_id) identifies it."""

    program: str
    user: str
    """What the user is called now."""
    wiki: str
    rev_id: int
    """The revision; of an upload, the id of its log entry."""
    verdict: Verdict
    occurred_at: datetime
    title: str
    """Where the page is now."""
    namespace: int
    """Of `title`."""
    byte_delta: int | None
    """None where the wiki did not say: credits nothing."""
    created: bool
    """The first revision of a page that is in a content namespace now."""
    kind: ActionKind = ActionKind.EDIT
    user_class: UserClass = UserClass.NAMED
    reverted: bool = False
    """The edit carries the tag `mw-reverted`."""
    action: str = ""
    """What it did beyond its bytes: a word of `processors.facts.wikidata`, or a level of proofreading on Wikisource."""


PROOFREAD, VALIDATED, DEMOTED = "page_proofread", "page_validated", "page_demoted"
LEVELS = ("page_without_text", "page_not_proofread", "page_problematic", PROOFREAD, VALIDATED)
"""What an edit of a scanned page on Wikisource says of it, by ProofreadPage's quality level; or that it is demoted:
lower than it was."""


def cause_of(fact: Fact) -> Cause:
    """A fact as the cause of a verdict."""
    match fact:
        case Edit():
            kind = "edit"
        case Categorized():
            kind = f"categorize/{fact.direction}"
        case RevisionTagged():
            kind = "tags"
        case Logged():
            kind = f"{fact.log_type}/{fact.log_action}"
        case _:
            kind = type(fact).__name__.lower()
    return Cause(kind, fact.event_id)


def level_word(level: int, before: int | None) -> str:
    """What an edit that set a page to `level` did to it."""
    if before is not None and level < before and level != 0:
        return DEMOTED
    return LEVELS[level]


def is_content(wiki: str, namespace: int) -> bool:
    """Whether pages of the namespace are what readers come for.

    Articles everywhere; files on Commons; properties and lexemes on Wikidata; on Wikisource and its
    sisters the even extension namespaces up to 114 (Author, Page, Index, Appendix, …). On Wikipedia those
    are portals and books, which are not.
    """
    if namespace == 0:
        return True
    if wiki == "commons.wikimedia.org":
        return namespace == 6
    if wiki == "www.wikidata.org":
        return namespace in (120, 146)
    return 100 <= namespace <= 114 and namespace % 2 == 0 and not wiki.endswith(".wikipedia.org")
