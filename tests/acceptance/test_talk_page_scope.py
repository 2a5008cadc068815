"""Threads of the talk page about what counts where: wikis, namespaces, categories, lists of pages."""

from __future__ import annotations

import pytest

from processors.programs.commands import Assign
from processors.programs.program import Page
from processors.why.rules import rules
from tests.acceptance.world import World, day, english, portuguese

MAY = "start: 2020-05-01T00:00\nend: 2020-06-01T00:00\n"


@pytest.mark.parametrize(
    ("written", "server", "dbname"),
    [
        ("banwiki", "ban.wikipedia.org", "banwiki"),
        ("szy.wikipedia.org", "szy.wikipedia.org", "szywiki"),
        ("zzxwiktionary", "zzx.wiktionary.org", "zzxwiktionary"),
        ('"*.wikivoyage.org"', "zzx.wikivoyage.org", "zzxwikivoyage"),
    ],
)
def test_thread_7_a_wiki_that_nobody_has_heard_of_counts_without_a_new_release(
    world: World, written: str, server: str, dbname: str
) -> None:
    """Balinese and Sakizaya were missing in a portal; elsewhere new wikis wait for a change of code."""
    world.apply(f"slug: new\nwikis: [{written}]\nparticipants: [Ada]\n{MAY}")
    wiki = world.wiki(server, dbname, Namokotakay=2)
    first = wiki.edit("Ada", "Lalaed", 200, day(5, 2))
    draft = wiki.new("Ada", "Namokotakay:Ada", 300, day(5, 3))
    wiki.move("Ada", "Namokotakay:Ada", "Masamaanay", day(5, 4))
    back = wiki.new("Ada", "Kakalukan", 50, day(5, 5))
    wiki.move("Ada", "Kakalukan", "Namokotakay:Ada/Kakalukan", day(5, 6))
    world.read()
    assert [world.why("new", wiki, one)[0] for one in (first, draft, back)] == [
        "counted", "counted", "namespace_not_tracked",
    ]  # fmt: skip
    assert world.parts("new", "wiki")[server]["edits"] == 2


def test_thread_8a_a_category_is_enough_and_nobody_assigns_articles(world: World) -> None:
    """“Can a category be tracked without assigning its articles one by one?”"""
    file = f"""
slug: mulheres
wiki: ptwiki
open: true
scope: {{any: [{{category: "Categoria:Mulheres cientistas", depth: 1}}], membership: at_edit}}
{MAY}"""
    world.apply(file)
    wiki = portuguese(world)
    before = wiki.edit("Bia", "Johanna Döbereiner", 100, day(5, 2))
    wiki.categorize("Bia", "Johanna Döbereiner", "Categoria:Mulheres cientistas", day(5, 3))
    inside = wiki.edit("Ana", "Johanna Döbereiner", 100, day(5, 4))
    wiki.categorize("Bia", "Categoria:Químicas", "Categoria:Mulheres cientistas", day(5, 5))
    wiki.new("Ana", "Aida Espinola", 900, day(5, 6))
    wiki.categorize("Ana", "Aida Espinola", "Categoria:Químicas", day(5, 6))
    wiki.edit("Ana", "Samba", 100, day(5, 7))
    wiki.categorize("Bia", "Johanna Döbereiner", "Categoria:Mulheres cientistas", day(5, 8), removed=True)
    outside = wiki.edit("Ana", "Johanna Döbereiner", 100, day(5, 9))
    world.read()
    assert world.edits("mulheres") == {"Ana": 2}
    assert [world.why("mulheres", wiki, one)[0] for one in (before, inside, outside)] == [
        "out_of_scope", "counted", "out_of_scope",
    ]  # fmt: skip
    world.apply(file.replace("membership: at_edit", "membership: now"))
    assert world.edits("mulheres", by="article") == {"Aida Espinola": 1}


def test_thread_8b_a_category_on_the_talk_page_means_the_article(world: World) -> None:
    """“The category is on the talk page”: a project's banner. It did not work, and nobody would count on it."""
    world.apply(f"""
slug: projeto
wiki: ptwiki
participants: [Ana]
namespaces: [0, 1]
scope: {{any: [{{category: "Categoria:Artigos do WikiProjeto Mulheres", side: talk}}]}}
{MAY}""")
    wiki = portuguese(world)
    wiki.categorize("Bot", "Discussão:Bertha Lutz", "Categoria:Artigos do WikiProjeto Mulheres", day(4, 20))
    wiki.edit("Ana", "Bertha Lutz", 100, day(5, 2))
    wiki.edit("Ana", "Discussão:Bertha Lutz", 30, day(5, 2, "00:10"))
    wiki.move("Admin", "Bertha Lutz", "Bertha Maria Júlia Lutz", day(5, 3))
    wiki.move("Admin", "Discussão:Bertha Lutz", "Discussão:Bertha Maria Júlia Lutz", day(5, 3))
    moved = wiki.edit("Ana", "Bertha Maria Júlia Lutz", 100, day(5, 4))
    other = wiki.edit("Ana", "Samba", 100, day(5, 5))
    world.read()
    assert world.edits("projeto") == {"Ana": 3}
    assert world.why("projeto", wiki, moved)[0] == "counted"
    assert world.why("projeto", wiki, other)[0] == "out_of_scope"
    wiki.edit("Ana", "Samba", 100, day(5, 6))
    wiki.categorize("Bot", "Discussão:Samba", "Categoria:Artigos do WikiProjeto Mulheres", day(5, 6))
    wiki.edit("Ana", "Samba", 100, day(5, 7))
    world.read()
    assert world.edits("projeto", by="article") == {
        "Bertha Maria Júlia Lutz": 2, "Discussão:Bertha Maria Júlia Lutz": 1, "Samba": 2,
    }  # fmt: skip


