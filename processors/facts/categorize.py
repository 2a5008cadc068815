"""The sentence that a wiki writes when a page enters or leaves a category, read back.

recentchange says nowhere else which page it was and in which direction it went. The sentences are those of
MediaWiki's messages `recentchanges-page-added-to-category` and its sisters, in the wiki's language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from itertools import product

from processors.facts.facts import Direction
from processors.facts.wikis import fallback_languages

_DIRECTIONS = {
    "added": Direction.ADDED,
    "added-bundled": Direction.ADDED,
    "removed": Direction.REMOVED,
    "removed-bundled": Direction.REMOVED,
}

_Sentences = dict[tuple[str, str], Direction]
"""The words before the link and those behind it, in which the title is `$1` and a number `$2`."""


def read_categorize(comment: str, language: str) -> tuple[Direction, str | None]:
    """Return the direction and the page of a category change.

    A sentence that is not the language's own is looked for in all languages; one of nowhere still names
    its page. The direction is unknown where the words do not tell it, as in the few languages whose
    translators used the same for both.

    Args:
        language: the wiki's content language, in which the sentence is looked up first.
    """
    before, opened, rest = comment.partition("[[:")
    page, closed, after = rest.partition("]]")
    title = page.strip()
    if not opened or not closed or not title:
        return Direction.UNKNOWN, None
    own = _sentences(language)
    found = own.get((before, after))
    if found is None:
        words = (before, _without_values(page, after))
        found = own.get(words) or _all_sentences().get(words, Direction.UNKNOWN)
    return found, title


_NUMBER = re.compile(r"\$2|\d(?:[\d.,\u00a0]*\d)?")


def _without_values(page: str, after: str) -> str:
    head, found, tail = after.partition(f"/{page}|")
    return f"{_NUMBER.sub('$2', head)}{'/$1|' if found else ''}{_NUMBER.sub('$2', tail)}"


_PLURAL = re.compile(r"\{\{PLURAL:\$2\|([^{}]*)\}\}")


def _forms(message: str) -> Iterator[tuple[str, str]]:
    """Every pair of words around the link that a message can come out as."""
    parts = _PLURAL.split(message)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    for words in product(*choices):
        before, _, rest = "".join(words).partition("[[:")
        page, _, after = rest.partition("]]")
        yield before, _without_values(page, after)


def _collect(messages: Iterable[tuple[str, str]]) -> _Sentences:
    sentences: _Sentences = {}
    for key, message in messages:
        for words in _forms(message):
            direction = _DIRECTIONS[key]
            sentences[words] = direction if sentences.get(words, direction) is direction else Direction.UNKNOWN
    return sentences


@lru_cache(maxsize=1024)
def _sentences(language: str) -> _Sentences:
    chain = (language, *fallback_languages(language))
    found = (
        (key, next((_messages()[one][key] for one in chain if key in _messages().get(one, ())), ""))
        for key in _DIRECTIONS
    )
    return _collect((key, message) for key, message in found if message)


@lru_cache(maxsize=1)
def _all_sentences() -> _Sentences:
    return _collect(item for messages in _messages().values() for item in messages.items())


@lru_cache(maxsize=1)
def _messages() -> dict[str, dict[str, str]]:
    text = resources.files("processors").joinpath("data", "categorize.json").read_text(encoding="utf-8")
    messages: dict[str, dict[str, str]] = json.loads(text)
    return messages
