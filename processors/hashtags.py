"""Hashtags in edit summaries: `#wikipink adds a source` has `wikipink`."""

from __future__ import annotations

import re

_HASHTAG = re.compile(r"(?<![\w&/#\[|])#([^\W_][\w-]*)")
_SECTION = re.compile(r"/\*.*?\*/")
_LINK = re.compile(r"\[\[[^\[\]]*\]\]|https?://\S+")
_NUMBER = re.compile(r"[\d-]+")


def hashtags(comment: str) -> frozenset[str]:
    """The hashtags of a summary, casefolded, without #. Sections, links and bare numbers are none."""
    if "#" not in comment:
        return frozenset()
    text = _LINK.sub(" ", _SECTION.sub(" ", comment))
    return frozenset(tag.casefold() for tag in _HASHTAG.findall(text) if not _NUMBER.fullmatch(tag))
