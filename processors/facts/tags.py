"""What a revision's change tags and its summary tell: reverts, redirects, proofreading, edits made by tools.

How tools are known: `data/tools.json`, which names the source of each entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from enum import IntFlag
from importlib import resources


class RevisionFlags(IntFlag):
    """What the tags of a revision say about it."""

    REVERTED = 1
    """A later edit has undone it."""
    TOOL = 2
    """A program's tool made it in the user's name."""
    REDIRECT_NOW = 4
    """It turned its page into a redirect."""
    REDIRECT_NO_MORE = 8
    """It turned a redirect into a page."""


_CORE = {
    "mw-reverted": RevisionFlags.REVERTED,
    "mw-new-redirect": RevisionFlags.REDIRECT_NOW,
    "mw-removed-redirect": RevisionFlags.REDIRECT_NO_MORE,
}
_LEVELS = {f"proofreadpage-quality{level}": level for level in range(5)}


_TOOLS: dict[str, list[dict[str, str]]] = json.loads(
    resources.files("processors").joinpath("data", "tools.json").read_text(encoding="utf-8")
)
_TOOL_TAGS = frozenset(entry["tag"] for entry in _TOOLS["tags"])
_TOOL_SUMMARY = re.compile("|".join(entry["pattern"] for entry in _TOOLS["summaries"]))

RELEVANT_PATTERN = "|".join((*_CORE, *_LEVELS, *sorted(_TOOL_TAGS)))
"""Finds a tag that is read here in a text that holds tags; it may find some more."""


def read_flags(tags: Collection[str]) -> RevisionFlags:
    """What these tags say; others say nothing."""
    flags = RevisionFlags(0)
    for tag in tags:
        flags |= _CORE.get(tag, 0)
        if tag in _TOOL_TAGS:
            flags |= RevisionFlags.TOOL
    return flags


def proofread_level(tags: Collection[str]) -> int | None:
    """The status that the edit gave its page on Wikisource; None where the tags name none, or several.

    0 without text, 1 not proofread, 2 problematic, 3 proofread, 4 validated.
    """
    levels = {_LEVELS[tag] for tag in tags if tag in _LEVELS}
    return levels.pop() if len(levels) == 1 else None


def relevant(tags: Collection[str], prior: Collection[str]) -> bool:
    """Whether a tag that is read here is among those of a revision now or before."""
    return any(tag in _CORE or tag in _LEVELS or tag in _TOOL_TAGS for tag in (*tags, *prior))


def is_tool_summary(comment: str) -> bool:
    """Whether a summary is one that a program's tool writes. Summaries that people might write too are not taken."""
    return _TOOL_SUMMARY.fullmatch(comment) is not None