SOURCE = {"Page": 104, "Page talk": 105, "Index": 106}


def test_thread_12a_wikisource_counts_page_and_index_namespaces_in_every_number(world: World) -> None:
    """“Wikisource: count the namespaces Page and Index.” Only the main one was, and bytes nowhere else."""
    world.apply(f"""
slug: source
wikis: [enwikisource, enwiki]
namespaces: {{default: [0], "*.wikisource.org": [0, 104, 106]}}
participants: [Ada]
{MAY}""")
    source = world.wiki("en.wikisource.org", "enwikisource", **SOURCE)
    encyclopedia = english(world)
    source.new("Ada", "Page:Frankenstein.djvu/7", 1500, day(5, 2))
    source.edit("Ada", "Page:Frankenstein.djvu/7", 100, day(5, 2, "10:00"))
    source.new("Ada", "Index:Frankenstein.djvu", 400, day(5, 3))
    source.new("Ada", "Frankenstein/Chapter 1", 60, day(5, 4))
    talk = source.edit("Ada", "Page talk:Frankenstein.djvu/7", 20, day(5, 5))
    encyclopedia.edit("Ada", "Page:Nowhere", 70, day(5, 6))
    world.read()
    (ada,) = world.board("source")["standings"]
    assert (ada["edits"], ada["bytes_added"], ada["articles_created"], ada["articles_edited"]) == (5, 2130, 3, 4)
    numbers = {key: (one["edits"], one["bytes_added"]) for key, one in world.parts("source", "namespace").items()}
    assert numbers == {"0": (2, 130), "104": (2, 1600), "106": (1, 400)}
    assert world.why("source", source, talk)[0] == "namespace_not_tracked"


def test_thread_12b_the_pages_of_a_book_are_a_scope_and_their_status_counts(world: World) -> None:
    """“Assign the pages of a book, or an index with all its pages, to an editor.” Not supported."""
    world.apply(f"""
slug: book
wiki: enwikisource
namespaces: [104]
participants:
  - {{user: Ada, pages: ["Page:Frankenstein.djvu/7", "Page:Frankenstein.djvu/8"]}}
  - Ben
scope: {{any: [{{prefix: "Page:Frankenstein.djvu/"}}]}}
points: {{page_proofread: 3, page_validated: 1}}
{MAY}""")
    source = world.wiki("en.wikisource.org", "enwikisource", **SOURCE)
    made = source.new("Ada", "Page:Frankenstein.djvu/7", 1500, day(5, 2))
    source.tag(made, "proofreadpage-quality3", at=day(5, 2))
    validated = source.edit("Ben", "Page:Frankenstein.djvu/7", 3, day(5, 3))
    source.tag(validated, "proofreadpage-quality4", at=day(5, 3))
    demoted = source.edit("Ada", "Page:Frankenstein.djvu/7", 3, day(5, 4))
    source.tag(demoted, "proofreadpage-quality1", at=day(5, 4))
    source.new("Ada", "Page:Dracula.djvu/7", 1000, day(5, 5))
    world.read()
    lines = {one["user"]: one for one in world.board("book")["standings"]}
    numbers = ("edits", "pages_proofread", "pages_validated", "points")
    assert [lines["Ada"][one] for one in numbers] == [2, 1, 0, 3]
    assert [lines["Ben"][one] for one in numbers] == [1, 0, 1, 1]
    assert set(world.parts("book", "action")) >= {"page_proofread", "page_validated", "page_demoted"}
    world.decide(Assign("book", "Ben", Page("Page:Frankenstein.djvu/9")))
    assert "Page:Frankenstein.djvu/9" in world.definition("book")
    assert "3 pages are assigned to 2 participants; that does not decide what counts." in world.rules("book")


