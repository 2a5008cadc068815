"""Notices: everything that a message about a step of an alert may say, whichever way it goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from processors.alerts.alerts import AlertKind, AlertState

TEST = "webhook.test"
"""Type of a notice of nothing: somebody tries whether messages arrive. Its fields are an example's."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One step of one alert, in words and addresses. Free of hidden names; the same for all who are told."""

    message_id: str
    """Of the step: `msg_` and 32 hex digits; a repetition has the same."""
    type: str
    """`alert.` and the state, or `webhook.test`."""
    at: datetime
    """When the step happened, UTC."""
    program: str
    """Slug."""
    program_title: str
    alert_id: str
    kind: AlertKind
    state: AlertState
    opened_at: datetime
    wiki: str
    """Server name; empty where it is about no wiki."""
    title: str
    """The page; empty: about none."""
    page_url: str
    """Absolute, percent-encoded; empty as `title`."""
    board_url: str
    """The program's board; empty: this installation knows no address of its own."""
    users: tuple[str, ...]
    """Participants concerned, pseudonyms where a program hides names."""
    rev_id: int
    """The revision that did it; 0: none."""
    diff_url: str
    """Shows that revision; empty as `rev_id`."""
    detail: str
    """For people, a line of text: the category, where the page went, the goal; empty: nothing to add."""

    @property
    def is_test(self) -> bool:
        return self.type == TEST
