"""The talk page of the tool that most organisers use, as tests: each thread's situation, and that it can't happen here.

39 threads of January to August 2020, numbered as they stood on the page. Here are those about edits that were "not
tracked"; `test_talk_page_freshness.py` has those about numbers that were old or at zero, `test_talk_page_vanished.py`
what had vanished, `test_talk_page_setup.py` programs, roles and access, `test_talk_page_scope.py` what counts where,
`test_talk_page_commands.py` those in which the tool itself failed.
`docs/questions.md` has the answers. Quotation marks give the gist of what was written, not its words.

Not here: 4 (alerts) and 14 (missing messages in other languages) are other work; 9 and 31 (training pages), 38
(how to make accounts for others; what was made is counted: thread 6) are no business of counting; 19 and 27 asked for
nothing. 7 asked for a place in the portal of wikipedia.org: its lesson, new wikis, is tested.
"""

from __future__ import annotations

from processors.programs.commands import Assign, Join, Leave
from processors.programs.program import Page
from tests.acceptance.world import World, adds_up, day, english, portuguese


def test_thread_17_every_edit_that_is_not_counted_says_why(world: World) -> None:
    """“Our program is not recording edits.” Nobody could say which edits, nor why."""
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
    """“One dashboard for three sessions: participants say that their edits are not tracked.” It took one window."""
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
    """“I enrolled twice and chose two articles; at every visit I am told that I am not enrolled.”"""
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
    """“At least 80,000 characters and many images of mine since I enrolled are not counted.”"""
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
    """“I believe that the edits with the tag [2.1] are those that count”: they are the tool's own."""
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
    """“Of one of six volunteers only a few edits on the Gorontalo Wikipedia count”: a new wiki, half supported."""
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
    """“I un-enrolled by accident, could not join twice, then was in again: all back to zero.”"""
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
