"""The talk page of the tool that most organisers use, as tests: each thread's situation, and that it can't happen here.

39 threads of January to August 2020, numbered as they stood on the page. Here are those about edits that were "not
tracked", numbers at zero and what had vanished; `test_talk_page_setup.py` has programs, roles and access,
`test_talk_page_scope.py` what counts where. `docs/questions.md` has the answers.

Not here: 4 (alerts) and 14 (missing messages in other languages) are other work; 9 and 31 (training pages), 38
(how to make accounts for others; what was made is counted: thread 6) are no business of counting; 19 and 27 asked for
nothing. 7 asked for a place in the portal of wikipedia.org: its lesson, new wikis, is tested.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from api.live import Live
from deploy.boards import StoreBoards
from processors.errors import Conflict
from processors.metrics import NoMetrics
from processors.numbers import Metric
from processors.preview import Amounts
from processors.program_commands import Assign, Freeze, Join, Leave
from processors.programs import Page
from tests.acceptance.commands import wikitally
from tests.acceptance.little_wiki import LittleWiki
from tests.acceptance.world import World, adds_up, day


def english(world: World) -> LittleWiki:
    return world.wiki("en.wikipedia.org", "enwiki")


def portuguese(world: World) -> LittleWiki:
    return world.wiki("pt.wikipedia.org", "ptwiki", "pt", Usuária=2, Usuário=2)


def test_thread_17_every_edit_that_is_not_counted_says_why(world: World) -> None:
    """ "Our program is not recording edits." Nobody could say which edits, nor why."""
    world.apply("""
slug: representation-matters
start: 2020-03-08T14:00
end: 2020-03-08T18:00
wiki: enwiki
participants: [Ada, Ben]
scope: {any: [{titles: [Mary Seacole, Wangari Maathai]}]}
exclude: {minor: true, titles: [{title: Wangari Maathai, reason: protected}]}
""")
    wiki, french = english(world), world.wiki("fr.wikipedia.org", "frwiki", "fr")
    edits = {
        wiki.edit("Ada", "Mary Seacole", 30, day(3, 8, "13:30")): ("before_window", "30 min before"),
        wiki.edit("Ada", "Mary Seacole", 300, day(3, 8, "14:10")): ("counted", "Nothing speaks against it"),
        wiki.edit("Ada", "Marie Curie", 40, day(3, 8, "14:20")): ("out_of_scope", "Marie Curie"),
        wiki.edit("Ada", "User:Ada/sandbox", 50, day(3, 8, "14:30")): ("namespace_not_tracked", "namespace 2"),
        wiki.edit("Ada", "Mary Seacole", 1, day(3, 8, "14:40"), minor=True): ("minor_excluded", "minor"),
        wiki.edit("Ben", "Wangari Maathai", 60, day(3, 8, "14:50")): ("manually_excluded", "protected"),
        wiki.edit("Cleo", "Mary Seacole", 70, day(3, 8, "15:00")): ("not_enrolled", "Cleo is not among"),
    }
    elsewhere = french.edit("Ben", "Mary Seacole", 80, day(3, 8, "15:10"))
    world.read()
    for rev_id, (verdict, words) in edits.items():
        said, reason = world.why("representation-matters", wiki, rev_id)
        assert said == verdict
        assert words in reason
    assert world.why("representation-matters", french, elsewhere)[0] == "wiki_not_tracked"
    everything = world.person("representation-matters", "Ada")
    assert {part["verdict"]: part["edits"] for part in everything["sums"]} == {
        "counted": 1, "namespace_not_tracked": 1, "out_of_scope": 1, "minor_excluded": 1,
    }  # fmt: skip


THREE_SESSIONS = """
slug: art-et-féminisme
timezone: America/Toronto
sessions:
  - {start: 2020-04-08T14:00, end: 2020-04-08T17:00, title: First}
  - {start: 2020-04-15T14:00, end: 2020-04-15T17:00, title: Second}
  - {start: 2020-04-22T14:00, end: 2020-04-22T17:00, title: Third}
