import pytest

from processors.errors import InvalidInput
from processors.facts.wikis import fallback_languages, is_case_sensitive, language, nearest, server_name


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("en.wikipedia.org", "en.wikipedia.org"),
        ("EN.Wikipedia.org ", "en.wikipedia.org"),
        ("en.wikipedia", "en.wikipedia.org"),
        ("enwiki", "en.wikipedia.org"),
        ("frwikisource", "fr.wikisource.org"),
        ("zh_min_nanwiki", "zh-min-nan.wikipedia.org"),
        ("be_x_oldwiki", "be-tarask.wikipedia.org"),
        ("sewikimedia", "se.wikimedia.org"),
        ("commonswiki", "commons.wikimedia.org"),
        ("commons", "commons.wikimedia.org"),
        ("wikidata", "www.wikidata.org"),
        ("wikidatawiki", "www.wikidata.org"),
        ("wikidata.org", "www.wikidata.org"),
        ("sourceswiki", "wikisource.org"),
        ("https://en.m.wikipedia.org/wiki/Marie_Curie", "en.wikipedia.org"),
        ("*.wikisource.org", "*.wikisource.org"),
        ("*.wikisource", "*.wikisource.org"),
        ("*", "*"),
    ],
)
def test_a_wiki_is_found_by_whatever_name_people_give_it(written: str, server: str) -> None:
    assert server_name(written) == server


def test_a_server_name_stands_for_itself() -> None:
    for server in ("www.wikidata.org", "wikisource.org", "test2.wikipedia.org", "*.wikivoyage.org"):
        assert server_name(server) == server


def test_a_wiki_of_tomorrow_is_accepted_if_well_formed() -> None:
    assert server_name("xqz-new.wikipedia.org") == "xqz-new.wikipedia.org"
    assert server_name("wiki.example.org", known=["wiki.example.org"]) == "wiki.example.org"


@pytest.mark.parametrize(
    ("written", "suggestion"),
    [
        ("en", "en.wikipedia.org"),
        ("en.wikipedai.org", "en.wikipedia.org"),
        ("fr.wikisorce", "fr.wikisource.org"),
        ("en.wikipedia.com", "en.wikipedia.org"),
        ("comons", "commons"),
        ("enwikipedia", "en.wikipedia.org"),
        ("frwikisorce", "fr.wikisource.org"),
        ("en_wikipedia", "en.wikipedia.org"),
    ],
)
def test_a_misspelt_wiki_is_refused_with_the_nearest(written: str, suggestion: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        server_name(written)
    assert repr(written) in str(refused.value)
    assert "a wiki is a server name" in str(refused.value)
    assert str(refused.value).endswith(f"did you mean {suggestion}?")


@pytest.mark.parametrize(
    "written", ["", "foo bar", "en.wikipedia.org.evil.example", "-.wikipedia.org", "é.wikipedia.org"]
)
def test_what_is_no_wiki_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="no Wikimedia wiki"):
        server_name(written)


@pytest.mark.parametrize(
    ("server", "code"),
    [
        ("en.wikipedia.org", "en"),
        ("no.wikipedia.org", "nb"),
        ("als.wikipedia.org", "gsw"),
        ("simple.wikipedia.org", "en"),
        ("zh-yue.wikipedia.org", "yue"),
        ("bat-smg.wikipedia.org", "sgs"),
        ("be-tarask.wikipedia.org", "be-tarask"),
        ("fr.wikisource.org", "fr"),
        ("wikisource.org", "en"),
        ("commons.wikimedia.org", "en"),
        ("www.wikidata.org", "en"),
        ("test2.wikipedia.org", "en"),
        ("ua.wikimedia.org", "uk"),
        ("canary", "en"),
    ],
)
def test_a_wiki_speaks_its_content_language(server: str, code: str) -> None:
    assert language(server) == code


def test_every_language_falls_back_to_english_at_last() -> None:
    assert fallback_languages("gsw") == ("de", "en")
    assert fallback_languages("no such language") == ("en",)


def test_only_wiktionaries_and_lojban_keep_a_small_first_letter() -> None:
    assert is_case_sensitive("en.wiktionary.org")
    assert is_case_sensitive("jbo.wikipedia.org")
    assert not is_case_sensitive("en.wikipedia.org")


def test_nearest_ignores_case_and_finds_nothing_far_away() -> None:
    assert nearest("Women-in-Red", ["women-in-red-2026", "other"]) == "women-in-red-2026"
    assert nearest("zzz", ["women-in-red-2026", "other"]) is None
    assert nearest("x", []) is None
