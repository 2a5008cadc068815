"""Quiet programs say why, from what was seen: each sentence by example."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.ports.boards import Freshness
from processors.programs.program import Participant, Program, Session
from processors.why.quiet import Evidence, quiet
from tests.histories import START, WIKI

PROGRAM = Program(
    slug="p",
    title="P",
    timezone="Europe/Paris",
    sessions=(
        Session(START, START + timedelta(hours=3)),
        Session(START + timedelta(days=7), START + timedelta(days=7, hours=3)),
    ),
    wikis=(WIKI, "gor.wikipedia.org"),
    participants=tuple(Participant(f"User {number}") for number in range(12)),
)
DURING = START + timedelta(hours=1)


def evidence(now: Any = DURING, **more: Any) -> Evidence:
    usual = Evidence(
        asked_at=now,
        freshness=Freshness(now - timedelta(seconds=2), 2.0, 0),
        first_seen=START - timedelta(days=3),
        active=0,
        counted=0,
        reasons=(),
        last=(),
    )
    return replace(usual, **more)


def said(program: Program = PROGRAM, **more: Any) -> str:
    return " ".join(quiet(program, evidence(**more)))


def last(verdict: Verdict, number: int, **more: Any) -> Contribution:
    usual = Contribution("p", f"User {number}", WIKI, 100 + number, verdict, START, "A", 0, 10, False)
    return replace(usual, **more)


def test_nobody_has_edited_and_the_last_edits_were_elsewhere() -> None:
    drafts = [last(Verdict.NAMESPACE_NOT_TRACKED, number, namespace=2) for number in range(3)]
    before = last(Verdict.BEFORE_WINDOW, 4, occurred_at=START - timedelta(hours=5))
    assert quiet(PROGRAM, evidence(last=[*drafts, before])) == [
        "0 of 12 participants have edited since the start.",
        "The last edit of 1 of them was before the start, the newest by 5 hours.",
        "The last edits of 3 of them were in namespace 2 (user pages), not tracked.",
    ]


def test_what_was_seen_and_does_not_count_is_summed_by_reason() -> None:
    reasons = ((Verdict.WIKI_NOT_TRACKED, 200), (Verdict.PAGE_DELETED, 9))
    words = said(active=2, reasons=reasons)
    assert "2 of 12 participants have edited since the start." in words
    assert (
        "209 edits and uploads do not count: 200 on wikis that are not tracked and 9 on pages that are deleted."
    ) in words


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (
            START - timedelta(hours=3),
            "The program has not begun: it starts in 3 hours, on 8 November 2026, 15:00 (Europe/Paris).",
        ),
        (
            START + timedelta(days=2),
            "No session is on now; the next one starts on 15 November 2026, 15:00 (Europe/Paris).",
        ),
        (
            START + timedelta(days=9, hours=3),
            "The program is over: it ended 2 days ago, on 15 November 2026, 18:00 (Europe/Paris).",
        ),
    ],
)
def test_the_time_is_told_when_no_session_is_on(now: Any, sentence: str) -> None:
    assert quiet(PROGRAM, evidence(now))[0] == sentence
    assert "session" not in said()


def test_before_the_start_nobody_is_told_to_have_done_nothing() -> None:
    assert "have edited" not in said(now=START - timedelta(hours=3))


def test_a_stream_that_is_behind_late_or_incomplete_is_said_to_be() -> None:
    assert quiet(PROGRAM, evidence(first_seen=None))[0] == "Nothing has been read from the stream yet."
    behind = Freshness(DURING - timedelta(minutes=39, seconds=59, milliseconds=400), 2400.0, 2)
    words = said(freshness=behind, first_seen=START + timedelta(minutes=10))
    assert "The stream has been read up to 8 November 2026, 15:20 (Europe/Paris) only" in words
    assert "2 stretches of the stream are known to be missing." in words
    assert "reading began 10 min after the start of the program" in words
    assert "read up to" not in said()


def test_a_definition_by_which_nothing_can_count_is_told() -> None:
    assert "list of pages is empty" in said(replace(PROGRAM, scope=()))
    assert "Nobody is enrolled" in said(replace(PROGRAM, participants=()))
    assert "No edit with #wikipink in its summary" in said(replace(PROGRAM, participants=(), hashtags=("wikipink",)))


def test_names_that_were_never_seen_are_told() -> None:
    words = said(
        unseen_wikis=(("gor.wikipedia.org", "gom.wikipedia.org"), ("x.wikipedia.org", None)),
        unseen_categories=("Category:Wommen of en.wikipedia.org",),
    )
    assert "Nothing was ever read of gor.wikipedia.org: is the name right? Did you mean gom.wikipedia.org?" in words
    assert "Nothing was ever read of x.wikipedia.org: is the name right? No page" in words
    assert "come into Category:Wommen of en.wikipedia.org or to leave it" in words


def test_an_open_program_tells_how_much_was_seen_on_its_wikis() -> None:
    words = said(replace(PROGRAM, open=True), seen=1000, reasons=((Verdict.OUT_OF_SCOPE, 7),))
    assert "1,000 edits and uploads were seen on en.wikipedia.org and gor.wikipedia.org since the start." in words
    assert "7 edits and uploads do not count: 7 on pages that are not in scope." in words


def test_books_that_are_behind_are_told_to_be() -> None:
    assert "still being judged" in said(pending=True)


def test_nobody_is_named() -> None:
    everything = [last(verdict, number) for number, verdict in enumerate(Verdict)]
    reasons = tuple((verdict, 1) for verdict in Verdict if verdict is not Verdict.COUNTED)
    assert "User" not in said(last=everything, reasons=reasons, active=3)