wikis: [enwiki, frwiki]
participants: [Ada, Ben]
"""


def test_thread_18a_three_sessions_are_one_program_and_the_gaps_between_them_do_not_count(world: World) -> None:
    """ "One dashboard for three sessions: participants say that their edits are not tracked." It took one window."""
    world.apply(THREE_SESSIONS)
    wiki, french = english(world), world.wiki("fr.wikipedia.org", "frwiki", "fr")
    wiki.new("Ada", "Kenojuak Ashevak", 900, day(4, 8, "18:05"))
    french.edit("Ben", "Kenojuak Ashevak", 200, day(4, 15, "20:59"))
    late = french.edit("Ben", "Kenojuak Ashevak", 150, day(4, 15, "21:14"))
    between = wiki.edit("Ada", "Kenojuak Ashevak", 100, day(4, 12, "18:30"))
    wiki.edit("Ada", "Kenojuak Ashevak", 60, day(4, 22, "18:00"))
    early = wiki.edit("Ada", "Kenojuak Ashevak", 1, day(4, 8, "14:00"))
    world.read()
    sessions = world.parts("art-et-féminisme", "session")
    assert [(one["title"], one["edits"], one["bytes_added"]) for one in sessions.values()] == [
        ("First", 1, 900),
        ("Second", 1, 200),
        ("Third", 1, 60),
    ]
    assert world.totals("art-et-féminisme")["edits"] == 3
    assert world.edits("art-et-féminisme", session="Second") == {"Ben": 1}
    verdict, reason = world.why("art-et-féminisme", french, late)
    assert verdict == "after_window"
    assert "14 min after the end of" in reason
    assert "Second" in reason
    assert world.why("art-et-féminisme", wiki, between)[0] == "after_window"
    verdict, reason = world.why("art-et-féminisme", wiki, early)
    assert (verdict, "4 hours before" in reason) == ("before_window", True)


def test_thread_20_enrolling_twice_is_enrolling_once_and_choices_stay(world: World) -> None:
    """ "I enrolled twice and chose two articles; at every visit I am told that I am not enrolled.\""""
    file = """
slug: ipiranga
start: 2020-05-01T00:00
end: 2020-06-01T00:00
wiki: ptwiki
hashtags: [ipiranga2020]
"""
    world.apply(file)
    wiki = portuguese(world)
    world.now = day(5, 2)
    (receipt,) = world.decide(Join("ipiranga", "Iara", own=True), actor="Iara").events
    world.decide(Assign("ipiranga", "Iara", Page("Grito do Ipiranga")), actor="Iara")
    world.decide(Assign("ipiranga", "Iara", Page("Museu do Ipiranga")), actor="Iara")
    assert receipt.event_id
    assert world.decide(Join("ipiranga", "Iara", own=True), actor="Iara").events == ()
    wiki.edit("Iara", "Grito do Ipiranga", 500, day(5, 3))
    world.read()
    world.apply(file.replace("ipiranga2020]", "ipiranga2020, independência]"))
    world.restart()
    assert world.person("ipiranga", "Iara")["enrolled"]
    assert world.edits("ipiranga") == {"Iara": 1}
    (iara,) = world.commands.state("ipiranga").program.participants
    assert [page.title for page in iara.pages] == ["Grito do Ipiranga", "Museu do Ipiranga"]