def test_thread_15_how_programs_differ_is_said_in_sentences(world: World) -> None:
    """“What is the difference between the kinds of program, above all in counting?” There are no kinds."""
    world.apply(f"slug: generic\nwiki: enwiki\nparticipants: [Ada]\n{MAY}")
    world.apply(f"slug: scoped\nwiki: enwiki\nparticipants: [Ada]\nscope: {{any: [{{titles: [Marie Curie]}}]}}\n{MAY}")
    generic, scoped = (world.get(f"/api/v1/programs/{slug}/rules")["sentences"] for slug in ("generic", "scoped"))
    assert [one for one in generic if one not in scoped] == ["Every page counts."]
    (listed, talk) = (one for one in scoped if one not in generic)
    assert "Marie Curie" in listed
    assert talk == "A talk page is where its subject page is."
    said = rules(world.commands.state("scoped").program)
    assert said == scoped
    assert any(one.startswith("Bytes added is the sum") for one in said)
    assert any(one.startswith("Articles created are") for one in said)


def test_thread_16a_from_a_list_of_articles_to_the_people(world: World) -> None:
    """“The opposite report: ten articles; who edited them, how often, how much?” It began with enrolled people."""
    titles = [f"Article {number}" for number in range(10)]
    world.apply(f"slug: ten\nwiki: enwiki\nopen: true\nscope: {{any: [{{titles: [{', '.join(titles)}]}}]}}\n{MAY}")
    wiki = english(world)
    for number, title in enumerate(titles):
        wiki.edit("Ada", title, 100, day(5, 2, f"10:0{number}"))
        if number % 2:
            wiki.edit("Ben", title, -30, day(5, 3, f"10:0{number}"))
    wiki.edit("~2026-50211-05", "Article 0", 20, day(5, 4))
    wiki.edit("203.0.113.7", "Article 0", 20, day(5, 4, "00:01"))
    wiki.edit("Ada", "Something else", 500, day(5, 5))
    wiki.edit("HelpfulBot", "Article 1", 5, day(5, 6), bot=True)
    world.read()
    assert world.edits("ten") == {"Ada": 10, "Ben": 5, "~2026-50211-05": 1}
    articles = {one["title"]: one for one in world.board("ten", by="article")["standings"]}
    assert list(articles) == sorted(articles, key=lambda title: (-articles[title]["bytes_added"], title))
    assert set(articles) == set(titles)
    assert (articles["Article 1"]["edits"], articles["Article 1"]["editors"]) == (2, 2)
    assert (articles["Article 1"]["bytes_added"], articles["Article 1"]["bytes_net"]) == (100, 70)
    assert world.totals("ten")["temporary_editors"] == 1
    people = world.board("ten", by="article_user")["standings"]
    assert len(people) == 16
    assert [(one["user"], one["edits"], one["bytes_net"]) for one in people if one["title"] == "Article 1"] == [
        ("Ada", 1, 100),
        ("Ben", 1, -30),
    ]
    assert {one["user"] for one in people if one["title"] == "Article 0"} == {"Ada", "~2026-50211-05"}


def test_thread_16b_a_topic_on_many_wikis_is_a_list_for_each(world: World) -> None:
    """“The same for any topic on all wikis, and when was it added to each?” A script for one topic existed."""
    world.apply(f"""
slug: covid
wikis: ["*"]
open: true
scope:
  any:
    - {{titles: [COVID-19 pandemic], wiki: enwiki}}
    - {{titles: [COVID-19-Pandemie], wiki: dewiki}}
    - {{titles: [Pandemia de COVID-19], wiki: eswiki}}
    - {{titles: [Q81068910], wiki: wikidatawiki}}
{MAY}""")
    wikis = {
        "COVID-19 pandemic": english(world),
        "COVID-19-Pandemie": world.wiki("de.wikipedia.org", "dewiki", "de"),
        "Pandemia de COVID-19": world.wiki("es.wikipedia.org", "eswiki", "es"),
        "Q81068910": world.wiki("www.wikidata.org", "wikidatawiki"),
    }
    for number, (title, wiki) in enumerate(wikis.items()):
        wiki.new("Ada", title, 1000, day(5, 2 + number))
        wiki.edit("Ben", title, 100, day(5, 10 + number))
        wiki.edit("Ben", "COVID-19 pandemic (disambiguation)", 10, day(5, 20 + number))
    wikis["COVID-19-Pandemie"].edit("Cem", "COVID-19 pandemic", 10, day(5, 25))
    world.read()
    assert world.edits("covid", by="wiki") == {wiki.server: 2 for wiki in wikis.values()}
    first = world.sql(
        "SELECT wiki, toString(min(occurred_at)) FROM contributions FINAL "
        "WHERE program = 'covid' AND verdict = 'counted' GROUP BY wiki ORDER BY min(occurred_at)"
    )
    assert first == [(wiki.server, f"2020-05-0{2 + number} 00:00:00") for number, wiki in enumerate(wikis.values())]
    (oldest, *_) = sorted(one["caused_at"] for one in world.ledger("covid") if one["page"] == "Pandemia de COVID-19")
    assert oldest == "2020-05-04T00:00:00Z"
