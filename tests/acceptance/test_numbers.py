"""Numbers as organisers ask for them, through everything: of a session, of a moment, frozen, of new people."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from deploy.answers.boards import StoreBoards
from processors.errors import InvalidInput
from processors.numbers.numbers import By, Division, Metric
from processors.ports.boards import Moment
from processors.programs.commands import Delete, Freeze, HideName, Join, Leave, Restore
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import World, day

WEEK = "start: 2020-03-02T00:00, end: 2020-03-09T00:00, wiki: enwiki"


def english(world: World) -> LittleWiki:
    return world.wiki("en.wikipedia.org", "enwiki")


def test_a_board_as_of_a_moment_is_as_it_was_known_then(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada]}}")
    wiki = english(world)
    wiki.new("Ada", "A", 100, day(3, 3))
    wiki.new("Ben", "B", 50, day(3, 3))
    world.read()
    first = world.now
    world.decide(Join("p", "Ben", "blue"))
    second = world.now
    wiki.delete("Admin", "A", day(3, 4))
    world.read()
    assert world.edits("p") == {"Ben": 1}
    assert world.edits("p", as_of=second) == {"Ada": 1, "Ben": 1}
    assert world.edits("p", as_of=first) == {"Ada": 1}
    then = world.board("p", as_of=first)
    assert (then["totals"]["participants"], then["totals"]["articles_created"]) == (1, 1)
    assert datetime.fromisoformat(then["as_of"]) <= first
    assert world.edits("p", as_of=second, by="team") == {"": 1, "blue": 1}
    assert set(world.parts("p", "wiki", as_of=first)) == {"en.wikipedia.org"}
    world.get("/api/v1/programs/p/leaderboard", 404, as_of=day(2, 1, year=2019))


def test_a_program_that_was_deleted_then_has_no_board_of_then(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada]}}")
    world.decide(Delete("p"))
    gone = world.now
    world.decide(Restore("p"))
    world.get("/api/v1/programs/p/leaderboard", 404, as_of=gone)
    assert world.edits("p", as_of=world.now) == {}
    world.decide(Delete("p"))
    world.get("/api/v1/programs/p/leaderboard", 404, as_of=gone - timedelta(seconds=2))


def test_a_session_is_named_by_number_or_title_and_overlapping_ones_share(world: World) -> None:
    world.apply("""
slug: p
timezone: Europe/Paris
sessions:
  - {start: 2020-03-02T14:00, end: 2020-03-02T17:00, title: Opening}
  - {start: 2020-03-02T16:00, end: 2020-03-02T18:00}
  - {start: 2020-03-03T14:00, end: 2020-03-03T15:00, title: "1"}
