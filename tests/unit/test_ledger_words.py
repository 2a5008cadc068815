"""Causes of the ledger in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from processors.facts.facts import ActionKind, Direction, Fact
from processors.judging.contributions import Cause, Contribution, cause_of
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.judging.ledger_words import Decided, LedgerLine, told
from tests.histories import START, WIKI, categorized, deleted, edit, hidden, moved, renamed, restored, tagged, uploaded

ENTRY = Contribution("p", "Ada", WIKI, 5001, Verdict.PAGE_DELETED, START, "A", 0, 20, False)
ADMIN: dict[str, Any] = {"user": "Admin", "comment": "hoax"}


def line(cause: Cause, entry: Contribution = ENTRY) -> LedgerLine:
    return LedgerLine(START, Change(entry, Verdict.COUNTED, False, cause))


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (replace(deleted(1, "A"), **ADMIN), "Admin deleted “A” (“hoax”)"),
        (replace(restored(1, "A"), user=None), "somebody restored “A”"),
        (moved(1, "A", "B"), "Ada moved “A” to “B”"),
        (hidden(1, "A", 5001, 1), "Ada hid the revision's text"),
        (hidden(1, "A", 5001, 0), "Ada made the revision visible again"),
        (tagged(1, edit(0, "A"), "mw-reverted"), "revision 5000 of “A” got the tags mw-reverted"),
        (categorized(1, "Category:X", "A"), "Ada put “A” into Category:X"),
        (categorized(1, "Category:X", "A", Direction.REMOVED), "Ada took “A” out of Category:X"),
        (categorized(1, "Category:X", "A", Direction.LISTED), "“A” was found in Category:X"),
        (renamed(1, "Ada", "Lovelace"), "Admin renamed “Ada” to “Lovelace”"),
    ],
)
def test_a_fact_is_told_by_who_did_what(fact: Fact, words: str) -> None:
    answer = told(line(cause_of(fact)), {fact.event_id: fact}, {})
    assert (answer.cause, answer.caused_at) == (words, fact.occurred_at)


def test_an_action_is_its_own_cause() -> None:
    one = edit(1, "A")
    assert told(line(cause_of(one)), {}, {}).cause == "the edit itself was read"
    file = uploaded(1, "File:A.png")
    entry = replace(ENTRY, kind=ActionKind.UPLOAD)
    assert told(line(cause_of(file), entry), {file.event_id: file}, {}).cause == "the upload itself was read"


def test_a_decision_is_told_with_who_decided_it_and_why_and_not_about_whom() -> None:
    one = Decided("e1", "user_excluded", "Olga", "a test account", 7, START)
    answer = told(line(Cause("program/user_excluded", "e1")), {}, {"e1": one})
    assert answer.cause == "a user was excluded by Olga (version 7): a test account"
    assert told(
        line(Cause("program/joined", "e2")), {}, {"e2": replace(one, kind="joined", actor="", reason="")}
    ).cause == ("somebody joined by somebody (version 7)")


def test_a_cause_that_the_log_does_not_tell_is_named_as_it_is() -> None:
    assert told(line(Cause("restart", "")), {}, {}).cause == "found when wikitally was started again"
    assert told(line(Cause("delete/delete", "gone")), {}, {}).cause == "delete/delete"
