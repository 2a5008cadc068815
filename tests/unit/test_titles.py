from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts.titles import canonical_title, canonical_user, is_ip, is_temporary, namespaces_for

SERVERS = ("en.wikipedia.org", "fr.wikipedia.org", "ja.wikipedia.org", "de.wikisource.org", "xx.wikipedia.org")


@pytest.mark.parametrize(
    ("server", "title", "namespace"),
    [
        ("en.wikipedia.org", "Marie Curie", 0),
        ("en.wikipedia.org", "2001: A Space Odyssey", 0),
        ("en.wikipedia.org", "Talk:Marie Curie", 1),
        ("en.wikipedia.org", "Draft:Marie Curie", 118),
        ("en.wikipedia.org", "Wikipedia:Teahouse", 4),
        ("en.wikipedia.org", "Module:Arguments", 828),
        ("en.wikipedia.org", "Special:Log", -1),
        ("fr.wikipedia.org", "Utilisatrice:Ada", 2),
        ("fr.wikipedia.org", "Category:X", 14),
        ("fr.wikipedia.org", "catégorie:X", 14),
        ("de.wikipedia.org", "Kategorie:X", 14),
        ("als.wikipedia.org", "Kategorie:X", 14),
        ("ja.wikipedia.org", "利用者‐会話:Ada", 3),
        ("ru.wikipedia.org", "Обсуждение Википедии:Форум", 5),
        ("en.wikisource.org", "Page:Book.djvu/1", 104),
        ("fr.wikisource.org", "Livre:Livre.djvu", 112),
        ("it.wikisource.org", "Pagina:Libro.djvu/1", 108),
        ("www.wikidata.org", "Property:P31", 120),
        ("www.wikidata.org", "Lexeme:L1", 146),
        ("commons.wikimedia.org", "Creator:X", 100),
        ("de.wikipedia.org", "Draft:X", 0),
    ],
)
def test_the_prefix_tells_the_namespace(server: str, title: str, namespace: int) -> None:
    assert namespaces_for(server).namespace_of(title) == namespace


@pytest.mark.parametrize(
    ("server", "subject", "talk"),
    [
        ("en.wikipedia.org", "Marie Curie", "Talk:Marie Curie"),
        ("en.wikipedia.org", "2001: A Space Odyssey", "Talk:2001: A Space Odyssey"),
        ("en.wikipedia.org", "User:Ada/Draft", "User talk:Ada/Draft"),
        ("en.wikipedia.org", "Wikipedia:Teahouse", "Wikipedia talk:Teahouse"),
        ("en.wiktionary.org", "cat", "Talk:cat"),
        ("fr.wikipedia.org", "Wikipédia:Accueil", "Discussion Wikipédia:Accueil"),
        ("ja.wikipedia.org", "Category:X", "Category‐ノート:X"),
        ("ja.wikipedia.org", "東京", "ノート:東京"),
        ("pl.wikisource.org", "Strona:X", "Dyskusja strony:X"),
    ],
)
def test_a_page_and_its_talk_page_lead_to_each_other(server: str, subject: str, talk: str) -> None:
    namespaces = namespaces_for(server)
    assert namespaces.talk(subject) == talk
    assert namespaces.subject(talk) == subject
    assert namespaces.subject(subject) == subject
    assert namespaces.talk(talk) == talk


def test_special_pages_have_no_talk_page() -> None:
    assert namespaces_for("en.wikipedia.org").talk("Special:Log/delete") == "Special:Log/delete"


def test_an_event_teaches_the_name_of_its_namespace() -> None:
    namespaces = namespaces_for("ko.wikipedia.org")
    assert namespaces.namespace_of("들머리:과학") == 0
    assert namespaces.learn(100, "들머리:과학")
    assert namespaces.learn(101, "들머리토론:과학")
    assert not namespaces.learn(101, "들머리토론:역사")
    assert namespaces.namespace_of("들머리:과학") == 100
    assert namespaces.talk("들머리:과학") == "들머리토론:과학"
    assert namespaces.subject("들머리토론:과학") == "들머리:과학"


def test_what_was_learned_stays_with_one_object() -> None:
    namespaces_for("ko.wikipedia.org").learn(100, "들머리:과학")
    assert namespaces_for("ko.wikipedia.org").namespace_of("들머리:과학") == 0


@pytest.mark.parametrize(("namespace", "title"), [(0, "2001: A Space Odyssey"), (2, "no prefix"), (4, ":x")])
def test_some_titles_teach_nothing(namespace: int, title: str) -> None:
    namespaces = namespaces_for("en.wikipedia.org")
    assert not namespaces.learn(namespace, title)
    assert namespaces.namespace_of(title) == 0


def test_a_known_name_is_no_news() -> None:
    assert not namespaces_for("en.wikipedia.org").learn(1, "Talk:Marie Curie")


