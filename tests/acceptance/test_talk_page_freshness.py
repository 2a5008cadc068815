"""Threads of the talk page about numbers that are old, late or at zero."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from api.live import Followed, Live
from deploy.answers.boards import StoreBoards
from processors.metrics import NoMetrics
from processors.numbers.numbers import Metric
from processors.programs.commands import Freeze
from tests.acceptance.world import World, day, english


async def _frames(world: World, slug: str) -> list[bytes]:
    """What somebody who follows the board is sent: as it is, and again once an edit was read."""
    live = Live(StoreBoards(world.store, world.clock), metrics=NoMetrics())
    frames = live.follow(Followed(slug, Metric.EDITS))
    seen = [await anext(frames), await anext(frames)]
    live.changed(await asyncio.to_thread(world.read))
    seen.append(await anext(frames))
    await frames.aclose()
    live.close()
    return seen[1:]


def test_thread_24_the_table_says_how_old_it_is_and_changes_by_itself(world: World) -> None:
    """“The table is not updated when I look: is that normal?”"""
    world.apply("{slug: table, start: 2020-05-01T10:00, end: 2020-05-01T18:00, wiki: enwiki, participants: [Ada]}")
    wiki = english(world)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 1, "10:00"))
    world.read()
    board = world.board("table")
    assert (board["as_of"], board["lag_seconds"]) == ("2020-05-01T10:00:01.600000Z", 1.0)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 1, "10:05"))
    first, then = asyncio.run(_frames(world, "table"))
    assert b'"edits":1' in first
    assert b'"edits":2' in then
    assert b'"as_of":"2020-05-01T10:05:01.6' in then


def test_thread_25_a_stream_that_is_behind_is_said_and_caught_up(world: World) -> None:
    """“It does not track our editors”: the database that it read from lagged, and nobody could see it."""
    world.apply("{slug: p, start: 2020-05-01T10:00, end: 2020-05-01T18:00, wiki: enwiki, participants: [Ada, Ben]}")
    wiki = english(world)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 1, "10:00"))
    world.read()
    delayed = wiki.edit("Ben", "Marie Curie", 10, day(5, 1, "10:05"))
    waiting = world.stream.take()
    world.now = day(5, 1, "10:45")
    board = world.board("p")
    assert (board["as_of"], board["lag_seconds"]) == ("2020-05-01T10:00:01.600000Z", 2698.4)
    assert "The stream has been read up to 1 May 2020, 10:00:01 (UTC) only" in world.quiet("p")
    verdict, reason = world.why("p", wiki, delayed)
    assert verdict == "not_seen"
    assert "It is newer than the last revision that was read of en.wikipedia.org" in reason
    world.read_events(waiting)
    assert world.edits("p") == {"Ada": 1, "Ben": 1}


def test_thread_25_what_the_stream_lost_is_known_to_be_missing(world: World) -> None:
    """What never arrives is a gap, shown with every number that it may touch."""
    world.apply("{slug: p, start: 2020-05-01T10:00, end: 2020-05-01T18:00, wiki: enwiki, participants: [Ada, Ben]}")
    wiki = english(world)
    wiki.edit("Ada", "Marie Curie", 10, day(5, 1, "10:00"))
    lost = wiki.edit("Ben", "Marie Curie", 10, day(5, 1, "10:05"))
    wiki.edit("Ada", "Marie Curie", 10, day(5, 1, "10:10"))
    first, missing, last = world.stream.take()
    world.read_events([first, last])
    assert world.board("p")["gaps"] == 1
    verdict, reason = world.why("p", wiki, lost)
    assert (verdict, "1 event of the stream is missing" in reason) == ("not_seen", True)
    world.read_events([missing])
    assert world.board("p")["gaps"] == 0
    assert world.edits("p") == {"Ada": 2, "Ben": 1}


def test_thread_26_five_programs_are_equally_fresh_whatever_their_size(world: World) -> None:
    """“Five programs: the last updates were 2 hours to 11 days ago, later the more participants they have.”"""
    people = {"small": 3, "ten": 10, "hundred": 100, "thousand": 1000, "thousands": 5000}
    template = """