wiki: enwiki
participants: [Ada]
""")
    wiki = english(world)
    for clock in ("13:00", "15:30", "16:30"):
        wiki.edit("Ada", "A", 10, day(3, 2, clock))
    world.read()
    assert world.totals("p", session="opening")["edits"] == 2
    assert [world.totals("p", session=number)["edits"] for number in (1, 2, 3)] == [2, 2, 0]
    parts = world.parts("p", "session")
    assert [(key, one["title"], one["edits"]) for key, one in parts.items()] == [
        ("1", "Opening", 2),
        ("2", "Session 2", 2),
        ("3", "1", 0),
    ]
    assert list(world.parts("p", "hour")) == ["2020-03-02T14:00+0100", "2020-03-02T16:00+0100", "2020-03-02T17:00+0100"]
    refused = world.get("/api/v1/programs/p/leaderboard", 422, session="Closing")
    assert refused["detail"] == "p: no session 'Closing'; there are sessions 1 to 3 (Opening, 1)"


def test_the_last_minutes_are_those_before_the_watermark(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada, Ben]}}")
    wiki = english(world)
    wiki.edit("Ada", "A", 10, day(3, 3, "12:00"))
    wiki.edit("Ben", "A", 10, day(3, 3, "12:09"))
    world.read()
    # The stream stands still for hours: what happened last is still what happened last.
    world.now = day(3, 3, "18:00")
    assert world.edits("p", last_minutes=5) == {"Ben": 1}
    assert world.totals("p", last_minutes=5)["articles_edited"] == 1
    assert world.edits("p", last_minutes=15) == {"Ada": 1, "Ben": 1}


def test_a_frozen_result_stays_and_says_what_has_changed(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada, {{user: Ben, team: blue}}], points: {{edit: 2}}}}")
    wiki = english(world)
    wiki.new("Ada", "A", 100, day(3, 3))
    wiki.new("Ben", "B", 300, day(3, 3))
    world.read()
    world.decide(Freeze("p", "final", world.now))
    before = world.get("/api/v1/programs/p/results")["results"]
    wiki.delete("Admin", "B", day(3, 4))
    wiki.rename("Ada", "Augusta", day(3, 5))
    world.read()
    world.restart()
    world.decide(Join("p", "Cay"))
    assert world.edits("p") == {"Augusta": 1}
    result = world.get("/api/v1/programs/p/results/final")
    assert [(one["rank"], one["user"], one["team"], one["points"]) for one in result["standings"]] == [
        (1, "Ada", "", 2.0),
        (1, "Ben", "blue", 2.0),
    ]
    assert (result["metric"], result["totals"]["edits"], result["live_totals"]["edits"]) == ("points", 2, 1)
    (change,) = result["changes"]
    assert (change["user"], change["then"], change["now"]) == ("Ben", True, False)
    assert change["numbers"]["bytes_added"] == {"then": 300, "now": 0}
    assert world.get("/api/v1/programs/p/results")["results"] == before
    assert "final" in world.get_text("/programs/p")


def test_a_result_that_was_changed_by_hand_is_told_from_a_sound_one(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada]}}")
    wiki = english(world)
    wiki.edit("Ada", "A", 10, day(3, 3))
    world.read()
    world.decide(Freeze("p", "final", world.now))
    (stored,) = world.store.results("p")
    row = ("p", "final", stored.as_of, stored.frozen_at, stored.board.replace('"edits":1', '"edits":9'), stored.digest)
    columns = ("program", "name", "as_of", "frozen_at", "board", "digest")
    world.store.connections.insert("results", columns, [[value] for value in row])
    (listed,) = world.get("/api/v1/programs/p/results")["results"]
    assert not listed["intact"]


def test_new_editors_have_accounts_made_shortly_before_or_during_the_program(world: World) -> None:
    world.apply(f"""
{{slug: p, {WEEK}, new_editor_days: 3, goals: {{new_editors: 4}},
 participants: [Old, Eve, Early, During, Late, Former]}}
---
{{slug: everyone, {WEEK}, open: true}}
""")
    wiki = english(world)
    for name, at in {
        "Old": day(2, 27, "23:59"),
        "Early": day(2, 28),
        "Eve": day(3, 1),
        "Guest": day(3, 2),
        "Former": day(3, 2),
        "During": day(3, 8, "23:59"),
        "Late": day(3, 9),
    }.items():
        wiki.newuser(name, at)
    for name in ("Guest", "Old", "Former"):
        wiki.edit(name, "A", 10, day(3, 3))
    world.read(day(3, 10))
    totals = world.totals("p")
    assert (totals["new_editors"], totals["editors"], totals["participants"]) == (4, 2, 6)
    assert world.board("p")["goals"] == [{"metric": "new_editors", "target": 4, "reached": 4.0, "share": 1.0}]
    # An open program has the new ones among those who contribute; there, 14 days before it count.
    assert world.totals("everyone")["new_editors"] == 3
    assert world.parts("p", "wiki")["en.wikipedia.org"]["new_editors"] == 1
    wiki.rename("Former", "Latter", day(3, 10))
    wiki.rename("Guest", "Host", day(3, 10))
    world.read()
    assert world.totals("p")["new_editors"] == 4
    assert world.totals("everyone")["new_editors"] == 3


def test_temporary_accounts_are_a_class_of_their_own(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, open: true}}")
    wiki = english(world)
    wiki.edit("Ada", "A", 10, day(3, 3))
    wiki.edit("~2020-12345-67", "A", 10, day(3, 3))
    wiki.edit(None, "A", 10, day(3, 3))
    world.read()
    totals = world.totals("p")
    assert (totals["editors"], totals["temporary_editors"], totals["edits"]) == (2, 1, 2)
    assert {key: one["edits"] for key, one in world.parts("p", "user_class").items()} == {"named": 1, "temporary": 1}


def test_points_rank_and_goals_tell_how_far_it_is(world: World) -> None:
    world.apply(f"""
{{slug: p, {WEEK}, participants: [Ada, {{user: Ben, team: blue}}], goals: {{edits: 4, editors: 0, points: 10}},
 points: {{article_created: 5, per_1000_bytes: 1.5, reverted: -2}}}}
