"""Hashtags in edit summaries: `#wikipink adds a source` has `wikipink`."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

_SECTION = re.compile(r"/\*.*?\*/")
_LINK = re.compile(r"\[\[[^\[\]]*\]\]|https?://\S+")
_BEGINNING = re.compile(r"(?<![\w&/#\[|])#")


def hashtags(comment: str) -> frozenset[str]:
    """The hashtags of a summary, casefolded, without #. Sections, links and bare numbers are none."""
    if "#" not in comment:
        return frozenset()
    text = _LINK.sub(" ", _SECTION.sub(" ", comment))
    found = ("".join(takewhile(_fits, text[match.end() :])) for match in _BEGINNING.finditer(text))
    return frozenset(tag.casefold() for tag in found if any(map(str.isalpha, tag)) and tag[0] not in "-_")


def _fits(char: str) -> bool:
    """A letter, a digit, or a mark on one (vowel signs of Hindi and Bengali, the dot of İ casefolded)."""
    return char.isalnum() or char in "_-" or unicodedata.category(char) in ("Mn", "Mc")
