"""The history of a program in sentences: every kind of decision has words, and a rewrite says what it changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processors.programs.definitions import dump_programs
from processors.programs.events import (
    KINDS,
    Changed,
    Defined,
    Deleted,
    Frozen,
    Joined,
    Left,
    NameHidden,
    NewEvent,
    PageExcluded,
    RevisionIncluded,
    TeamSet,
    UserExcluded,
)
from processors.programs.history import sentence, tell
from processors.programs.program import Page, Participant, Program, Session

AT = datetime(2026, 11, 8, 14, tzinfo=UTC)
PROGRAM = Program(
    slug="p", title="P", sessions=(Session(AT, AT + timedelta(hours=3)),), wikis=("en.wikipedia.org",),
    participants=(Participant("Ada"),),
)  # fmt: skip
EXAMPLES: dict[str, Any] = {
    "definition": "x", "user": "Ada", "page": Page("A"), "wiki": "en.wikipedia.org", "rev_id": 5, "into": "other",
    "name": "final", "as_of": AT, "alert": "0" * 32,
}  # fmt: skip


def events(*changes: Any) -> list[NewEvent]:
    return [
        NewEvent(event_id=str(n), program="p", version=n, recorded_at=AT, actor="Olga", change=change)
        for n, change in enumerate(changes, start=1)
    ]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_decision_has_words_of_its_own(kind: str) -> None:
    made = KINDS[kind]
    required = [one for one in made.__match_args__ if one in EXAMPLES]
    said = sentence(made(**{one: EXAMPLES[one] for one in required}))
    assert said.endswith(".")
    assert "(" not in said.replace("(en.wikipedia.org)", "")
    others = {sentence(one(**{n: EXAMPLES[n] for n in one.__match_args__ if n in EXAMPLES})) for one in KINDS.values()}
    assert len(others) == len(KINDS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Defined("x", "other"), "The program was defined, as a copy of other."),
        (Joined("Ada", "blue"), "Ada joined team blue, counting from the start of the program on."),
        (Joined("Ada", since=AT), "Ada joined, counting from 2026-11-08 14:00 UTC on."),
        (Left("Ada"), "Ada was taken out, as if never enrolled."),
        (Left("Ada", AT + timedelta(seconds=1)), "Ada left at 2026-11-08 14:00:01 UTC."),
        (TeamSet("Ada"), "Ada is in no team any more."),
        (NameHidden("Ada", hidden=False), "The name of Ada is shown."),
        (UserExcluded("Ada"), "All that Ada does does not count any more."),
        (PageExcluded(Page("A", "fr.wikipedia.org")), "A (fr.wikipedia.org) does not count any more."),
        (RevisionIncluded("en.wikipedia.org", 5), "Revision 5 of en.wikipedia.org counts again."),
        (Frozen("final", AT), "The numbers as of 2026-11-08 14:00 UTC were declared the result “final”."),
    ],
)
def test_a_decision_says_what_it_changes(change: Any, words: str) -> None:
    assert sentence(change) == words


def test_a_program_written_anew_says_what_is_another_than_just_before() -> None:
    text = dump_programs([PROGRAM])
    retitled = dump_programs([replace(PROGRAM, title="Q")])
    told = list(tell(events(Defined(text), Joined("Ben"), Changed(retitled), Changed(retitled), Deleted())))
    assert [one.event.version for one in told] == [1, 2, 3, 4, 5]
    assert told[2].sentences == ("The title is “Q” instead of “P”.", "1 participant is removed: Ben.")
    assert told[3].sentences == ("The program was written anew; nothing of it is another.",)


def test_who_only_joined_by_an_event_stays_when_the_text_does_not_say_all() -> None:
    text = dump_programs([PROGRAM])
    told = list(tell(events(Defined(text), Joined("Ben"), Changed(text.replace("title: P", "title: Q"), False))))
    assert told[2].sentences == ("The title is “Q” instead of “P”.",)
