"""Alerts: what an organiser should see, each with its whole history."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about. The first four are ways of asking for a page's deletion."""

    SPEEDY = "speedy"
    PROPOSED = "proposed"
    DISCUSSION = "discussion"
    OTHER_DELETION = "other_deletion"
    """Drafts that are declined or abandoned, files without a licence, …"""
    DELETED = "deleted"
    """Without having been tagged: a deletion that follows a tag is a step of the tag's alert."""
    MOVED_OUT = "moved_out"
    """Out of the namespaces that the program tracks."""
    PROTECTED = "protected"
    BLOCKED = "blocked"
    """A participant."""
    SUPPRESSED = "suppressed"
    """A contribution's text, user or summary was hidden."""
    REVERTED = "reverted"
    MASS_REVERTS = "mass_reverts"
    MILESTONE = "milestone"
    GOAL = "goal"
    LAG = "lag"
    GAP = "gap"
    SILENT = "silent"


TAGS = frozenset({AlertKind.SPEEDY, AlertKind.PROPOSED, AlertKind.DISCUSSION, AlertKind.OTHER_DELETION})
"""Kinds that say that somebody asks for a deletion."""


class AlertState(StrEnum):
    """What has become of an alert."""

    TAGGED = "tagged"
    UNTAGGED = "untagged"
    KEPT = "kept"
    """The tag of a discussion was taken away: it ended, and the page is still there."""
    DELETED = "deleted"
    RESTORED = "restored"
    OPEN = "open"
    """Of kinds that are no tag: it holds."""
    CLOSED = "closed"
    """It holds no more: moved back, unprotected, unblocked, no longer reverted, caught up."""


LIVE = frozenset({AlertState.TAGGED, AlertState.OPEN, AlertState.DELETED})
"""States that somebody may want to do something about."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of an alert's state, and what brought it."""

    state: AlertState
    at: datetime
    """When it happened on the wiki."""
    cause: str
    """Event id of the fact; with the alert's id it identifies the step."""
    user: str = ""
    """Who did it; empty: nobody, or hidden."""
    rev_id: int = 0
    """The revision that did it; 0: none."""
    detail: str = ""
    """For people: the category, the summary, where the page went."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of one program. (program, alert_id) identifies it; its state is that of its last step."""

    program: str
    alert_id: str
    kind: AlertKind
    wiki: str
    """Empty where it is about no wiki."""
    title: str
    """The page, where it is now; of a participant's, `User:…` is left out and this is empty."""
    users: tuple[str, ...]
    """Participants concerned, by name: who contributed to the page, who was blocked."""
    steps: tuple[Step, ...]
    """In order, never empty."""

    @property
    def state(self) -> AlertState:
        return self.steps[-1].state

    @property
    def opened_at(self) -> datetime:
        return self.steps[0].at

    @property
    def changed_at(self) -> datetime:
        return self.steps[-1].at


def alert_id(program: str, kind: AlertKind, subject: str, cause: str) -> str:
    """The id of an alert about `subject` (`wiki/title`, `wiki/rev_id`, a user) that an event opened: 32 hex digits."""
    return hashlib.sha256("\0".join((program, kind, subject, cause)).encode()).hexdigest()[:32]
