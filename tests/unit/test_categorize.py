import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts.categorize import read_categorize
from processors.facts.facts import Direction
from tests.recorders import EVENTSTREAMS

MESSAGES: dict[str, dict[str, str]] = json.loads(
    EVENTSTREAMS.joinpath("categorize_messages_i18n.json").read_text(encoding="utf-8")
)
# Their translators used the same sentence for both directions.
SAME_BUNDLED = {"ce", "hil", "lrc", "pa", "ps"}
TITLES = st.text(
    st.characters(exclude_characters="[]{}|#<>_\n", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1
) | st.sampled_from(["$1", "$2", "12", "Foo 12, 13", "File:A (1).jpg", "C/D|".strip("|"), "added to category", "À:b"])


def sentence(message: str, title: str, plural: int = 0) -> str:
    """What MediaWiki makes of a message; `plural` chooses the form and is put as 1 or 1,234."""
    start = message.find("{{PLURAL:$2|")
    if start >= 0:
        end = message.index("}}", start)
        form = message[start + len("{{PLURAL:$2|") : end].split("|")[plural]
        message = message[:start] + form.replace("$2", "1,234" if plural else "1") + message[end + 2 :]
    return title.join(message.split("$1"))


def expected(language: str, key: str) -> Direction:
    if key.endswith("bundled") and language in SAME_BUNDLED:
        return Direction.UNKNOWN
    return Direction.ADDED if "added" in key else Direction.REMOVED


@pytest.mark.parametrize("language", sorted(MESSAGES))
def test_every_sentence_of_a_language_is_read(language: str) -> None:
    for key, message in MESSAGES[language].items():
        if not key.startswith("recentchanges-page-"):
            continue
        for title in ("Marie Curie", "File:Photo 12 (1).jpg"):
            for plural in (0, 1):
                read = read_categorize(sentence(message, title, plural), language)
                assert read == (expected(language, key), title), key


def test_the_package_holds_every_recorded_sentence() -> None:
    text = resources.files("processors").joinpath("data", "categorize.json").read_text(encoding="utf-8")
    packaged = json.loads(text)
    for language, messages in MESSAGES.items():
        sentences = {message for key, message in messages.items() if key.startswith("recentchanges-page-")}
        assert sentences == set(packaged.get(language, {}).values())


@given(TITLES, st.sampled_from(["en", "de", "ar", "cs", "ja", "af", "gsw", "ht", "ta"]))
def test_any_title_is_read_back(title: str, language: str) -> None:
    for key, message in MESSAGES[language].items():
        if key.startswith("recentchanges-page-"):
            assert read_categorize(sentence(message, title, 1), language) == (expected(language, key), title)


@pytest.mark.parametrize(
    ("comment", "language", "read"),
    [
        ("[[:A]] added to category", "fr", (Direction.ADDED, "A")),
        ("[[:A]] zur Kategorie hinzugefügt", "en", (Direction.ADDED, "A")),
        ("[[:A]] removed from category", "no such language", (Direction.REMOVED, "A")),
        ("[[:A]] von der Kategorie entfernt", "als", (Direction.REMOVED, "A")),
        ("[[:A]] was reworded on this wiki", "en", (Direction.UNKNOWN, "A")),
        ("[[:A]]", "en", (Direction.UNKNOWN, "A")),
        ("[[A]] added to category", "en", (Direction.UNKNOWN, None)),
        ("[[:A", "en", (Direction.UNKNOWN, None)),
        ("[[: ]] added to category", "en", (Direction.UNKNOWN, None)),
        ("", "en", (Direction.UNKNOWN, None)),
    ],
)
def test_other_wordings_are_read_as_far_as_they_go(
    comment: str, language: str, read: tuple[Direction, str | None]
) -> None:
    assert read_categorize(comment, language) == read


@given(st.text(), st.text(max_size=5))
def test_nothing_breaks_it(comment: str, language: str) -> None:
    direction, page = read_categorize(comment, language)
    assert direction is Direction.UNKNOWN or page
