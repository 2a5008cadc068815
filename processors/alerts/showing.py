"""Alerts as everybody may see them, where participants hide their names."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from processors.alerts.alerts import Alert, AlertKind, Step
from processors.privacy.pseudonyms import Masks

OF_ONE = frozenset({AlertKind.REVERTED, AlertKind.SUPPRESSED, AlertKind.BLOCKED})
"""Kinds whose revision, text or author leads to the participant."""


def shown(alert: Alert, masks: Masks, names: Callable[[str], Collection[str]]) -> Alert:
    """The alert without the names that its program hides, and without what leads to them.

    Args:
        names: every name that a user may have had.
    """
    if not masks:
        return alert
    users: list[str] = []
    hidden = set(masks.names)
    anybody = masks.everyone
    for user in alert.users:
        pseudonym = masks.of(names(user))
        users.append(pseudonym or user)
        if pseudonym is not None:
            anybody = True
            hidden |= {user, *names(user)}
    words = [name.casefold() for name in hidden if name]

    def says(text: str) -> bool:
        folded = text.replace("_", " ").casefold()
        return any(word in folded for word in words)

    of_one = anybody and alert.kind in OF_ONE
    # A page of a user, or under one, is called by their name.
    title = "" if says(alert.title) else alert.title

    def step(one: Step) -> Step:
        bare = of_one or masks.everyone or title != alert.title or says(one.detail)
        user = "" if of_one or not one.user else masks.of(names(one.user)) or one.user
        return replace(one, user=user, rev_id=0 if of_one else one.rev_id, detail="" if bare else one.detail)

    return replace(alert, title=title, users=tuple(dict.fromkeys(users)), steps=tuple(map(step, alert.steps)))
