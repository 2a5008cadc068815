"""Rules for deletion tags as they are written: those that are shipped (JSON), and an operator's file (YAML)."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from processors.alerts.alerts import AlertKind
from processors.alerts.rules import Rule, Sign

_SIGNS = {"categories": Sign.CATEGORY, "comments": Sign.COMMENT, "cleared": Sign.CLEARED}


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rules that come with wikitally, in the order of their file."""
    text = resources.files("processors").joinpath("data", "alert_rules.json").read_text(encoding="utf-8")
    wikis: dict[str, dict[str, list[dict[str, Any]]]] = json.loads(text)
    return tuple(
        Rule(
            wiki,
            _SIGNS[key],
            AlertKind(one["kind"]),
            one.get("title") or one["pattern"],
            "title" not in one,
            one["source"],
            one["verified"],
        )
        for wiki, lists in wikis.items()
        for key, rules in lists.items()
        for one in rules
    )
