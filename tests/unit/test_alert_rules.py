"""The rules that are shipped, by example: what a wiki calls its deletion tags, and what only looks like one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.alerts import TAGS, AlertKind
from processors.alerts.rules import Overrides, Rule, Sign, WikiRules
from processors.alerts.rules_data import read_overrides, shipped_rules
from processors.errors import InvalidPrograms
from processors.facts.titles import namespaces_for

RULES = shipped_rules()
SPEEDY, PROPOSED, DISCUSSION = AlertKind.SPEEDY, AlertKind.PROPOSED, AlertKind.DISCUSSION
OTHER = AlertKind.OTHER_DELETION

CATEGORIES = [
    ("en.wikipedia.org", "Category:Candidates for speedy deletion", SPEEDY),
    ("en.wikipedia.org", "Category:All articles proposed for deletion", PROPOSED),
    ("en.wikipedia.org", "Category:BLP articles proposed for deletion", PROPOSED),
    ("en.wikipedia.org", "Category:Articles for deletion", DISCUSSION),
    ("en.wikipedia.org", "Category:All redirects for discussion", DISCUSSION),
    ("en.wikipedia.org", "Category:Declined AfC submissions", OTHER),
    ("de.wikipedia.org", "Kategorie:Wikipedia:Schnelllöschen", SPEEDY),
    ("de.wikipedia.org", "Kategorie:Wikipedia:Löschkandidat", DISCUSSION),
    ("de.wikipedia.org", "Kategorie:Wikipedia:Löschkandidat/Vorlagen", DISCUSSION),
    ("de.wikipedia.org", "Kategorie:Wikipedia:Löschkandidat/Benutzer- und Metaseiten", DISCUSSION),
    ("fr.wikipedia.org", "Catégorie:Wikipédia:Suppression immédiate demandée", SPEEDY),
    ("fr.wikipedia.org", "Catégorie:Page proposée au débat d'admissibilité", DISCUSSION),
    ("es.wikipedia.org", "Categoría:Wikipedia:Borrar (definitivo)", SPEEDY),
    ("ja.wikipedia.org", "Category:即時削除対象のページ", SPEEDY),
    ("ja.wikipedia.org", "Category:削除依頼中のページ", DISCUSSION),
    ("ru.wikipedia.org", "Категория:Википедия:К быстрому удалению", SPEEDY),
    ("ru.wikipedia.org", "Категория:Википедия:Кандидаты на удаление", DISCUSSION),
    ("pt.wikipedia.org", "Categoria:!Páginas para eliminação rápida", SPEEDY),
    ("pt.wikipedia.org", "Categoria:!Páginas para eliminação semirrápida", PROPOSED),
    ("pt.wikipedia.org", "Categoria:!Páginas para eliminação semirrápida/25 de novembro", PROPOSED),
    ("it.wikipedia.org", "Categoria:Cancellare subito", SPEEDY),
    ("zh.wikipedia.org", "Category:快速删除候选", SPEEDY),
    ("zh.wikipedia.org", "Category:条目删除候选", DISCUSSION),
    ("pl.wikipedia.org", "Kategoria:Ekspresowe kasowanie", SPEEDY),
    ("nl.wikipedia.org", "Categorie:Wikipedia:Nuweg", SPEEDY),
    ("uk.wikipedia.org", "Категорія:Сторінки до швидкого вилучення", SPEEDY),
    ("uk.wikipedia.org", "Категорія:Статті-кандидати на вилучення", DISCUSSION),
    ("simple.wikipedia.org", "Category:Quick deletion requests", SPEEDY),
    ("simple.wikipedia.org", "Category:Current requests for deletion", DISCUSSION),
    ("ar.wikipedia.org", "تصنيف:صفحات للحذف السريع", SPEEDY),
    ("vi.wikipedia.org", "Thể loại:Chờ xóa", SPEEDY),
    ("commons.wikimedia.org", "Category:Deletion requests February 2026", DISCUSSION),
    ("commons.wikimedia.org", "Category:Deletion requests November 2026", DISCUSSION),
    ("commons.wikimedia.org", "Category:Other speedy deletions", SPEEDY),
    ("commons.wikimedia.org", "Category:Copyright violations", SPEEDY),
    ("commons.wikimedia.org", "Category:Media missing permission as of 25 November 2026", OTHER),
    ("commons.wikimedia.org", "Category:Media without a license as of 1 May 2026", OTHER),
    ("commons.wikimedia.org", "Category:Candidates for speedy deletion", SPEEDY),
    ("en.wikibooks.org", "Category:Candidates for speedy deletion", SPEEDY),
    ("beta.wikiversity.org", "Category:Candidates for speedy deletion", SPEEDY),
    ("incubator.wikimedia.org", "Category:Maintenance:Delete", SPEEDY),
]
NEAR_MISSES = [
    ("en.wikipedia.org", "Category:Speedy deletion"),
    ("en.wikipedia.org", "Category:Articles for deletion (archive)"),
    ("en.wikipedia.org", "Category:AfD debates"),
    ("en.wikipedia.org", "Category:AfC submissions"),
    ("en.wikipedia.org", "Category:articles for deletion"),
    ("de.wikipedia.org", "Kategorie:Wikipedia:Löschkandidaten"),
    ("de.wikipedia.org", "Kategorie:Wikipedia:Löschung"),
    ("fr.wikipedia.org", "Catégorie:Page dont l'admissibilité est à vérifier"),
    ("es.wikipedia.org", "Categoría:Wikipedia:Consultas de borrado con resultado"),
    ("ja.wikipedia.org", "Category:削除依頼"),
    ("ru.wikipedia.org", "Категория:Википедия:К быстрому удалению:Девикифицировать"),
    ("pt.wikipedia.org", "Categoria:!Páginas para eliminação"),
    ("it.wikipedia.org", "Categoria:Cancellazioni del 13 aprile 2018"),
    ("zh.wikipedia.org", "Category:快速删除"),
    ("uk.wikipedia.org", "Категорія:Статті до швидкого вилучення"),
    ("commons.wikimedia.org", "Category:Deletion requests"),
    ("commons.wikimedia.org", "Category:Deletion requests/kept"),
    ("commons.wikimedia.org", "Category:Deletion requests Smarch 2026"),
    ("commons.wikimedia.org", "Category:Media missing permissions"),
    ("nl.wikipedia.org", "Categorie:Wikipedia:Weg"),
    ("sv.wikipedia.org", "Kategori:Snabbraderingar"),
    ("www.wikidata.org", "Category:Candidates for speedy deletion"),
]


@pytest.mark.parametrize(("wiki", "title", "kind"), CATEGORIES)
def test_a_category_says_that_a_page_may_be_deleted(wiki: str, title: str, kind: AlertKind) -> None:
    assert RULES.of(wiki).category_kind(title) is kind


@pytest.mark.parametrize(("wiki", "title"), NEAR_MISSES)
def test_a_category_that_only_looks_like_one_says_nothing(wiki: str, title: str) -> None:
    assert RULES.of(wiki).category_kind(title) is None


COMMENTS = [
    (
        "pt.wikipedia.org",
        "Página proposta para [[WP:Eliminação por consenso|eliminação por consenso]] (usando [[WP:FastButtons|FB]])",
        DISCUSSION,
        None,
    ),
    ("pt.wikipedia.org", "Aviso sobre a eliminação da página", None, None),
    (
        "es.wikipedia.org",
        "Elimino plantilla según el resultado de [[Wikipedia:Consultas de borrado/Ana|la consulta de borrado]]: "
        "MANTENER; mediante [[WP:TL|Twinkle Lite]]",
        None,
        DISCUSSION,
    ),
    ("es.wikipedia.org", "Elimino plantilla", None, None),
    (
        "pl.wikipedia.org",
        "Zostawiono po dyskusji: [[Wikipedia:Poczekalnia/biografie/2026:11:20:Ana]]",
        None,
        DISCUSSION,
    ),
    ("en.wikipedia.org", "Requesting speedy deletion ([[WP:CSD#G10|CSD G10]]).", None, None),
]


@pytest.mark.parametrize(("wiki", "comment", "tagged", "cleared"), COMMENTS)
def test_a_summary_is_read_where_no_category_tells(
    wiki: str, comment: str, tagged: AlertKind | None, cleared: AlertKind | None
) -> None:
    rules = RULES.of(wiki)
    assert (rules.comment_kind(comment), rules.comment_cleared(comment)) == (tagged, cleared)


REQUESTS = [
    ("it.wikipedia.org", "Wikipedia:Pagine da cancellare/Ada Lovelace", "", "Ada Lovelace"),
    ("it.wikipedia.org", "Wikipedia:Pagine da cancellare/Ada Lovelace/2", "", "Ada Lovelace"),
    ("it.wikipedia.org", "Wikipedia:Pagine da cancellare/AC/DC", "", "AC/DC"),
    ("it.wikipedia.org", "Wikipedia:Pagine da cancellare/Log/2026 novembre 25", "", None),
    ("it.wikipedia.org", "Wikipedia:Pagine da cancellare", "", None),
    ("es.wikipedia.org", "Wikipedia:Consultas de borrado/Ana Gómez", "", "Ana Gómez"),
    ("es.wikipedia.org", "Wikipedia:Consultas de borrado", "", None),
    ("pl.wikipedia.org", "Wikipedia:Poczekalnia/artykuły/2024:09:09:Champ (potwór)", "", "Champ (potwór)"),
    ("pl.wikipedia.org", "Wikipedia:Poczekalnia/naprawa/2024:09:09:Champ", "", None),
    ("www.wikidata.org", "Wikidata:Requests for deletions", "/* Q42 */ new section", "Q42"),
    ("www.wikidata.org", "Wikidata:Requests for deletions", "/* Q42 */ reply", None),
    ("www.wikidata.org", "Wikidata:Requests for deletions", "/* Bulk deletion request */ new section", None),
    ("www.wikidata.org", "Wikidata:Project chat", "/* Q42 */ new section", None),
]  # fmt: skip


@pytest.mark.parametrize(("wiki", "title", "comment", "page"), REQUESTS)
def test_a_request_on_another_page_names_the_page_it_is_about(
    wiki: str, title: str, comment: str, page: str | None
) -> None:
    found = RULES.of(wiki).request(title, comment, created=True)
    assert (found and (found[0].kind, found[1])) == (page and (DISCUSSION, page))


def test_a_discussion_that_goes_on_is_no_new_request() -> None:
    assert RULES.of("it.wikipedia.org").request("Wikipedia:Pagine da cancellare/Ada", "", created=False) is None


def test_every_shipped_rule_names_its_source_and_how_it_was_read() -> None:
    for wiki in RULES.wikis:
        for rule in RULES.of(wiki).rules:
            assert rule.kind in TAGS
            assert rule.source, rule
            assert re.search(r"\d{4}", rule.verified), rule


def test_shipped_titles_are_as_events_of_their_wiki_write_them() -> None:
    for wiki in RULES.wikis:
        for rule in RULES.of(wiki).rules:
            if rule.sign is Sign.CATEGORY and not rule.is_pattern:
                assert namespaces_for(wiki).canonical(rule.text) == rule.text
                assert RULES.of(wiki).category_rule(rule.text) == rule


def test_every_shipped_rule_has_an_example() -> None:
    shown = {
        rule
        for wiki, title, _ in CATEGORIES
        if (rule := RULES.of(wiki).category_rule(title))
    } | {
        rule for wiki, comment, _, _ in COMMENTS if (rule := RULES.of(wiki).comment_rule(comment))
    } | {
        found[0]
        for wiki, title, comment, _ in REQUESTS
        if (found := RULES.of(wiki).request(title, comment, created=True))
    }  # fmt: skip
    unshown = {rule for wiki in RULES.wikis for rule in RULES.of(wiki).rules} - shown
    assert not unshown


WRITTEN = """
svwiki:
  categories:
    - {kind: speedy, title: Category:Snabbraderingar, source: https://sv.wikipedia.org}
    - kind: discussion
      pattern: Sidor på radering (?:sedan|från) \\d+
  comments:
    - {kind: proposed, pattern: "(?i:raderingsförslag)"}
  cleared:
    - {kind: proposed, pattern: "(?i:tar bort raderingsförslag)"}
de.wikipedia.org:
  without: [Kategorie:Wikipedia:Schnelllöschen]
en.wikipedia.org:
  shipped: false
  categories: [{kind: speedy, title: Category:Speedy deletion}]
"*.wikisource.org":
  categories: [{kind: other_deletion, title: Category:Deletion}]
"""


def test_an_operators_rules_are_added_and_shipped_ones_switched_off() -> None:
    rules = RULES.merged(read_overrides(WRITTEN, source="rules.yaml"))
    swedish = rules.of("sv.wikipedia.org")
    assert swedish.category_kind("Kategori:Snabbraderingar") is SPEEDY
    assert swedish.category_kind("Kategori:Sidor på radering sedan 12") is DISCUSSION
    assert swedish.comment_kind("Raderingsförslag") is PROPOSED
    assert swedish.comment_kind("Tar bort raderingsförslag") is None
    assert swedish.comment_cleared("Tar bort raderingsförslag") is PROPOSED
    german = rules.of("de.wikipedia.org")
    assert german.category_kind("Kategorie:Wikipedia:Schnelllöschen") is None
    assert german.category_kind("Kategorie:Wikipedia:Löschkandidat") is DISCUSSION
    english = rules.of("en.wikipedia.org")
    assert english.category_kind("Category:Candidates for speedy deletion") is None
    assert english.category_kind("Category:Speedy deletion") is SPEEDY
    assert rules.of("fr.wikisource.org").category_kind("Catégorie:Deletion") is OTHER
    assert rules.of("fr.wikipedia.org").category_kind("Catégorie:Deletion") is None
    assert RULES.of("sv.wikipedia.org").rules == ()


def test_an_operators_rule_goes_before_the_shipped_one_for_the_same_category() -> None:
    text = "enwiki: {categories: [{kind: other_deletion, title: Category:Articles for deletion}]}"
    rules = RULES.merged(read_overrides(text, source="rules.yaml"))
    assert rules.of("en.wikipedia.org").category_kind("Category:Articles for deletion") is OTHER


def test_an_empty_file_changes_nothing() -> None:
    assert read_overrides("# nothing yet\n", source="rules.yaml") == {}
    merged = RULES.merged({})
    assert all(merged.of(wiki).rules == RULES.of(wiki).rules for wiki in RULES.wikis)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("- dewiki", ["rules.yaml: is to be one mapping of wikis to their rules"]),
        ("a: [", ["rules.yaml: while parsing a flow node, did not find expected node content (line 2)"]),
        (
            "dewiki:\n  categories:\n  - {kind: fast, title: Category:A}\n  - {kind: speedy, titel: B}\n"
            "nowhere: {}\n"
            "frwiki:\n  categories: [{kind: speedy, title: Weg}]\n  comments: [{kind: speedy, pattern: '('}]\n",
            [
                "rules.yaml: dewiki: categories[0]: kind: 'fast' is no kind of deletion tag; "
                "there are speedy, proposed, discussion, other_deletion (line 3)",
                "rules.yaml: dewiki: categories[1]: titel: unknown key; did you mean title? (line 4)",
                "rules.yaml: nowhere: 'nowhere' is no Wikimedia wiki: a wiki is a server name (en.wikipedia.org), "
                "a database name (enwiki) or a family (*.wikisource.org, *) (line 5)",
                "rules.yaml: frwiki: categories[0]: title: 'Weg' is not the title of a category: "
                "it begins with no Catégorie: (line 7)",
                "rules.yaml: frwiki: comments[0]: pattern: is no regular expression: "
                "missing ), unterminated subpattern at position 0 (line 8)",
            ],
        ),
        (
            "dewiki: {comments: [{kind: speedy, pattern: '(a)'}, {kind: speedy, pattern: 'a*'}, "
            "{kind: speedy, pattern: '(?i)a'}]}",
            [
                "rules.yaml: dewiki: comments[0]: pattern: has groups: write (?:…) instead of (…) (line 1)",
                "rules.yaml: dewiki: comments[1]: pattern: fits everything (line 1)",
                "rules.yaml: dewiki: comments[2]: pattern: sets flags for all: write (?i:…) instead of (?i)… (line 1)",
            ],
        ),
        (
            "dewiki: {categories: [{kind: speedy}], requests: [{kind: discussion, on: A}]}",
            [
                "rules.yaml: dewiki: categories[0]: is to have either a title or a pattern (line 1)",
                "rules.yaml: dewiki: requests[0]: "
                "is to name the page once, as (?P<page>…), in `on` or in `comment` (line 1)",
            ],
        ),
        (
            "dewiki: {without: [Kategorie:Wikipedia:Löschkandidaten]}",
            [
                "rules.yaml: dewiki: without[0]: de.wikipedia.org has no shipped rule "
                "'Kategorie:Wikipedia:Löschkandidaten'; did you mean 'Kategorie:Wikipedia:Löschkandidat'? (line 1)"
            ],
        ),
        (
            "dewiki: {}\nde.wikipedia.org: {}",
            ["rules.yaml: de.wikipedia.org: de.wikipedia.org is named twice (line 2)"],
        ),
    ],
)  # fmt: skip
def test_all_errors_of_a_file_are_told_at_once(text: str, problems: list[str]) -> None:
    with pytest.raises(InvalidPrograms) as raised:
        read_overrides(text, source="rules.yaml")
    assert [str(problem) for problem in raised.value.problems] == problems


def test_what_fits_is_shown_with_its_source() -> None:
    found = RULES.of("it.wikipedia.org").match("Wikipedia:Pagine da cancellare/Ada", created=True)
    assert [(rule.sign, page) for rule, page in found] == [(Sign.REQUEST, "Ada")]
    ((rule, page),) = RULES.of("de.wikipedia.org").match("Kategorie:Wikipedia:Löschkandidat")
    assert (rule.kind, page) == (DISCUSSION, "Kategorie:Wikipedia:Löschkandidat")
    assert "xqbot" in rule.source


@given(
    st.lists(st.tuples(st.text("abAB \\d.", max_size=4), st.sampled_from(sorted(TAGS))), max_size=6), st.text("abAB .1")
)
def test_patterns_tried_together_find_what_they_find_one_by_one(
    written: list[tuple[str, AlertKind]], name: str
) -> None:
    rules = []
    for text, kind in written:
        try:
            re.compile(text)
        except re.error:
            continue
        rules.append(Rule("x", Sign.CATEGORY, kind, text, is_pattern=True))
    first = next((rule for rule in rules if re.fullmatch(rule.text, name)), None)
    assert WikiRules(rules).category_rule(f"Category:{name}") == first


def test_switching_off_is_of_the_wiki_that_is_named() -> None:
    overrides = {"*": Overrides(shipped=False)}
    assert (
        RULES.merged(overrides).of("de.wikipedia.org").category_kind("Kategorie:Wikipedia:Löschkandidat") is DISCUSSION
    )


DOCS = Path(__file__).parents[2] / "docs" / "alert-rules.md"


def test_the_docs_say_of_every_wiki_with_rules_how_they_were_verified() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("## What is shipped")[2].partition("**Not shipped**")[0]
    rows = {row.split("|")[1].strip(): row.split("|")[2:6] for row in table.splitlines() if row.count("|") == 6}
    columns = (SPEEDY, PROPOSED, DISCUSSION, OTHER)
    said = {wiki: {kind for kind, cell in zip(columns, cells, strict=True) if cell.strip() != "–"}
            for wiki, cells in rows.items() if "." in wiki}  # fmt: skip
    assert said == {wiki: {rule.kind for rule in RULES.of(wiki).rules} for wiki in RULES.wikis}


def test_the_example_of_the_docs_is_a_file_that_is_read() -> None:
    text = DOCS.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    rules = RULES.merged(read_overrides(text, source="rules.yaml"))
    swedish = rules.of("sv.wikipedia.org")
    assert {rule.sign for rule in swedish.rules} == set(Sign)
    found = swedish.request("Wikipedia:Sidor föreslagna för radering/Ada", "", created=True)
    assert found
    assert found[1] == "Ada"
    assert rules.of("de.wikipedia.org").category_kind("Kategorie:Wikipedia:Löschkandidat/Vorlagen") is None


def test_titles_that_the_docs_offer_are_those_of_categories() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("**Not shipped**")[2].partition("## Your own rules")[0]
    rows = [row.split("|")[1:4] for row in table.splitlines() if "`" in row]
    assert len(rows) > 10
    for wiki, *cells in rows:
        for title in (cell.strip().strip("`") for cell in cells if "`" in cell):
            text = f'{wiki.strip()}: {{categories: [{{kind: speedy, title: "{title}"}}]}}'
            (rule,) = read_overrides(text, source="docs")[wiki.strip()].rules
            assert rule.text == title