def test_thread_21a_each_of_80_000_characters_is_accounted_for(world: World) -> None:
    """ "At least 80,000 characters and many images of mine since I enrolled are not counted.\""""
    file = """
slug: mulheres
start: 2020-05-01T00:00
end: 2020-06-01T00:00
wikis: [ptwiki{more}]
participants: [Iara]
"""
    world.apply(file.format(more=""))
    wiki, commons = portuguese(world), world.wiki("commons.wikimedia.org", "commonswiki")
    expected: dict[str, tuple[int, int, int]] = {
        "counted": (40, 0, 30_000),
        "namespace_not_tracked": (25, 0, 35_000),
        "page_deleted": (5, 0, 10_000),
        "wiki_not_tracked": (5, 12, 5_000),
    }
    for number in range(40):
        wiki.edit("Iara", f"Artigo {number}", 750, day(5, 2, f"10:{number:02}"))
    for number in range(25):
        wiki.edit("Iara", "Usuária:Iara/Testes", 1400, day(5, 3, f"10:{number:02}"))
    for number in range(5):
        wiki.edit("Iara", "Cópia", 2000, day(5, 4, f"10:{number:02}"))
        commons.edit("Iara", f"File:{number}.jpg", 1000, day(5, 5, f"10:{number:02}"))
    for number in range(12):
        commons.upload("Iara", f"File:Foto {number}.jpg", day(5, 6, f"10:{number:02}"))
    wiki.delete("Admin", "Cópia", day(5, 7))
    world.read()
    iara = world.person("mulheres", "Iara")
    assert {one["verdict"]: (one["edits"], one["uploads"], one["bytes_added"]) for one in iara["sums"]} == expected
    assert iara["total"] == {"edits": 75, "uploads": 12, "bytes_added": 80_000}
    assert adds_up(iara)
    assert len(iara["entries"]) == 87
    world.apply(file.format(more=", commonswiki"))
    assert world.totals("mulheres")["uploads"] == 12
    assert world.person("mulheres", "Iara")["total"] == iara["total"]


def test_thread_21b_edits_that_a_tool_makes_are_shown_as_such(world: World) -> None:
    """ "I believe that the edits with the tag [2.1] are those that count": they are the tool's own."""
    world.apply("""
slug: mulheres
start: 2020-05-01T00:00
end: 2020-06-01T00:00
wiki: enwiki
namespaces: [0, 2]
participants: [Iara]
""")
    wiki = english(world)
    tagged = wiki.edit("Iara", "User:Iara", 90, day(5, 2))
    told = "User has enrolled in [[Wikipedia:Wiki_Ed/Rice_University/Poverty_(Fall_2026)]]."
    summarised = wiki.edit("Iara", "User:Iara", 60, day(5, 3), comment=told)
    own = wiki.edit("Iara", "Carolina de Jesus", 500, day(5, 4))
    world.read()
    assert world.edits("mulheres") == {"Iara": 2}
    wiki.tag(tagged, "OAuth CID: 4978", at=day(5, 2, "00:01"))
    world.read()
    assert world.edits("mulheres") == {"Iara": 1}
    assert [world.why("mulheres", wiki, one)[0] for one in (tagged, summarised, own)] == [
        "tool_edit", "tool_edit", "counted",
    ]  # fmt: skip
    assert "OAuth CID: 4978" in world.why("mulheres", wiki, tagged)[1]
    assert "Edits that a program tool makes in a participant's name do not count." in world.rules("mulheres")


def test_thread_22_a_wiki_of_last_week_counts_all_of_its_volunteers(world: World) -> None:
    """ "Of one of six volunteers only a few edits on the Gorontalo Wikipedia count": a new wiki, half supported."""
    names = ["Abdul", "Budi", "Citra", "Dewi", "Eka", "Fitri"]
    file = f"""
slug: gorontalo
start: 2020-06-01T00:00
end: 2020-07-01T00:00
wiki: gor.wikipedia.org
participants: [{", ".join(names)}]
"""
    world.apply(file)
    wiki = world.wiki("gor.wikipedia.org", "gorwiki", Ta_ohu_o_ogua=2)
    for number, name in enumerate(names):
        for minute in range(10):
            wiki.edit(name, f"Hulontalo {number}", 100 + minute, day(6, 2 + number, f"08:{minute:02}"))
        wiki.new(name, f"User:{name}/Molalahu", 400, day(6, 2 + number, "09:00"))
        wiki.move(name, f"User:{name}/Molalahu", f"Molalahu {number}", day(6, 2 + number, "09:30"))
    world.read()
    assert world.edits("gorontalo") == dict.fromkeys(names, 11)
    assert world.totals("gorontalo")["articles_created"] == 6
    seen = world.sql("SELECT count() FROM facts FINAL WHERE wiki = 'gor.wikipedia.org' AND kind = 'edit'")
    assert seen == [(66,)], "what was seen of the wiki is what was counted"
    for name in names:
        assert [one["verdict"] for one in world.person("gorontalo", name)["sums"]] == ["counted"]
    world.apply(file.replace("gor.wiki", "grr.wiki"))
    assert "Nothing was ever read of grr.wikipedia.org: is the name right? Did you mean gor.wikipedia.org?" in (
        world.quiet("gorontalo")
    )


