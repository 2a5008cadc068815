"""Why a program is quiet, in sentences, from what was seen of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.ports.boards import Freshness
from processors.programs.program import Program
from processors.why.explain_times import distance
from processors.why.rule_words import MOST, listed, moment, namespaces, number
from processors.why.rule_words import wikis as wiki_words

STREAM_BEHIND = timedelta(minutes=5)
"""A watermark that is so old is worth a sentence."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the log and the books say of a program that has no contributions, or few."""

    asked_at: datetime
    freshness: Freshness
    first_seen: datetime | None
    """The oldest fact of all; None: there is none."""
    active: int
    """Participants who did anything on any wiki since the start, up to the end."""
    counted: int
    """Actions that count."""
    reasons: tuple[tuple[Verdict, int], ...]
    """Actions seen since the start that do not count, by reason."""
    last: Sequence[Contribution]
    """The last action of each participant, whenever it was, judged; of at most `MOST_LAST` of them."""
    seen: int = 0
    """For open programs: actions of anybody on tracked wikis while it runs."""
    unseen_wikis: tuple[tuple[str, str | None], ...] = ()
    """Tracked wikis of which nothing was ever read, each with the one that was read and is most like it."""
    unseen_categories: tuple[str, ...] = ()
    """Categories of the scope that no page was ever seen to be put into or taken out of."""
    pending: bool = False
    """The books are behind the program's definition."""


MOST_LAST = 200


def quiet(program: Program, evidence: Evidence) -> list[str]:
    """Say what there is to be said. Names of people are left out."""
    parts = (_when, _stream, _definition, _people, _reasons, _last)
    return [sentence for part in parts for sentence in part(program, evidence)]


def _when(program: Program, evidence: Evidence) -> Iterator[str]:
    timezone = ZoneInfo(program.timezone)
    now = evidence.asked_at
    if now < program.start:
        yield (
            f"The program has not begun: it starts in {distance(program.start - now)}, on "
            f"{moment(program.start, timezone)} ({program.timezone})."
        )
    elif now >= program.end:
        yield (
            f"The program is over: it ended {distance(now - program.end)} ago, on "
            f"{moment(program.end, timezone)} ({program.timezone})."
        )
    elif not any(one.start <= now < one.end for one in program.sessions):
        coming = min(one.start for one in program.sessions if one.start > now)
        yield f"No session is on now; the next one starts on {moment(coming, timezone)} ({program.timezone})."


def _stream(program: Program, evidence: Evidence) -> Iterator[str]:
    timezone = ZoneInfo(program.timezone)
    freshness = evidence.freshness
    first = evidence.first_seen
    if first is None or freshness.as_of is None:
        yield "Nothing has been read from the stream yet."
        return
    if first > program.start and evidence.asked_at >= program.start:
        yield (
            f"What happened before {moment(first, timezone)} ({program.timezone}) was not read: "
            f"reading began {distance(first - program.start)} after the start of the program."
        )
    if evidence.asked_at - freshness.as_of >= STREAM_BEHIND and freshness.as_of < program.end:
        second = freshness.as_of.replace(microsecond=0)
        yield (
            f"The stream has been read up to {moment(second, timezone)} ({program.timezone}) only: "
            f"what came since is still to be counted."
        )
    if freshness.gaps:
        gaps = number(freshness.gaps, "stretch of the stream is", "stretches of the stream are")
        yield f"{gaps} known to be missing."
    if evidence.pending:
        yield "What was read is still being judged by the newest version of the program."


def _definition(program: Program, evidence: Evidence) -> Iterator[str]:
    if program.scope is not None and not program.scope:
        yield "The program's list of pages is empty, so nothing can count."
    if not program.open and not program.participants and not program.hashtags:
        yield "Nobody is enrolled, so nothing can count."
    for name, nearest in evidence.unseen_wikis[:MOST]:
        hint = f" Did you mean {nearest}?" if nearest else ""
        yield f"Nothing was ever read of {name}: is the name right?{hint}"
    for category in evidence.unseen_categories[:MOST]:
        yield (
            f"No page was seen to come into {category} or to leave it since reading began: "
            "is the name right, and does the wiki report changes of categories?"
        )


