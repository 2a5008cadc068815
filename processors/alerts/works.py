"""Alerts about single contributions, and about many of them that are reverted at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from processors.alerts.alerts import Alert, AlertKind, AlertState, Step, alert_id
from processors.judging.judge import Verdict

OURS = frozenset(
    {
        Verdict.COUNTED,
        Verdict.REDIRECT,
        Verdict.PAGE_DELETED,
        Verdict.REVISION_SUPPRESSED,
        Verdict.REVERTED_EXCLUDED,
    }
)
"""What counts, or would but for what became of it later."""
MASS = 5
"""So many contributions of a program that are reverted …"""
BURST = timedelta(hours=1)
"""… within this time are a burst."""


def contribution_alert(program: str, kind: AlertKind, wiki: str, rev_id: int, title: str, user: str) -> Alert:
    """The alert about a contribution, with no step yet."""
    found = alert_id(program, kind, f"{wiki}/{rev_id}", "")
    return Alert(program, found, kind, wiki, title, (user,) if user else (), steps=())


def lasting_alert(program: str, kind: AlertKind, subject: str, cause: str = "") -> Alert:
    """The alert about a program as a whole, with no step yet."""
    return Alert(program, alert_id(program, kind, subject, cause), kind, "", "", (), steps=())


def with_steps(alert: Alert, known: Sequence[Step], new: Iterable[Step]) -> Alert | None:
    """The alert with what was known and what is new, in order and each once; None: it was never open."""
    steps: list[Step] = []
    by_cause = {(one.cause, one.state): one for one in (*new, *known)}
    # Of one second, what opens goes first.
    for step in sorted(by_cause.values(), key=lambda one: (one.at, one.state is AlertState.CLOSED, one.cause)):
        if step.state is not (steps[-1].state if steps else AlertState.CLOSED):
            steps.append(step)
    return replace(alert, steps=tuple(steps)) if steps else None


def bursts(program: str, reverted: Iterable[Alert]) -> list[Alert]:
    """One alert for every burst in which many contributions of the program were reverted.

    Args:
        reverted: alerts of that kind, of one program.
    """
    steps = sorted(
        ((step.at, step.cause, one) for one in reverted for step in one.steps if step.state is AlertState.OPEN),
        key=lambda each: each[:2],
    )
    found: list[Alert] = []
    burst: list[tuple[Alert, Step]] = []
    window: list[tuple[Alert, Step]] = []
    for at, cause, alert in steps:
        step = Step(AlertState.OPEN, at, cause)
        if burst and at - burst[-1][1].at <= BURST:
            burst.append((alert, step))
            continue
        if burst:
            found.append(_burst(program, burst))
            burst, window = [], []
        window = [one for one in window if at - one[1].at <= BURST] + [(alert, step)]
        if len(window) >= MASS:
            burst, window = window, []
    return [*found, _burst(program, burst)] if burst else found


def _burst(program: str, burst: Sequence[tuple[Alert, Step]]) -> Alert:
    """The step is that of the contribution that made it a burst: what comes later adds names only."""
    users = tuple(sorted({user for alert, _ in burst for user in alert.users}))
    detail = f"{MASS} contributions were reverted within an hour"
    step = replace(burst[MASS - 1][1], detail=detail)
    alert = lasting_alert(program, AlertKind.MASS_REVERTS, "", burst[0][1].cause)
    return replace(alert, users=users, steps=(step,))
