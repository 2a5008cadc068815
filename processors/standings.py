"""Standings as pure folds over contributions, and how a board ranks them.

The store computes the same numbers in SQL (`refresh_standings.sql`); a test holds the two equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from processors.contributions import PROOFREAD, VALIDATED, Contribution
from processors.facts import ActionKind
from processors.judge import Verdict
from processors.ports import Metric, Standing


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
    counted = list(counted)
    edits = [entry for entry in counted if entry.kind is ActionKind.EDIT]
    deltas = [entry.byte_delta or 0 for entry in counted]
    return Standing(
        user=user,
        team="",
        edits=len(edits),
        bytes_added=sum(delta for delta in deltas if delta > 0),
        bytes_removed=-sum(delta for delta in deltas if delta < 0),
        articles_created=len({(entry.wiki, entry.title) for entry in counted if entry.created}),
        articles_edited=len({(entry.wiki, entry.title) for entry in edits}),
        last_edit_at=max((entry.occurred_at for entry in counted), default=None),
        uploads=len(counted) - len(edits),
        reverted=sum(entry.reverted for entry in counted),
        wikidata_actions=sum(entry.action != "" and entry.wiki.endswith(".wikidata.org") for entry in counted),
        pages_proofread=sum(entry.action == PROOFREAD for entry in counted),
        pages_validated=sum(entry.action == VALIDATED for entry in counted),
    )


def rank(standings: Iterable[Standing], metric: Metric, teams: Mapping[str, str] | None = None) -> list[Standing]:
    """Order standings by a metric, highest first; equal values share a rank and the next one is skipped (1, 2, 2, 4).

    Within a rank, users are in code point order. `teams` names the team of each user that has one.
    """
    teams = teams or {}
    ordered = sorted(standings, key=lambda one: (-value(one, metric), one.user))
    ranked: list[Standing] = []
    for place, one in enumerate(ordered, start=1):
        shared = ranked[-1].rank if ranked and value(ranked[-1], metric) == value(one, metric) else place
        ranked.append(replace(one, rank=shared, team=teams.get(one.user, "")))
    return ranked


def value(standing: Standing, metric: Metric) -> float:
    """The number that `metric` names; whole but for points."""
    number: float = getattr(standing, metric.value)
    return number
