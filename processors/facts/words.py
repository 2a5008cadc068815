"""What a fact says, as a clause: `Admin deleted “A” (“hoax”)`."""

from __future__ import annotations

from processors.facts.facts import (
    Categorized,
    Direction,
    Edit,
    Fact,
    PageDeleted,
    PageMoved,
    PageRestored,
    RevisionsHidden,
    RevisionTagged,
    Uploaded,
    UserRenamed,
)
from processors.why.rule_words import listed

MOST_OF_A_COMMENT = 120


def clause(fact: Fact) -> str:
    """Who did what, without when."""
    who = fact.user or "somebody"
    match fact:
        case PageMoved():
            return f"{who} moved “{fact.title}” to “{fact.target}”{_because(fact)}"
        case PageDeleted():
            return f"{who} deleted “{fact.title}”{_because(fact)}"
        case PageRestored():
            return f"{who} restored “{fact.title}”{_because(fact)}"
        case RevisionsHidden():
            return f"{who} {_visibility(fact.hidden)}"
        case RevisionTagged():
            tags = f"the tags {listed(fact.tags)}" if fact.tags else "no tags any more"
            return f"revision {fact.rev_id} of “{fact.title}” got {tags}"
        case Categorized():
            page = f"“{fact.page or 'a page'}”"
            if fact.direction is Direction.LISTED:
                return f"{page} was found in {fact.title}"
            return f"{who} {_DIRECTIONS[fact.direction]} {page} {_into(fact)}"
        case UserRenamed():
            return f"{who} renamed “{fact.old}” to “{fact.new}”"
        case Edit():
            return f"{who} {'created' if fact.created else 'edited'} “{fact.title}”"
        case Uploaded():
            return f"{who} uploaded “{fact.title}”"
    return f"{who} did something to “{fact.title}”"


_DIRECTIONS = {Direction.ADDED: "put", Direction.REMOVED: "took", Direction.UNKNOWN: "put or took"}


def _into(fact: Categorized) -> str:
    return f"out of {fact.title}" if fact.direction is Direction.REMOVED else f"into {fact.title}"


def _visibility(bits: int) -> str:
    parts = [name for bit, name in ((1, "text"), (2, "summary"), (4, "author")) if bits & bit]
    if not parts:
        return "made the revision visible again"
    return f"hid the revision's {listed(parts)}"


def _because(fact: Fact) -> str:
    comment = " ".join(fact.comment.split())
    if len(comment) > MOST_OF_A_COMMENT:
        comment = comment[:MOST_OF_A_COMMENT].rstrip() + "…"
    return f" (“{comment}”)" if comment else ""