""")
    wiki = english(world)
    wiki.edit("Ada", "A", 3000, day(3, 3))
    wiki.new("Ben", "B", 100, day(3, 3))
    world.read()
    board = world.board("p", metric="points")
    assert [(one["rank"], one["user"], one["points"]) for one in board["standings"]] == [
        (1, "Ben", 5.15),
        (2, "Ada", 4.5),
    ]
    assert [(one["metric"], one["reached"], one["share"]) for one in board["goals"]] == [
        ("edits", 2.0, 0.5),
        ("editors", 2.0, 1.0),
        ("points", 9.65, 0.965),
    ]
    assert {one["team"]: one["points"] for one in world.board("p", by="team")["standings"]} == {"": 4.5, "blue": 5.15}


def everything(world: World, slug: str = "p", campaign: str = "autumn") -> str:
    """All that anybody is told of a program, without what they do not see."""
    program = f"/api/v1/programs/{slug}"
    paths = [program, f"{program}/results", f"/api/v1/campaigns/{campaign}/leaderboard", f"/programs/{slug}", "/"]
    paths += [f"{program}/results/{name}" for name in world.get(program)["results"]]
    paths += [f"{program}/leaderboard?by={by}" for by in By]
    paths += [f"{program}/leaderboard?format={form}&as_of={world.now:%Y-%m-%dT%H:%M:%SZ}" for form in ("csv", "json")]
    paths += [f"{program}/leaderboard?format={form}" for form in ("csv", "wikitext")]
    paths += [f"{program}/statistics?by={by}" for by in Division]
    return "\n".join(world.get_text(path) for path in paths)


def test_a_hidden_name_is_in_no_answer_and_the_numbers_are_the_same(world: World) -> None:
    world.apply(f"""
{{slug: p, {WEEK}, participants: [Ada, {{user: Zoë, hidden: true}}, {{user: Ben, hidden: true}}], campaigns: [autumn]}}
---
{{slug: q, {WEEK}, participants: [Zoë], campaigns: [autumn]}}
""")
    wiki = english(world)
    for name in ("Ada", "Ben", "Zoë"):
        wiki.edit(name, "Marie Curie", 10, day(3, 3))
    world.read()
    world.decide(Freeze("p", "final", world.now))
    wiki.edit("Zoë", "Marie Curie", 10, day(3, 4))
    world.read()
    world.decide(Freeze("p", "later", world.now))
    text = everything(world)
    assert "Zo\\u00eb" not in text
    assert "Zoë" not in text
    assert "Ben" not in text
    assert "Ada" in text
    board = world.board("p", metric="edits")
    assert [(one["rank"], one["user"], one["hidden"], one["edits"]) for one in board["standings"]] == [
        (1, "Participant 2", True, 2),
        (2, "Ada", False, 1),
        (2, "Participant 3", True, 1),
    ]
    assert [one["last_edit_at"] is None for one in board["standings"]] == [True, False, True]
    assert board["totals"]["edits"] == 4
    real = StoreBoards(world.store, world.clock).read_board("p", Metric.EDITS, names=True)
    assert real is not None
    assert [one.user for one in real.standings] == ["Zoë", "Ada", "Ben"]
    # She shows her name in another program of the campaign, which must not undo it.
    campaign = world.get("/api/v1/campaigns/autumn/leaderboard")
    assert [one["hidden"] for one in campaign["standings"]] == [True, False, True]


def test_pseudonyms_stay_when_others_come_and_go_and_under_another_name(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada, {{user: Zoë, hidden: true}}], campaigns: [autumn]}}")
    wiki = english(world)
    wiki.edit("Zoë", "A", 10, day(3, 3))
    world.read()
    world.apply(f"{{slug: p, {WEEK}, participants: [Aaron, {{user: Zoë, hidden: true}}, Bob], campaigns: [autumn]}}")
    world.decide(Join("p", "Cay"), HideName("p", "Cay"))
    wiki.rename("Zoë", "Zora", day(3, 4))
    wiki.edit("Cay", "A", 10, day(3, 4))
    world.read()
    assert world.edits("p") == {"Participant 2": 1, "Participant 5": 1}
    assert "Zora" not in everything(world)
    world.decide(HideName("p", "Cay", hidden=False))
    assert world.edits("p") == {"Participant 2": 1, "Cay": 1}


def test_who_hid_their_name_and_left_for_good_stays_hidden_in_what_is_past(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada, Zoë], campaigns: [autumn]}}")
    wiki = english(world)
    wiki.edit("Zoë", "A", 10, day(3, 3))
    world.read()
    world.decide(Freeze("p", "final", world.now))
    early = world.now
    assert world.edits("p", as_of=early) == {"Zoë": 1}
    world.decide(HideName("p", "Zoë"))
    world.decide(Leave("p", "Zoë"))
    assert world.edits("p", as_of=early) == {"Participant 2": 1}
    assert "Zoë" not in everything(world)


def test_some_days_after_the_end_nobody_is_named(world: World) -> None:
    world.apply(f"""
{{slug: p, {WEEK}, participants: [Ada, Ben], hide_names_after_days: 30, campaigns: [autumn]}}
---
{{slug: everyone, {WEEK}, open: true, hide_names_after_days: 30, campaigns: [winter],
 participants: [{{user: Ben, team: blue}}]}}
