"""Numbers as pure folds over contributions, and how a board ranks them.

The store computes the same numbers in SQL (`refresh_standings.sql`, `totals.sql`, `breakdown.sql`); tests hold the
two equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from processors.facts.facts import ActionKind, UserClass
from processors.judging.contributions import PROOFREAD, VALIDATED, Contribution
from processors.judging.judge import Verdict
from processors.numbers.numbers import By, Division, Metric, Standing, Totals
from processors.programs.program import Program

Key = tuple[str, str]
"""What a part of the contributions is called: (name, wiki); one of them empty where it says nothing."""


def fold_books(entries: Iterable[Contribution]) -> dict[str, list[Standing]]:
    """Return the standings of every program (by slug, users sorted) of which there is a contribution."""
    books: defaultdict[tuple[str, str], list[Contribution]] = defaultdict(list)
    for entry in entries:
        if entry.verdict is Verdict.COUNTED:
            books[entry.program, entry.user].append(entry)
    standings: defaultdict[str, list[Standing]] = defaultdict(list)
    for (program, user), counted in sorted(books.items()):
        standings[program].append(fold_standing(user, counted))
    return dict(standings)


def fold_standing(user: str, counted: Iterable[Contribution]) -> Standing:
    """Return a participant's numbers from their contributions (each once)."""
    return Standing(user=user, team="", **_sums(list(counted)))


def fold_totals(counted: Iterable[Contribution], participants: int | None = None, new: Collection[str] = ()) -> Totals:
    """Return the numbers of contributions (each once) as a whole.

    Args:
        participants: None: as many as have contributed.
        new: accounts that are new.
    """
    counted = list(counted)
    editors = {entry.user for entry in counted}
    return Totals(
        participants=len(editors) if participants is None else participants,
        editors=len(editors),
        new_editors=len(editors.intersection(new)),
        temporary_editors=len({entry.user for entry in counted if entry.user_class is UserClass.TEMPORARY}),
        **_sums(counted),
    )


def fold_parts(
    entries: Iterable[Contribution],
    by: By | Division,
    program: Program,
    teams: Mapping[str, str] | None = None,
    new: Collection[str] = (),
) -> dict[Key, Totals]:
    """Return the numbers of each part of a program's contributions."""
    parts: defaultdict[Key, list[Contribution]] = defaultdict(list)
    for entry in entries:
        if entry.verdict is Verdict.COUNTED:
            for key in keys_of(entry, by, program, teams or {}):
                parts[key].append(entry)
    return {key: fold_totals(counted, new=new) for key, counted in parts.items()}


def keys_of(entry: Contribution, by: By | Division, program: Program, teams: Mapping[str, str]) -> list[Key]:
    """The parts that a contribution belongs to: of overlapping sessions to each, otherwise to one."""
    local = entry.occurred_at.astimezone(ZoneInfo(program.timezone))
    match by:
        case By.USER:
            return [(entry.user, "")]
        case By.ARTICLE:
            return [(entry.title, entry.wiki)]
        case By.ARTICLE_USER:
            # No title and no name has a |.
            return [(f"{entry.title}|{entry.user}", entry.wiki)]
        case By.WIKI | Division.WIKI:
            return [("", entry.wiki)]
        case By.TEAM | Division.TEAM:
            return [(teams.get(entry.user, ""), "")]
        case Division.NAMESPACE:
            return [(str(entry.namespace), "")]
        case Division.DAY:
            return [(f"{local:%Y-%m-%d}", "")]
        case Division.HOUR:
            return [(f"{local:%Y-%m-%dT%H:00%z}", "")]
        case Division.SESSION:
            return [
                (str(number), "")
                for number, session in enumerate(program.sessions, start=1)
                if session.start <= entry.occurred_at < session.end
            ]
        case Division.ACTION:
            return [(entry.action, "")]
        case Division.USER_CLASS:
            return [(str(entry.user_class), "")]


def _sums(counted: list[Contribution]) -> dict[str, Any]:
    edits = [entry for entry in counted if entry.kind is ActionKind.EDIT]
    deltas = [entry.byte_delta or 0 for entry in counted]
    return {
        "edits": len(edits),
        "bytes_added": sum(delta for delta in deltas if delta > 0),
        "bytes_removed": -sum(delta for delta in deltas if delta < 0),
        "articles_created": len({(entry.wiki, entry.title) for entry in counted if entry.created}),
        "articles_edited": len({(entry.wiki, entry.title) for entry in edits}),
        "last_edit_at": max((entry.occurred_at for entry in counted), default=None),
        "uploads": len(counted) - len(edits),
        "reverted": sum(entry.reverted for entry in counted),
        "wikidata_actions": sum(entry.action != "" and entry.wiki.endswith(".wikidata.org") for entry in counted),
        "pages_proofread": sum(entry.action == PROOFREAD for entry in counted),
        "pages_validated": sum(entry.action == VALIDATED for entry in counted),
    }


def rank(standings: Iterable[Standing], metric: Metric, teams: Mapping[str, str] | None = None) -> list[Standing]:
    """Order standings by a metric, highest first; equal values share a rank and the next one is skipped (1, 2, 2, 4).

    Within a rank, lines are in code point order of what they show. `teams` names the team of each user that has one.
    """
    teams = teams or {}
    ordered = sorted(standings, key=lambda one: (-value(one, metric), one.user, one.team, one.title, one.wiki))
    ranked: list[Standing] = []
    for place, one in enumerate(ordered, start=1):
        shared = ranked[-1].rank if ranked and value(ranked[-1], metric) == value(one, metric) else place
        ranked.append(replace(one, rank=shared, team=teams.get(one.user, one.team)))
    return ranked


def value(standing: Standing, metric: Metric) -> float:
    """The number that `metric` names; whole but for points."""
    number: float = getattr(standing, metric.value)
    return number