def test_a_learned_name_replaces_a_guess_and_the_guess_is_still_understood() -> None:
    namespaces = namespaces_for("ko.wikipedia.org")
    assert namespaces.learn(4, "위키백과:사랑방")
    assert namespaces.learn(5, "위키백과토론:사랑방")
    assert namespaces.talk("위키백과:사랑방") == "위키백과토론:사랑방"
    assert namespaces.namespace_of("Wikipedia:사랑방") == 4


def test_the_names_for_women_do_not_replace_the_name_of_the_namespace() -> None:
    namespaces = namespaces_for("fr.wikipedia.org")
    assert not namespaces.learn(2, "Utilisatrice:Ada")
    assert namespaces.subject("Discussion utilisateur:Ben") == "Utilisateur:Ben"


def test_the_wiki_knows_better_which_namespace_a_name_is_of() -> None:
    namespaces = namespaces_for("es.wikisource.org")
    assert namespaces.namespace_of("Índice:Libro") == 104
    assert namespaces.learn(252, "Índice:Libro")
    assert namespaces.namespace_of("Índice:Libro") == 252


def test_the_order_of_titles_does_not_change_what_is_learned() -> None:
    titles = [(4, "Alpha:x"), (4, "Beta:x"), (5, "Beta talk:x"), (104, "Beta:y")]
    outcomes = set()
    for order in permutations(titles[:3]):
        namespaces = namespaces_for("xx.wikipedia.org")
        for namespace, title in order:
            namespaces.learn(namespace, title)
        outcomes.add((namespaces.talk("Alpha:x"), namespaces.subject("Beta talk:x"), namespaces.name(4)))
    assert len(outcomes) == 1


@given(st.sampled_from(SERVERS), st.text(max_size=30))
def test_subject_and_talk_are_inverse_for_any_title(server: str, title: str) -> None:
    namespaces = namespaces_for(server)
    subject = namespaces.subject(title)
    if namespaces.namespace_of(subject) == 0 and namespaces.namespace_of(title) == 0:
        assert namespaces.subject(namespaces.talk(title)) == title
    assert namespaces.talk(namespaces.talk(title)) == namespaces.talk(title)


@pytest.mark.parametrize(
    ("server", "written", "canonical"),
    [
        ("en.wikipedia.org", "category:women_scientists", "Category:Women scientists"),
        ("fr.wikipedia.org", "Category:femme", "Catégorie:Femme"),
        ("fr.wikipedia.org", "Utilisatrice:ada", "Utilisatrice:Ada"),
        ("ja.wikipedia.org", "Category:科学", "Category:科学"),
        ("en.wiktionary.org", "cat", "cat"),
        ("en.wiktionary.org", "user:ada", "User:Ada"),
        ("en.wikipedia.org", "2001: a Space", "2001: a Space"),
        ("en.wikipedia.org", ":File:x.jpg", "File:X.jpg"),
        ("tr.wikipedia.org", "istanbul", "İstanbul"),
    ],
)
def test_a_written_title_becomes_the_wikis_own(server: str, written: str, canonical: str) -> None:
    namespaces = namespaces_for(server)
    assert namespaces.canonical(written) == canonical
    assert namespaces.canonical(canonical) == canonical


def test_titles_lose_what_mediawiki_drops() -> None:
    assert canonical_title("\u200e marie__Curie\u202c_ ") == "Marie Curie"
    assert canonical_title("e\u0301cole") == "École"
    assert canonical_title("ßeta") == "ßeta"
    assert canonical_title("ქართული") == "ქართული"
    assert canonical_title("cat", case_sensitive=True) == "cat"
    assert canonical_title("") == ""


def test_users_are_written_as_in_events() -> None:
    assert canonical_user(" ada_B. ") == "Ada B."
    assert canonical_user("User:ada") == "Ada"
    assert canonical_user("ada user:x") == "Ada user:x"


@given(st.text(max_size=40))
def test_canonical_forms_are_stable(text: str) -> None:
    assert canonical_title(canonical_title(text)) == canonical_title(text)
    assert canonical_user(canonical_user(text)) == canonical_user(text)


@pytest.mark.parametrize(
    "name", ["1.2.3.4", "1.2.3.xxx", "2001:DB8:0:0:0:0:0:1", "::1", "::ffff:1.2.3.4", "10.0.0.0/8"]
)
def test_addresses_are_recognised(name: str) -> None:
    assert is_ip(name)


@given(st.ip_addresses())
def test_any_address_is_recognised(address: object) -> None:
    assert is_ip(str(address))
    assert is_ip(str(address).upper())


@pytest.mark.parametrize(
    "name", ["Ada", "1.2.3", "12345", "Abc:def", "1.2.3.4.5", "1.2.3.4 (talk)", "~2026-1-2", "", "١.٢.٣.٤"]
)
def test_names_are_not_addresses(name: str) -> None:
    assert not is_ip(name)


def test_temporary_accounts_have_names_of_their_own() -> None:
    assert is_temporary("~2026-50211-05")
    assert is_temporary("~2024-1")
    assert not is_temporary("~tilde~")
    assert not is_temporary("Ada ~2026-1")
    assert not is_temporary("~2026 in music")
