"""Threads of the talk page about setting programs up: who may see, enrol, change, delete and copy them."""

from __future__ import annotations

import pytest

from deploy.counting.housekeeping import Housekeeping
from deploy.settings import Settings
from processors.errors import InvalidPrograms
from processors.facts.facts import UserClass
from processors.programs.commands import Clone, Delete, Join, Merge, Restore
from processors.programs.tokens import Role
from processors.why.rules import differences
from tests.acceptance.world import World, day, english
from tests.stores import log_of

MAY = "start: 2020-05-01T00:00\nend: 2020-06-01T00:00\n"


def test_thread_1_whoever_is_invited_is_never_told_that_there_is_nothing(world: World) -> None:
    """“The course is there for me, and does not exist for my students”: it was private, and nobody said so."""
    file = f"slug: course\ntitle: Course\nwiki: enwiki\nparticipants: [Ada]\nvisibility: {{visibility}}\n{MAY}"
    board = "/api/v1/programs/course/leaderboard"
    for visibility, listed, status in (("public", ["course"], 200), ("unlisted", [], 200), ("private", [], 404)):
        world.apply(file.format(visibility=visibility))
        assert [one["slug"] for one in world.get("/api/v1/programs")["programs"]] == listed
        world.get(board, status)
        world.get_text("/programs/course", status)
    world.apply(f"slug: other\nwiki: enwiki\nparticipants: [Ada]\n{MAY}")
    participants = "/api/v1/programs/course/participants"
    elsewhere, invited = world.token(Role.VIEWER, "other"), world.token(Role.VIEWER, "course")
    for refused in (world.get(board, 403, token=elsewhere), world.post(participants, 403, token=elsewhere, user="Ben")):
        assert refused["code"] == "private"
        assert refused["detail"].startswith("course is private, and you are not enrolled")
    joined = world.post(participants, 201, token=invited, user="Ben")
    assert joined["enrolments"][0]["event_id"]
    assert world.get(board, token=invited)["totals"]["participants"] == 2


def test_thread_2_an_organiser_deletes_a_program_alone_and_can_take_it_back(world: World) -> None:
    """“Please delete this redundant program: my own attempts fail.”"""
    world.apply(f"slug: redundant\nwiki: enwiki\nparticipants: [Ada]\ncampaigns: [spring]\n{MAY}")
    wiki = english(world)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 2))
    world.read()
    before = world.board("redundant")
    world.decide(Delete("redundant", reason="made twice"))
    world.get("/api/v1/programs/redundant/leaderboard", 404)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 3))
    world.read()
    world.decide(Restore("redundant"))
    after = world.board("redundant")
    assert (before["totals"]["edits"], after["totals"]["edits"]) == (1, 2)
    assert [(one.version, one.actor, one.reason) for one in world.commands.events("redundant")] == [
        (1, "Olga", ""), (2, "Olga", "made twice"), (3, "Olga", ""),
    ]  # fmt: skip


def test_thread_3_a_duplicate_goes_and_the_other_keeps_everything(world: World) -> None:
    """“Delete the duplicate, urgently, and keep the other without removing the data; I am no longer admin.”"""
    for slug, names in (("first", "Ada, Ben"), ("second", "Ben, Cleo")):
        world.apply(f"slug: {slug}\nwiki: enwiki\norganisers: [Otto]\nparticipants: [{names}]\n{MAY}")
    wiki = english(world)
    for number, name in enumerate(("Ada", "Ben", "Ben", "Cleo")):
        wiki.edit(name, "Marie Curie", 10, day(5, 2 + number))
    world.read()
    assert (world.edits("first"), world.edits("second")) == ({"Ada": 1, "Ben": 2}, {"Ben": 2, "Cleo": 1})
    world.decide(Merge("second", "first"), actor="Olga")
    assert world.edits("first") == {"Ada": 1, "Ben": 2, "Cleo": 1}
    world.get("/api/v1/programs/second/leaderboard", 404)
    world.apply(world.definition("first").replace("- Otto", "- Olga"))
    assert world.commands.state("first").program.organisers == ("Olga",)
    world.decide(Restore("second"))
    assert (world.edits("first"), world.edits("second")) == (
        {"Ada": 1, "Ben": 2, "Cleo": 1},
        {"Ben": 2, "Cleo": 1},
    )