def test_thread_23_leaving_by_accident_and_coming_back_loses_nothing(world: World) -> None:
    """ "I un-enrolled by accident, could not join twice, then was in again: all back to zero.\""""
    world.apply("""
slug: museumstag
timezone: Europe/Berlin
start: 2020-05-17T09:00
end: 2020-05-17T18:00
wikis: [dewiki, commonswiki, wikidatawiki]
namespaces: {default: [0], commonswiki: [0, 6]}
participants: [Ada, Ben]
""")
    german = world.wiki("de.wikipedia.org", "dewiki", "de", Benutzerin=2)
    commons = world.wiki("commons.wikimedia.org", "commonswiki")
    wikidata = world.wiki("www.wikidata.org", "wikidatawiki")
    german.edit("Ben", "Gemäldegalerie", 700, day(5, 17, "08:00"))
    for number in range(3):
        commons.upload("Ben", f"File:Bild {number}.jpg", day(5, 17, f"09:0{number}"))
    commons.edit("Ben", "File:Bild 0.jpg", 30, day(5, 17, "09:30"))
    commons.categorize("Ben", "File:Bild 0.jpg", "Category:Museum Day 2020", day(5, 17, "09:30"))
    wikidata.edit("Ben", "Q165631", 400, day(5, 17, "10:00"), comment="/* wbsetclaim-create:2||1 */ [[Property:P17]]")
    wikidata.edit("Ben", "Q165631", 90, day(5, 17, "10:01"), comment="/* wbsetlabel-add:1|de */ Gemäldegalerie")
    world.read()
    (before,) = world.board("museumstag")["standings"]
    assert (before["edits"], before["uploads"], before["wikidata_actions"]) == (4, 3, 2)

    world.decide(Leave("museumstag", "Ben"), actor="Ben")
    assert world.board("museumstag")["standings"] == []
    commons.upload("Ben", "File:Bild 9.jpg", day(5, 17, "15:00"))
    world.read()
    (event,) = world.decide(Join("museumstag", "Ben", own=True), actor="Ben").events
    assert event.version == 3
    assert world.decide(Join("museumstag", "Ben", own=True), actor="Ben").events == ()
    (after,) = world.board("museumstag")["standings"]
    assert after == {**before, "uploads": 4, "last_edit_at": "2020-05-17T15:00:00Z"}
    assert {key: part["edits"] for key, part in world.parts("museumstag", "action").items() if key} == {
        "claim_added": 1, "label_added": 1,
    }  # fmt: skip
    assert world.parts("museumstag", "namespace")["6"]["edits"] == 1
    assert {one["cause_kind"] for one in world.ledger("museumstag")} >= {"program/left", "program/joined"}


def test_thread_23_who_leaves_at_a_time_keeps_what_they_did_until_then(world: World) -> None:
    """Leaving and coming back are two periods of one membership."""
    world.apply("""
slug: museumstag
start: 2020-05-17T09:00
end: 2020-05-17T18:00
wiki: dewiki
participants: [Ben]
""")
    german = world.wiki("de.wikipedia.org", "dewiki", "de")
    revisions = [german.edit("Ben", "Gemäldegalerie", 100, day(5, 17, f"{hour}:30")) for hour in (10, 12, 14)]
    world.read()
    world.decide(Leave("museumstag", "Ben", day(5, 17, "12:00")), Join("museumstag", "Ben", since=day(5, 17, "14:00")))
    assert [world.why("museumstag", german, one)[0] for one in revisions] == ["counted", "not_enrolled", "counted"]