slug: {slug}
start: 2020-02-01T00:00
end: 2020-03-01T00:00
wiki: wikidatawiki
campaigns: [wikidata-competition]
participants: [{names}]
"""
    names = {slug: [f"{slug.capitalize()} {number}" for number in range(many)] for slug, many in people.items()}
    world.apply("---".join(template.format(slug=slug, names=", ".join(names[slug])) for slug in people))
    wiki = world.wiki("www.wikidata.org", "wikidatawiki")
    added = "/* wbsetclaim-create:2||1 */ [[Property:P31]]: [[Q5]]"
    for number, name in enumerate(name for slug in people for name in names[slug][:800]):
        wiki.edit(name, f"Q{number}", 300, day(2, 2) + timedelta(seconds=number), comment=added)
    world.read()
    before = {slug: world.totals(slug)["wikidata_actions"] for slug in people}
    assert before == {"small": 3, "ten": 10, "hundred": 100, "thousand": 800, "thousands": 800}
    for slug in people:
        wiki.edit(names[slug][-1], "Q42", 300, day(2, 3), comment=added)
    assert world.read() == set(people)
    boards = {slug: world.board(slug) for slug in people}
    assert {board["as_of"] for board in boards.values()} == {"2020-02-03T00:00:01.600000Z"}
    assert {slug: board["totals"]["wikidata_actions"] - before[slug] for slug, board in boards.items()} == (
        dict.fromkeys(people, 1)
    )
    campaign = world.get("/api/v1/campaigns/wikidata-competition/leaderboard", metric="wikidata_actions")
    assert campaign["totals"]["wikidata_actions"] == sum(before.values()) + 5


def test_thread_26_final_results_stay_as_they_were_declared(world: World) -> None:
    """“We need the final results within days”: nobody waits for an update, and what comes later changes no result."""
    world.apply("{slug: p, start: 2020-02-01T00:00, end: 2020-03-01T00:00, wiki: enwiki, participants: [Ada, Ben]}")
    wiki = english(world)
    wiki.new("Ada", "Good", 500, day(2, 2))
    wiki.new("Ben", "Bad", 900, day(2, 3))
    world.read(day(3, 1))
    world.decide(Freeze("p", "final", day(3, 1)))
    wiki.delete("Admin", "Bad", day(3, 2))
    world.read()
    assert world.edits("p") == {"Ada": 1}
    result = world.get("/api/v1/programs/p/results/final")
    assert [(one["rank"], one["user"], one["bytes_added"]) for one in result["standings"]] == [
        (1, "Ben", 900),
        (2, "Ada", 500),
    ]
    assert result["intact"]
    assert len(result["digest"]) == 64
    assert [one["user"] for one in result["changes"] if not one["now"]] == ["Ben"]
    assert result["live_totals"]["edits"] == 1


def test_thread_28_a_program_at_zero_says_why(world: World) -> None:
    """“Data is not tracking”: none of the editors had edited while the program ran."""
    names = [f"Editor {number}" for number in range(12)]
    world.apply(f"""
slug: workshop
start: 2020-07-10T10:00
end: 2020-07-10T16:00
wiki: enwiki
participants: [{", ".join(names)}]
""")
    wiki = english(world)
    for number, name in enumerate(names[:3]):
        wiki.edit(name, "Marie Curie", 10, day(7, 9, f"16:5{number}"))
    wiki.edit("Somebody else", "Marie Curie", 10, day(7, 10, "12:00"))
    world.read()
    why = world.quiet("workshop")
    assert "0 of 12 participants have edited since the start." in why
    assert "The last edits of 3 of them were before the start, the newest by 17 hours." in why
    assert "0 of 12 participants have edited since the start." in world.get_text("/programs/workshop")
    assert world.board("workshop", format="json")["quiet"] == world.get("/api/v1/programs/workshop/quiet")["sentences"]


def test_thread_29_there_is_nothing_to_click_and_reading_again_changes_nothing(world: World) -> None:
    """“I clicked Update Statistics, and still there is nothing.”"""
    world.apply("{slug: p, start: 2020-07-10T10:00, end: 2020-07-10T16:00, wiki: enwiki, participants: [Ada]}")
    wiki = english(world)
    wiki.edit("Ada", "User:Ada/sandbox", 10, day(7, 10, "12:00"))
    draft = world.stream.take()
    world.read_events(draft)
    assert world.totals("p")["edits"] == 0
    assert "1 edit or upload does not count: 1 in namespaces that are not tracked." in world.quiet("p")
    wiki.edit("Ada", "Marie Curie", 10, day(7, 10, "12:01"))
    counted = world.stream.take()
    assert world.read_events(counted) == {"p"}
    board, ledger = world.board("p"), world.ledger("p")
    world.restart()
    world.read_events([*draft, *counted])
    assert (world.board("p"), world.ledger("p")) == (board, ledger)
    assert board["totals"]["edits"] == 1