def test_thread_5_a_facilitator_is_named_before_they_ever_came(world: World) -> None:
    """“How do I add a facilitator? There is no option to be seen”, and they had to log in first."""
    world.apply(f"slug: p\nwiki: enwiki\nparticipants: [Ada]\n{MAY}")
    world.apply(f"slug: p\nwiki: enwiki\nparticipants: [Ada]\norganisers: [Never Seen]\n{MAY}")
    secret = world.token(Role.ORGANISER, "p")
    assert world.get_text("/api/v1/programs/p/definition", token=secret).startswith("slug: p\n")
    wiki = english(world)
    edit = wiki.edit("Never Seen", "Marie Curie", 10, day(5, 2))
    world.read()
    assert world.why("p", wiki, edit) == (
        "organiser_only",
        "Never Seen organises the program and does not take part in it.",
    )
    world.decide(Join("p", "Never Seen"))
    assert world.edits("p") == {"Never Seen": 1}


def test_thread_6_accounts_made_for_the_event_are_counted_as_new(world: World) -> None:
    """“How are accounts made here?” On the wiki; what the stream says of new accounts is counted."""
    world.apply(f"slug: p\nwikis: [enwiki, frwiki]\nparticipants: [Ada, Ben, Cleo, Dora]\n{MAY}")
    wiki, french = english(world), world.wiki("fr.wikipedia.org", "frwiki", "fr")
    french.newuser("Ada", day(4, 10))
    wiki.newuser("Ben", day(4, 20))
    french.newuser("Cleo", day(5, 3))
    wiki.newuser("Passer-by", day(5, 3))
    for name in ("Ada", "Ben", "Dora"):
        wiki.edit(name, "Marie Curie", 10, day(5, 4))
    world.read()
    totals = world.totals("p")
    assert (totals["participants"], totals["editors"], totals["new_editors"]) == (4, 3, 2)
    assert "up to 14 days before its start" in world.rules("p")


def test_thread_10_who_cannot_enrol_is_told_why(world: World) -> None:
    """“Towns: editors cannot add themselves with the link, only I can.” Nobody found out why."""
    world.apply(f"slug: towns\nwiki: enwiki\nparticipants: [Ada]\norganisers: [Olga]\n{MAY}")
    link, invitation = "/api/v1/programs/towns/participants", world.token(Role.VIEWER, "towns")
    world.now = day(5, 10)
    joined = world.post(link, 201, token=invitation, user="ben_nevis")
    (receipt,) = joined["enrolments"]
    assert (receipt["user"], receipt["already"]) == ("Ben nevis", False)
    (again,) = world.post(link, 201, token=invitation, user="Ben nevis")["enrolments"]
    assert (again["already"], again["event_id"]) == (True, None)
    (organiser,) = world.post(link, 201, token=invitation, user="Olga")["enrolments"]
    assert organiser["note"] == "organiser"
    assert world.post(link, 422, token=invitation, user="192.0.2.1")["code"] == "invalid_user"
    world.now = day(6, 2)
    ended = world.post(link, 409, token=invitation, user="Late")
    assert ended["code"] == "ended"
    assert "its organisers can still enrol you, and it counts back" in ended["detail"]
    world.decide(Delete("towns"))
    assert world.post(link, 409, token=invitation, user="Late")["code"] == "deleted"
    kinds = [type(one.change).__name__ for one in world.commands.events("towns")]
    assert kinds == ["Defined", "Joined", "Joined", "Deleted"]


def test_thread_13_a_test_program_goes_although_it_is_in_campaigns_and_by_itself(world: World) -> None:
    """“My test program cannot be deleted: 'you may delete this page if all campaigns are removed first'.”"""
    world.apply(f"slug: trial\nwiki: enwiki\nparticipants: [Ada]\ncampaigns: [a, b]\nexpires: 2020-07-01T00:00\n{MAY}")
    world.decide(Delete("trial"))
    assert world.get("/api/v1/campaigns")["campaigns"] == []
    world.decide(Restore("trial"))
    house = Housekeeping(world.store, log_of(world.store), Settings(), world.clock)
    world.now = day(6, 30)
    assert house.run().expired == ()
    world.now = day(7, 1)
    assert house.run().expired == ("trial",)
    world.worker.catch_up()
    world.get("/api/v1/programs/trial/leaderboard", 404)


