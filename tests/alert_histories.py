"""Random lives of a few pages that people want deleted, as facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from processors.alerts.alerts import AlertKind
from processors.alerts.rules import AlertRules, Rule, Sign
from processors.facts.facts import Categorized, Direction, Edit, Fact, Logged
from tests.histories import WIKI, categorized, common, deleted, edit, moved, restored

SPEEDY, SPEEDY_TOO = "Category:Candidates for speedy deletion", "Category:Candidates for speedy deletion as hoaxes"
PROPOSED, DISCUSSED = "Category:Proposed deletion", "Category:Articles for deletion"
PUT_ON, TAKEN_OFF = "Requesting speedy deletion", "Declining speedy deletion"
RULES = AlertRules(
    [
        Rule(WIKI, Sign.CATEGORY, AlertKind.SPEEDY, SPEEDY),
        Rule(WIKI, Sign.CATEGORY, AlertKind.SPEEDY, SPEEDY_TOO),
        Rule(WIKI, Sign.CATEGORY, AlertKind.PROPOSED, PROPOSED),
        Rule(WIKI, Sign.CATEGORY, AlertKind.DISCUSSION, DISCUSSED),
        Rule(WIKI, Sign.COMMENT, AlertKind.SPEEDY, "^Requesting speedy"),
        Rule(WIKI, Sign.CLEARED, AlertKind.SPEEDY, "^Declining speedy"),
    ]
)
ON, OFF = Direction.ADDED, Direction.REMOVED
PAGES = ("A", "B", "User:Ada/Draft")


def logged(number: int, log_type: str, log_action: str, title: str) -> Logged:
    return Logged(
        **common(number, title, "Admin"), log_id=number, log_type=log_type, log_action=log_action, params="[]"
    )


def tag(number: int, category: str, page: str, direction: Direction = ON, rev_id: int | None = None) -> Categorized:
    return replace(categorized(number, category, page, direction), rev_id=rev_id, user="Zoe")


def commented(number: int, page: str, comment: str) -> Edit:
    return edit(number, page, "Zoe", comment=comment)


@st.composite
def lives(draw: st.DrawFn) -> list[Fact]:
    """Facts in the order in which they happened."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(1, 16))):
        page = draw(st.sampled_from(PAGES))
        other = draw(st.sampled_from([one for one in PAGES if one != page]))
        category = draw(st.sampled_from((SPEEDY, SPEEDY_TOO, PROPOSED, DISCUSSED)))
        revision = draw(st.sampled_from((None, 1, 2)))
        choices: list[Any] = [
            tag(number, category, page, ON, revision),
            tag(number, category, page, OFF, revision),
            commented(number, page, draw(st.sampled_from((PUT_ON, TAKEN_OFF, "typo")))),
            deleted(number, page),
            restored(number, page),
            moved(number, page, other, over_redirect=draw(st.booleans())),
            logged(number, "protect", draw(st.sampled_from(("protect", "modify", "unprotect"))), page),
            logged(number, "block", draw(st.sampled_from(("block", "reblock", "unblock"))), "User:Ada"),
        ]
        facts.append(draw(st.sampled_from(choices)))
    return facts