async def _frames(world: World, slug: str) -> list[bytes]:
    """What somebody who follows the board is sent: as it is, and again once an edit was read."""
    live = Live(StoreBoards(world.store, world.clock), metrics=NoMetrics())
    frames = live.follow(slug, Metric.EDITS)
    seen = [await anext(frames), await anext(frames)]
    live.changed(await asyncio.to_thread(world.read))
    seen.append(await anext(frames))
    await frames.aclose()
    live.close()
    return seen[1:]


def test_thread_24_the_table_says_how_old_it_is_and_changes_by_itself(world: World) -> None:
    """ "The table is not updated when I look: is that normal?\""""
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
    """ "It does not track our editors": the database that it read from lagged, and nobody could see it."""
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
    """ "Five programs: the last updates were 2 hours to 11 days ago, later the more participants they have.\""""
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
    """ "We need the final results within days": nobody waits for an update, and what comes later changes no result."""
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
    """ "Data is not tracking": none of the editors had edited while the program ran."""
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
    """ "I clicked Update Statistics, and still there is nothing.\""""
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


GENERIC = """
slug: towns
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: igwiki
participants: [Ngozi, Obi, Uche]
"""


def two_hundred_edits(wiki: LittleWiki) -> None:
    """9 articles created, and 200 edits of them."""
    names = ("Ngozi", "Obi", "Uche")
    for number in range(9):
        wiki.new(names[number % 3], f"Obodo {number}", 1000, day(2, 21, f"10:0{number}"))
    for number in range(200):
        at = day(2, 22) + timedelta(minutes=number)
        wiki.edit(names[number % 3], f"Obodo {number % 9}", 50, at)


def test_thread_30_a_change_of_kind_cannot_silently_zero_the_statistics(world: World) -> None:
    """ "All statistics are zero; yesterday 9 articles and more than 200 edits. Can an earlier date be restored?"

    The kind of the program had been changed to one that counts listed articles only, and none were listed.
    """
    world.apply(GENERIC)
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
    world.apply(GENERIC + "version: 2\n", reason="generic again")
    assert world.board("towns")["standings"] == yesterday["standings"]
    assert world.commands.events("towns")[0] == before
    assert world.totals("towns", as_of=day(3, 1) + timedelta(seconds=1.5))["edits"] == 0


def test_thread_30_the_command_shows_what_would_go_and_asks_first(tmp_path: Path, world: World) -> None:
    """As an organiser at the command line meets it."""
    two_hundred_edits(world.wiki("ig.wikipedia.org", "igwiki"))
    recording, generic, scoped = (tmp_path / name for name in ("stream.ndjson", "generic.yaml", "scoped.yaml"))
    recording.write_bytes(b"\n".join(world.stream.take()))
    generic.write_text(GENERIC)
    scoped.write_text(GENERIC + "scope: []\n")
    data = ("--data", tmp_path / "store")
    wikitally("replay", recording, "--programs", generic, *data)
    refused = wikitally("programs", "apply", scoped, *data, code=2)
    assert "- 209 edits, 3 editors, 9 pages, 19,000 bytes added" in refused
    assert "! the scope is empty: no page can count" in refused
    assert "nothing was applied" in refused
    wikitally("programs", "apply", scoped, "--yes", *data)
    (gone,) = orjson.loads(wikitally("programs", "preview", generic, "--json", *data))
    assert (gone["now"]["edits"], gone["plus"]["edits"]) == (0, 209)
    wikitally("programs", "apply", generic, *data)
    board = orjson.loads(wikitally("leaderboard", "towns", "--format", "json", *data))
    assert (board["totals"]["edits"], board["totals"]["articles_created"]) == (209, 9)


def test_thread_32_a_draft_that_is_moved_months_after_the_end_counts(world: World) -> None:
    """ "Not updated for three months": updates ended 30 days after the program, and with them the news of moves."""
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
    """ "Articles that were created are gone, in the download too": the contest could not be scored."""
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
    """ "The articles that I selected and the first that I created have vanished.\""""
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
    """ "For the third time, articles that were added one day are gone the next.\""""
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