def _people(program: Program, evidence: Evidence) -> Iterator[str]:
    if evidence.asked_at < program.start:
        return
    if program.open:
        seen = number(evidence.seen, "edit or upload was", "edits and uploads were")
        yield f"{seen} seen on {wiki_words(program.wikis)} since the start."
    elif program.participants:
        people = number(len(program.participants), "participant has", "participants have")
        yield f"{evidence.active:,} of {people} edited since the start."
    elif program.hashtags and not evidence.counted and not evidence.reasons:
        tags = listed([f"#{tag}" for tag in program.hashtags], "or")
        yield f"No edit with {tags} in its summary was seen while the program ran."


def _reasons(program: Program, evidence: Evidence) -> Iterator[str]:
    total = sum(count for _, count in evidence.reasons)
    if evidence.counted:
        yield f"{number(evidence.counted, 'edit or upload counts', 'edits and uploads count')}."
    if total:
        parts = [f"{count:,} {_because(reason)}" for reason, count in evidence.reasons if count]
        yield f"{number(total, 'edit or upload does', 'edits and uploads do')} not count: {listed(parts)}."


def _last(program: Program, evidence: Evidence) -> Iterator[str]:
    """Where those who have not contributed were last seen."""
    if program.open or not evidence.last:
        return
    outcomes = Counter(one.verdict for one in evidence.last)
    for verdict in Verdict:
        people = outcomes.get(verdict, 0)
        if people and verdict is not Verdict.COUNTED:
            edits = "the last edit of 1 of them" if people == 1 else f"the last edits of {people:,} of them"
            verb = "was" if people == 1 else "were"
            newest = max(one.occurred_at for one in evidence.last if one.verdict is verdict)
            yield f"{edits.capitalize()} {verb} {_last_words(verdict, program, newest, evidence)}."


def _last_words(verdict: Verdict, program: Program, newest: datetime, evidence: Evidence) -> str:
    if verdict is Verdict.BEFORE_WINDOW:
        return f"before the start, the newest by {distance(program.start - newest)}"
    if verdict is Verdict.AFTER_WINDOW and newest >= program.end:
        return f"after the end, the newest by {distance(newest - program.end)}"
    if verdict is Verdict.NAMESPACE_NOT_TRACKED:
        numbers = frozenset(one.namespace for one in evidence.last if one.verdict is verdict)
        return f"{namespaces(numbers)}, not tracked"
    if verdict is Verdict.WIKI_NOT_TRACKED:
        names = sorted({one.wiki for one in evidence.last if one.verdict is verdict})
        return f"on {listed(names[:3])}, not tracked"
    return _because(verdict)


_REASONS = {
    Verdict.NOT_ENROLLED: "while they did not take part",
    Verdict.ORGANISER_ONLY: "by organisers",
    Verdict.BEFORE_WINDOW: "before the start",
    Verdict.AFTER_WINDOW: "outside of the sessions",
    Verdict.WIKI_NOT_TRACKED: "on wikis that are not tracked",
    Verdict.NAMESPACE_NOT_TRACKED: "in namespaces that are not tracked",
    Verdict.SCOPE_EMPTY: "while the list of pages is empty",
    Verdict.OUT_OF_SCOPE: "on pages that are not in scope",
    Verdict.BOT: "flagged as bot edits",
    Verdict.MINOR_EXCLUDED: "marked as minor",
    Verdict.TOOL_EDIT: "made by a program's tool",
    Verdict.REDIRECT: "on redirects",
    Verdict.MANUALLY_EXCLUDED: "excluded by hand",
    Verdict.PAGE_DELETED: "on pages that are deleted",
    Verdict.REVISION_SUPPRESSED: "hidden since",
    Verdict.REVERTED_EXCLUDED: "reverted",
}


def _because(reason: Verdict) -> str:
    return _REASONS.get(reason, reason.replace("_", " "))