""")
    wiki = english(world)
    for number, name in enumerate(("Cay", "Ben", "Ada")):
        wiki.edit(name, "A", 10 + number, day(3, 3, f"12:0{number}"))
    world.read()
    assert set(world.edits("everyone")) == {"Ada", "Ben", "Cay"}
    world.now = day(4, 7, "23:59")
    assert set(world.edits("p")) == {"Ada", "Ben"}
    world.now = day(4, 8)
    assert world.edits("p") == {"Participant 1": 1, "Participant 2": 1}
    assert world.edits("everyone") == {"Contributor 3": 1, "Participant 1": 1, "Contributor 1": 1}
    text = everything(world) + everything(world, "everyone", "winter")
    for name in ("Ada", "Ben", "Cay"):
        assert name not in text


def test_a_campaign_counts_everything_once_and_private_programs_for_nobody(world: World) -> None:
    world.apply(f"""
{{slug: a, {WEEK}, participants: [Ada], campaigns: [autumn]}}
---
{{slug: b, {WEEK}, participants: [Ada, Ben], campaigns: [autumn], visibility: unlisted, title: Surprise}}
---
{{slug: c, {WEEK}, open: true, campaigns: [autumn, hidden], visibility: private}}
""")
    wiki = english(world)
    for name in ("Ada", "Ben", "Cay"):
        wiki.edit(name, "A", 10, day(3, 3))
    world.read()
    (campaign,) = world.get("/api/v1/campaigns")["campaigns"]
    assert [one["slug"] for one in campaign["programs"]] == ["a"]
    assert campaign["unlisted_programs"] == 1
    board = world.get("/api/v1/campaigns/autumn/leaderboard")
    assert {one["user"]: one["edits"] for one in board["standings"]} == {"Ada": 1, "Ben": 1}
    assert (board["totals"]["edits"], board["totals"]["participants"]) == (2, 2)
    assert "Surprise" not in world.get_text("/api/v1/campaigns/autumn/leaderboard")
    world.get("/api/v1/campaigns/hidden/leaderboard", 404)
    world.get("/api/v1/programs/c/leaderboard", 404)
    world.get("/api/v1/programs/c", 404)
    world.get("/api/v1/campaigns/autumn/leaderboard", 422, metric="points")
    past = world.get("/api/v1/campaigns/autumn/leaderboard", as_of=day(3, 1))
    assert past["totals"]["edits"] == 0


def test_boards_are_of_articles_and_wikis_too(world: World) -> None:
    world.apply("{slug: p, start: 2020-03-02T00:00, end: 2020-03-09T00:00, wikis: [enwiki, dewiki], open: true}")
    wiki, german = english(world), world.wiki("de.wikipedia.org", "dewiki")
    for user in ("Ada", "Ben"):
        wiki.edit(user, "A", 10, day(3, 3))
    german.edit("Ada", "A", 5, day(3, 3))
    world.read()
    articles = world.board("p", by="article", metric="edits")["standings"]
    assert [(one["rank"], one["wiki"], one["title"], one["editors"], one["edits"]) for one in articles] == [
        (1, "en.wikipedia.org", "A", 2, 2),
        (2, "de.wikipedia.org", "A", 1, 1),
    ]
    assert world.edits("p", by="wiki") == {"en.wikipedia.org": 2, "de.wikipedia.org": 1}
    assert "A (de.wikipedia.org)" in world.get_text("/api/v1/programs/p/leaderboard", by="article", format="wikitext")


def test_a_hidden_name_is_not_told_by_the_titles_of_user_pages_either(world: World) -> None:
    world.apply(f"""
{{slug: p, {WEEK}, namespaces: all, participants: [{{user: Zoë, hidden: true}}, Ada], campaigns: [autumn]}}
""")
    wiki = english(world)
    wiki.edit("Zoë", "User:Zoë/Draft", 10, day(3, 3))
    wiki.edit("Zoë", "User talk:Zoë", 10, day(3, 3))
    wiki.edit("Zoë", "User:Zoëlla", 10, day(3, 3))
    wiki.rename("Zoë", "Zora", day(3, 4))
    wiki.edit("Zora", "User:Zora", 10, day(3, 5))
    world.read()
    expected = {"User:(hidden)/Draft", "User talk:(hidden)", "User:Zoëlla", "User:(hidden)"}
    for path in ("programs/p", "campaigns/autumn"):
        board = world.get(f"/api/v1/{path}/leaderboard", by="article")
        assert {one["title"] for one in board["standings"]} == expected


def test_a_live_frame_names_nobody_who_hides(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [{{user: Zoë, hidden: true}}]}}")
    wiki = english(world)
    wiki.edit("Zoë", "A", 10, day(3, 3))
    world.read()

    async def first_frame() -> bytes:
        from api.live import Followed, Live
        from processors.metrics import NoMetrics

        frames = Live(StoreBoards(world.store, world.clock), metrics=NoMetrics()).follow(Followed("p", Metric.EDITS))
        async for frame in frames:
            if b"data: " in frame:
                return frame
        raise AssertionError("no frame")

    frame = asyncio.run(first_frame())
    assert b"Participant 1" in frame
    assert "Zoë".encode() not in frame


def test_a_campaign_has_no_sessions(world: World) -> None:
    world.apply(f"{{slug: p, {WEEK}, participants: [Ada], campaigns: [autumn]}}")
    boards = StoreBoards(world.store, world.clock)
    with pytest.raises(InvalidInput, match="no sessions"):
        boards.read_campaign_board("autumn", Metric.EDITS, moment=Moment(session="1"))
    assert boards.read_campaign_board("autumn", Metric.EDITS) is not None
    assert boards.read_campaign_board("", Metric.EDITS) is None
