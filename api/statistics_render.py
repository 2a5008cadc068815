"""Statistics, frozen results, programs and campaigns as JSON and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.render import (
    NUMBERS,
    freshness_json,
    instant,
    program_json,
    rows_csv,
    standing_json,
    totals_json,
)
from processors.ports.boards import (
    Campaign,
    CampaignBoard,
    Comparison,
    Difference,
    Freshness,
    Part,
    ProgramView,
    Result,
    Statistics,
)

_PART_FIELDS = ("key", "title", "editors", "new_editors", "temporary_editors", *NUMBERS, "last_edit_at")


def program_view_json(view: ProgramView) -> dict[str, Any]:
    """A program, without what is private to its participants."""
    program = view.program
    return {
        **program_json(program),
        "timezone": program.timezone,
        "visibility": str(program.visibility),
        "version": view.version,
        "status": "active",
        "teams": sorted({one.team for one in program.participants if one.team}),
        "hashtags": list(program.hashtags),
        "campaigns": list(program.campaigns),
        "goals": dict(program.goals),
        "points": dict(program.points),
        "rules": list(view.rules),
        "results": list(view.results),
        **freshness_json(view.freshness),
    }


def part_json(part: Part) -> dict[str, Any]:
    """A part of a program's contributions."""
    numbers = totals_json(part.numbers)
    del numbers["participants"]
    return {"key": part.key, "title": part.title, **numbers}


def statistics_json(statistics: Statistics) -> dict[str, Any]:
    """A program's numbers, broken down."""
    return {
        "program": statistics.program.slug,
        "title": statistics.program.title,
        "by": statistics.by.value,
        **freshness_json(statistics.freshness),
        "totals": totals_json(statistics.totals),
        "parts": [part_json(one) for one in statistics.parts],
    }


def statistics_csv(statistics: Statistics) -> str:
    """The parts as CSV."""
    return rows_csv(_PART_FIELDS, (part_json(one) for one in statistics.parts))


def result_json(result: Result, *, full: bool) -> dict[str, Any]:
    """A frozen result; in lists without its lines."""
    return {
        "program": result.program,
        "name": result.name,
        "result_as_of": instant(result.as_of),
        "frozen_at": instant(result.frozen_at),
        "digest": result.digest,
        "intact": result.intact,
        "metric": result.metric.value,
        "totals": totals_json(result.totals),
        **({"standings": [standing_json(one) for one in result.standings]} if full else {}),
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """A frozen result, and what is other now."""
    return {
        **result_json(comparison.result, full=True),
        **freshness_json(comparison.freshness),
        "live_totals": totals_json(comparison.live),
        "changes": [_difference(one) for one in comparison.differences],
    }


def changed_numbers(one: Difference) -> dict[str, tuple[float, float]]:
    """What was then and is now, of the numbers that are not the same; of nobody they are 0."""
    pairs = {name: (getattr(one.then, name, 0), getattr(one.now, name, 0)) for name in NUMBERS}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def who_differs(one: Difference) -> str:
    """Whose numbers they are, as shown now."""
    known = one.now or one.then
    return known.user if known else ""


def _difference(one: Difference) -> dict[str, Any]:
    known = one.now or one.then
    return {
        "user": who_differs(one),
        "hidden": known is not None and known.hidden,
        "then": one.then is not None,
        "now": one.now is not None,
        "numbers": {name: {"then": then, "now": now} for name, (then, now) in changed_numbers(one).items()},
    }


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    """A campaign and its public programs."""
    return {
        "campaign": campaign.slug,
        "programs": [program_json(one) for one in campaign.programs],
        "unlisted_programs": campaign.others,
    }


def campaigns_json(campaigns: Sequence[Campaign], freshness: Freshness) -> dict[str, Any]:
    """All campaigns."""
    return {"campaigns": [campaign_json(one) for one in campaigns], **freshness_json(freshness)}


def campaign_board_json(board: CampaignBoard) -> dict[str, Any]:
    """A campaign's leaderboard."""
    return {
        **campaign_json(board.campaign),
        "metric": board.metric.value,
        "by": board.by.value,
        **freshness_json(board.freshness),
        "totals": totals_json(board.totals),
        "standings": [standing_json(one, board.by) for one in board.standings],
    }
