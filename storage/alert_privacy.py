"""Taking out of alerts, and of what they are made of, what a wiki has hidden, or who asked to be forgotten."""

from __future__ import annotations

import re
from collections.abc import Sequence

from processors.privacy.forgetting import Forgetting, user_page
from processors.privacy.hiding import Hiding
from storage.connection import Connections
from storage.fact_rewriting import chunks

_PAGES_AT_ONCE = 1000


def hide_in_alerts(connections: Connections, hidden: Sequence[Hiding]) -> None:
    """Take out names and summaries of what these revisions did. Alerts about pages get those that stay again."""
    params = {
        "ids": tuple(one.rev_id for one in hidden),
        "revisions": tuple((one.wiki, one.rev_id) for one in hidden),
    }
    ((signals, alerts),) = connections.rows("hide_alerts_due", params)
    if signals:
        connections.everywhere("hide_signals", params)
    if alerts:
        connections.everywhere("hide_alerts", params)


def forget_in_alerts(connections: Connections, forgetting: Forgetting) -> None:
    """Take a person out. Stories of pages of their own go with them."""
    params = {"own": list(forgetting.own), "instead": forgetting.instead, "pattern": _pattern(forgetting)}
    for table in ("signals", "alerts"):
        if connections.rows(f"forget_{table}_count", params)[0][0]:
            connections.everywhere(f"forget_{table}", params)
    pages = {}
    for wiki, title in connections.rows("user_pages_alerts", {"names": list(forgetting.own)}):
        after = title
        for name in forgetting.own:
            after = user_page(wiki, after, name, forgetting.instead)
        if after != title:
            pages[wiki, title] = after
    for some in chunks(pages.items(), _PAGES_AT_ONCE):
        moved = {"before": [key for key, _ in some], "after": [after for _, after in some]}
        for name in ("retitle_alerts", "forget_signal_pages", "forget_program_pages"):
            connections.everywhere(name, moved)


def _pattern(forgetting: Forgetting) -> str:
    """A regular expression for a text with one of the names as words of their own."""
    names = "|".join(re.sub(r"([^\w\s])", r"\\\1", name) for name in sorted(forgetting.own))
    return rf"(^|[^\pL\pN])({names})($|[^\pL\pN])"
