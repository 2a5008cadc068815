"""Threads of the talk page about what was reset, ended or vanished."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processors.errors import Conflict
from processors.judging.preview import Amounts
from processors.programs.commands import Assign
from processors.programs.program import Page
from tests.acceptance.world import TOWNS, World, day, english, portuguese, two_hundred_edits


def test_thread_30_a_change_of_kind_cannot_silently_zero_the_statistics(world: World) -> None:
    """“All statistics are zero; yesterday 9 articles and more than 200 edits. Can an earlier date be restored?”

    The kind of the program had been changed to one that counts listed articles only, and none were listed.
    """
    world.apply(TOWNS)
    two_hundred_edits(world.wiki("ig.wikipedia.org", "igwiki"))
    world.read()
    yesterday = world.board("towns")
    assert (yesterday["totals"]["articles_created"], yesterday["totals"]["edits"]) == (9, 209)

    scoped = world.definition("towns") + "scope: []\n"
    preview = world.preview(scoped)
    assert preview.needs_confirmation
    assert preview.minus.amounts == Amounts(edits=209, editors=3, pages=9, bytes_added=19_000)
    assert preview.plus.amounts == Amounts()
    assert [(str(reason), many) for reason, many in preview.minus.reasons] == [("scope_empty", 209)]
    assert preview.warnings == ("the scope is empty: no page can count",)
    assert world.board("towns") == yesterday

    world.now = day(3, 1)
    world.apply(scoped, reason="article scoped")
    assert world.totals("towns")["edits"] == 0
    assert "The program's list of pages is empty, so nothing can count." in world.quiet("towns")
    (newest, *_) = world.ledger("towns")
    assert (newest["before"], newest["verdict"]) == ("counted", "scope_empty")
    assert "by Olga (version 2): article scoped" in newest["cause"]

    then = world.board("towns", as_of=day(2, 28))
    assert (then["standings"], then["totals"]) == (yesterday["standings"], yesterday["totals"])
    before = world.commands.events("towns")[0]
    world.apply(TOWNS + "version: 2\n", reason="generic again")
    assert world.board("towns")["standings"] == yesterday["standings"]
    assert world.commands.events("towns")[0] == before
    assert world.totals("towns", as_of=day(3, 1) + timedelta(seconds=1.5))["edits"] == 0


def test_thread_32_a_draft_that_is_moved_months_after_the_end_counts(world: World) -> None:
    """“Not updated for three months”: updates ended 30 days after the program, and with them the news of moves."""
    world.apply("{slug: spring, start: 2020-03-01T00:00, end: 2020-03-17T00:00, wiki: enwiki, participants: [Ada]}")
    wiki = english(world)
    wiki.new("Ada", "User:Ada/Chien-Shiung Wu", 4000, day(3, 10))
    wiki.edit("Ada", "User:Ada/Chien-Shiung Wu", 800, day(3, 11))
    world.read()
    assert world.totals("spring")["edits"] == 0
    world.restart()
    wiki.move("Reviewer", "User:Ada/Chien-Shiung Wu", "Chien-Shiung Wu", day(6, 20))
    late = wiki.edit("Ada", "Chien-Shiung Wu", 5000, day(6, 21))
    world.read()
    (ada,) = world.board("spring")["standings"]
    assert (ada["edits"], ada["bytes_added"], ada["articles_created"]) == (2, 4800, 1)
    assert world.why("spring", wiki, late)[0] == "after_window"
    assert world.totals("spring", as_of=day(6, 1))["edits"] == 0
    moved = [one for one in world.ledger("spring") if one["cause_kind"] == "move/move"]
    assert [(one["before"], one["verdict"]) for one in moved] == [("namespace_not_tracked", "counted")] * 2
    assert "Reviewer moved “User:Ada/Chien-Shiung Wu” to “Chien-Shiung Wu”" in moved[0]["cause"]


def test_thread_34_articles_that_vanish_leave_a_line_that_says_who_and_what(world: World) -> None:
    """“Articles that were created are gone, in the download too”: the contest could not be scored."""
    world.apply("{slug: contest, start: 2020-05-01T00:00, end: 2020-06-01T00:00, wiki: ptwiki, participants: [Iara]}")
    wiki = portuguese(world)
    for number in range(121):
        wiki.new("Iara", f"Artigo {number}", 100, day(5, 2) + timedelta(minutes=number))
    world.read()
    assert world.totals("contest")["articles_created"] == 121
    for number in range(4):
        wiki.delete("Admin", f"Artigo {number}", day(5, 9, f"10:0{number}"), "eliminação rápida")
    world.read()
    assert world.totals("contest")["articles_created"] == 117
    (newest, *_) = world.ledger("contest")
    assert (newest["user"], newest["before"], newest["verdict"]) == ("Iara", "counted", "page_deleted")
    assert newest["cause"] == f"Admin deleted “{newest['page']}” (“eliminação rápida”)"
    assert newest["caused_at"].startswith("2020-05-09T10:0")
    iara = world.person("contest", "Iara")
    assert {one["verdict"]: one["edits"] for one in iara["sums"]} == {"counted": 117, "page_deleted": 4}
    wiki.restore("Admin", "Artigo 0", day(5, 12), "engano")
    world.read()
    assert world.totals("contest")["articles_created"] == 118
    assert "Admin restored “Artigo 0”" in world.ledger("contest")[0]["cause"]
    assert world.totals("contest", as_of=day(5, 8))["articles_created"] == 121
    assert world.totals("contest", as_of=day(5, 10))["articles_created"] == 117


def test_thread_35_selected_articles_and_deleted_ones_stay_known(world: World) -> None:
    """“The articles that I selected and the first that I created have vanished.”"""
    file = "{slug: contest, start: 2020-05-01T00:00, end: 2020-06-01T00:00, wiki: ptwiki, participants: [Iara]}"
    world.apply(file)
    wiki = portuguese(world)
    world.decide(Assign("contest", "Iara", Page("Niède Guidon")), actor="Iara")
    first = wiki.new("Iara", "Primeiro", 500, day(5, 2))
    world.read()
    wiki.delete("Admin", "Primeiro", day(5, 3))
    world.read()
    world.apply(file)
    world.restart()
    (iara,) = world.commands.state("contest").program.participants
    assert [page.title for page in iara.pages] == ["Niède Guidon"]
    explanation = world.explain("contest", wiki, first)
    assert explanation["verdict"] == "page_deleted"
    assert "Admin deleted “Primeiro”" in " ".join(explanation["history"])
    assert [one["page"] for one in world.person("contest", "Iara")["entries"]] == ["Primeiro"]


def test_thread_36_what_was_added_one_day_is_there_the_next_and_who_took_it_is_known(world: World) -> None:
    """“For the third time, articles that were added one day are gone the next.”"""
    world.apply("{slug: contest, start: 2020-05-01T00:00, end: 2020-06-01T00:00, wiki: ptwiki, participants: [Iara]}")
    stale = world.definition("contest")
    world.now = day(5, 2)
    world.decide(Assign("contest", "Iara", Page("Nise da Silveira")), actor="Iara")
    world.now = day(5, 3)
    with pytest.raises(Conflict):
        world.apply(stale.replace("title: contest", "title: Concurso"))
    world.apply(stale.replace("title: contest", "title: Concurso").replace("version: 1\n", ""))
    assert "Nise da Silveira" in world.definition("contest")
    world.decide(Assign("contest", "Iara", Page("Nise da Silveira"), assigned=False), actor="Otto")
    added, _, taken = world.commands.events("contest")[1:]
    assert [(one.actor, one.recorded_at.day, type(one.change).__name__) for one in (added, taken)] == [
        ("Iara", 2, "PageAssigned"),
        ("Otto", 3, "PageUnassigned"),
    ]