def test_thread_18b_any_script_and_any_punctuation_makes_the_round(world: World) -> None:
    """A bilingual title with accents, commas and parentheses broke its link."""
    title = "Art + Féminisme, Montréal (en français / in English) – 2020 & <plus>"
    world.apply(f'slug: "art-et-féminisme-montréal-女性"\ntitle: "{title}"\nwiki: enwiki\nparticipants: [Ada]\n{MAY}')
    (program,) = world.get("/api/v1/programs")["programs"]
    page = world.get_text("/")
    (link,) = [part.partition('"')[0] for part in page.split('href="') if part.startswith("/programs/")]
    assert link.isascii()
    assert "Montréal (en français / in English)" in world.get_text(link)
    board = world.board(program["slug"])
    assert (board["program"], board["title"]) == ("art-et-féminisme-montréal-女性", title)
    with pytest.raises(InvalidPrograms) as refused:
        world.apply(f'slug: "Women, Wiki (2020)"\nwiki: enwiki\nparticipants: [Ada]\n{MAY}')
    assert "slug" in str(refused.value)


def test_thread_33b_a_copy_can_have_another_wiki(world: World) -> None:
    """“The clone cannot change its wiki from ig.wikipedia to ig.wiktionary.”"""
    world.apply(f"slug: igbo\nwiki: igwiki\nparticipants: [Ngozi]\n{MAY}")
    world.decide(Clone("igbo", "igbo-words", {"wiki": "igwiktionary", "title": "Igbo words"}))
    old, new = (world.commands.state(slug).program for slug in ("igbo", "igbo-words"))
    assert new.wikis == ("ig.wiktionary.org",)
    said = differences(old, new)
    assert said[:2] == ["The slug is “igbo-words” instead of “igbo”.", "The title is “Igbo words” instead of “igbo”."]
    assert [next(wiki for wiki in (*old.wikis, *new.wikis) if wiki in one) for one in said[2:]] == [
        "ig.wiktionary.org", "ig.wikipedia.org",
    ]  # fmt: skip
    wiktionary = world.wiki("ig.wiktionary.org", "igwiktionary")
    wiktionary.edit("Ngozi", "okwu", 10, day(5, 2))
    world.read()
    assert (world.edits("igbo"), world.edits("igbo-words")) == ({}, {"Ngozi": 1})
    world.apply(world.definition("igbo").replace("ig.wikipedia.org", "ig.wiktionary.org"))
    assert world.edits("igbo") == {"Ngozi": 1}


def test_thread_37_nobody_logs_in_to_look_and_the_unregistered_can_count(world: World) -> None:
    """“The address cannot be seen without an account, and people who are not logged in are not tracked.”"""
    world.apply(f"slug: open\ntitle: Open\nwiki: enwiki\nopen: true\n{MAY}")
    wiki = english(world)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 2))
    wiki.edit("~2026-50211-05", "Marie Curie", 20, day(5, 3))
    hidden = wiki.edit("203.0.113.7", "Marie Curie", 40, day(5, 4))
    world.read()
    assert "~2026-50211-05" in world.get_text("/programs/open")
    assert world.edits("open") == {"~2026-50211-05": 1, "Ada": 1}
    assert {key: one["edits"] for key, one in world.parts("open", "user_class").items()} == {
        UserClass.NAMED: 1, UserClass.TEMPORARY: 1,
    }  # fmt: skip
    verdict, reason = world.why("open", wiki, hidden)
    assert (verdict, reason) == (
        "not_enrolled",
        "It came without an account's name: it was made without logging in, or the wiki hides who made it.",
    )
    assert world.sql("SELECT count() FROM facts FINAL WHERE user LIKE '203%'") == [(0,)]
