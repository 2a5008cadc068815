"""Hashtags in summaries."""

from __future__ import annotations

import pytest

from processors.facts.hashtags import hashtags


@pytest.mark.parametrize(
    ("comment", "tags"),
    [
        ("adds a source #WikiPink", {"wikipink"}),
        ("#1lib1ref, #wiki-loves_women!", {"1lib1ref", "wiki-loves_women"}),
        ("#हिन्दी #বাংলা", {"हिन्दी", "বাংলা"}),
        ("#İstanbul", {"İstanbul".casefold()}),
        ("#مؤنث", {"مؤنث"}),
        ("/* See #also */ nothing", set()),
        ("[[Page#Section]] and https://example.org/#top", set()),
        ("fixes #12 and &#39; a#b ##x", set()),
        ("# #- #_x", set()),
        ("", set()),
    ],
)
def test_hashtags_are_words_behind_a_number_sign(comment: str, tags: set[str]) -> None:
    assert hashtags(comment) == tags
