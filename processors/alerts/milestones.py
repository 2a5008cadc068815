"""Numbers that are worth telling: round ones that a program passes, and its goals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.works import lasting_alert, with_steps
from processors.numbers.goals import goals
from processors.numbers.numbers import Totals
from processors.numbers.points import points
from processors.programs.program import Program

LEAST = {"articles_created": 1, "edits": 1, "bytes_added": 1000}
"""By number that has milestones, the first one."""
_WORDS = {"articles_created": "articles created", "edits": "edits", "bytes_added": "bytes added"}
UNTOLD = frozenset({"new_editors"})
"""Goals that boards show and no alert tells: what they count is asked of more than a program's standings."""


def mark(value: float) -> int:
    """The highest of 1, 10, 25, 50, 100, 250, 500, 1,000, … that is not above `value`; 0: none."""
    found, scale = (1 if value >= 1 else 0), 10
    while scale <= value:
        found = max(each for each in (scale, scale * 5 // 2, scale * 5) if each <= value)
        scale *= 10
    return found


def milestones(program: Program, totals: Totals, at: datetime) -> Iterator[Alert]:
    """The highest milestone of each number that the program has passed, as if it were now.

    Those below it that were passed in the same moment are not told of. The step is named by the milestone, not by an
    event: of several workers each may see that it was passed, and it is told of once.
    """
    for metric, least in LEAST.items():
        passed = mark(getattr(totals, metric))
        if passed >= least:
            alert = lasting_alert(program.slug, AlertKind.MILESTONE, f"{metric}/{passed}")
            step = Step(AlertState.OPEN, at, f"{metric}/{passed}", detail=f"{passed:,} {_WORDS[metric]}")
            yield replace(alert, steps=(step,))


def goal_alerts(program: Program, totals: Totals, known: dict[str, Alert], at: datetime) -> Iterator[Alert]:
    """The alerts of goals that are reached now or were before. Steps are named as those of milestones, and numbered.

    Args:
        known: by alert_id, those that are stored.
    """
    totals = replace(totals, points=points(program.points, totals))
    for goal in goals(program, totals):
        if goal.metric in UNTOLD or goal.target <= 0:
            continue
        alert = lasting_alert(program.slug, AlertKind.GOAL, f"{goal.metric}/{goal.target}")
        before = known.get(alert.alert_id)
        state = AlertState.OPEN if goal.share >= 1 else AlertState.CLOSED
        if before is None or before.state is not state:
            words = f"goal reached: {goal.target:,} {goal.metric.replace('_', ' ')}"
            detail = words if state is AlertState.OPEN else f"below the goal again: {goal.metric.replace('_', ' ')}"
            steps = before.steps if before else ()
            cause = f"{goal.metric}/{goal.target}/{len(steps)}"
            found = with_steps(alert, steps, [Step(state, at, cause, detail=detail)])
            if found is not None:
                yield found
