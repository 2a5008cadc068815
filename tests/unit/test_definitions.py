from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import InvalidPrograms
from processors.facts.hashtags import hashtags
from processors.facts.titles import canonical_title, canonical_user, namespaces_for
from processors.programs.definition_build import merge_periods
from processors.programs.definition_shape import GOALS, POINTS
from processors.programs.definitions import Written, dump_programs, parse_documents, parse_programs
from processors.programs.program import (
    CategoryScope,
    ExcludedPage,
    ExcludedRevision,
    ExcludedUser,
    Exclusions,
    Membership,
    Page,
    Participant,
    Period,
    PrefixScope,
    Program,
    Session,
    Side,
    TitlesScope,
    Visibility,
)

MINIMAL = """\
slug: saturday
start: 2026-11-08T14:00
end: 2026-11-08T17:00
wiki: enwiki
participants: [ada_B., No, 1234]
"""
FULL = """\
slug: women-in-red-2026-11
title: Women in Red, November 2026
timezone: Europe/Paris
sessions:
  - {start: 2026-11-08T14:00, end: 2026-11-08T17:00, title: Saturday}
  - {start: 2026-11-15T14:00Z, end: "2026-11-15 17:00:30+02:00"}
wikis: [en.wikipedia.org, "*.wikisource.org", commons]
namespaces: {default: [0], "*.wikisource.org": [0, 104, 106], commons: all}
participants:
  - Ada B.
  - {user: Chén Xiǎomíng, team: blue, joined: 2026-11-15T14:00}
  - {user: Dora, left: 2026-11-08T16:00, hidden: true, pages: [marie Curie, {title: eos, wiki: frwiki}]}
  - user: Eve
    periods: [{joined: 2026-11-15T15:00}, {left: 2026-11-08T15:00}]
organisers: [user:Olga]
open: false
hashtags: ["#WikiPink", 1lib1ref]
scope:
  any:
    - {category: "Category:women_scientists", wiki: enwiki, depth: 2, side: talk}
    - {titles: [marie Curie], wiki: fr.wikipedia.org}
    - {prefix: "Page:Book.djvu/", wiki: fr.wikisource.org}
  except:
    - {titles: [pierre Curie]}
    - {category: Living people, wiki: enwiki}
  membership: now
exclude:
  bots: false
  minor: yes
  tools: no
  users: [tool bot, {user: Mallory, reason: spam}]
  titles: [sandbox, {title: draft, wiki: frwiki, reason: a trial}]
  revisions: [{wiki: enwiki, rev: 123, reason: copied}, {wiki: frwiki, rev: 9}]
visibility: unlisted
goals: {articles_created: 50, new_editors: 5}
points: {edit: 0, article_created: 100, per_1000_bytes: 0.5, reverted: -2}
campaigns: [women-in-red, suffrage-science]
expires: 2026-12-31T00:00
new_editor_days: 30
hide_names_after_days: 90
"""


DUMPED = """\
slug: women-in-red-2026-11
title: Women in Red, November 2026
timezone: Europe/Paris
sessions:
- {start: '2026-11-08T14:00+01:00', end: '2026-11-08T17:00+01:00', title: Saturday}
- {start: '2026-11-15T15:00+01:00', end: '2026-11-15T16:00:30+01:00'}
wikis: [en.wikipedia.org, '*.wikisource.org', commons.wikimedia.org]
namespaces:
  default: [0]
  '*.wikisource.org': [0, 104, 106]
  commons.wikimedia.org: all
participants:
- Ada B.
- {user: Chén Xiǎomíng, team: blue, joined: '2026-11-15T14:00+01:00'}
- {user: Dora, left: '2026-11-08T16:00+01:00', hidden: true, pages: [Marie Curie, {title: Eos, wiki: fr.wikipedia.org}]}
- {user: Eve, periods: [{left: '2026-11-08T15:00+01:00'}, {joined: '2026-11-15T15:00+01:00'}]}
organisers:
- Olga
hashtags: [wikipink, 1lib1ref]
scope:
  any:
  - {category: 'Category:Women scientists', wiki: en.wikipedia.org, depth: 2, side: talk}
  - titles:
    - Marie Curie
    wiki: fr.wikipedia.org
  - {prefix: 'Page:Book.djvu/', wiki: fr.wikisource.org}
  except:
  - titles:
    - Pierre Curie
  - {category: 'Category:Living people', wiki: en.wikipedia.org}
  membership: now
exclude:
  bots: false
  minor: true
  tools: false
  users:
  - Tool bot
  - {user: Mallory, reason: spam}
  titles:
  - Sandbox
  - {title: Draft, wiki: fr.wikipedia.org, reason: a trial}
  revisions:
  - {wiki: en.wikipedia.org, rev: 123, reason: copied}
  - {wiki: fr.wikipedia.org, rev: 9}
visibility: unlisted
goals: {articles_created: 50, new_editors: 5}
points: {edit: 0, article_created: 100, per_1000_bytes: 0.5, reverted: -2}
campaigns: [women-in-red, suffrage-science]
expires: 2026-12-31T00:00+01:00
new_editor_days: 30
hide_names_after_days: 90
"""
TEN = "2026-11-08T10:00"


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidPrograms) as refused:
        parse_programs(text, source="programs.yaml")
    return [str(problem) for problem in refused.value.problems]


def with_line(line: str, base: str = MINIMAL) -> str:
    """`base` with the line of that key replaced or added."""
    key = line.partition(":")[0] + ":"
    kept = [one for one in base.splitlines() if not one.startswith(key)]
    return "\n".join([*kept, line])


def test_the_least_that_a_program_needs() -> None:
    (program,) = parse_programs(MINIMAL, source="programs.yaml")
    assert program == Program(
        slug="saturday",
        title="saturday",
        sessions=(Session(at(8, 14), at(8, 17)),),
        wikis=("en.wikipedia.org",),
        participants=(Participant("Ada B."), Participant("No"), Participant("1234")),
    )


def test_everything_that_a_program_can_say() -> None:
    (program,) = parse_programs(FULL, source="programs.yaml")
    assert program == Program(
        slug="women-in-red-2026-11",
        title="Women in Red, November 2026",
        timezone="Europe/Paris",
        sessions=(Session(at(8, 13), at(8, 16), "Saturday"), Session(at(15, 14), at(15, 15, 0, 30))),
        wikis=("en.wikipedia.org", "*.wikisource.org", "commons.wikimedia.org"),
        namespaces=(
            ("default", frozenset({0})),
            ("*.wikisource.org", frozenset({0, 104, 106})),
            ("commons.wikimedia.org", None),
        ),
        participants=(
            Participant("Ada B."),
            Participant("Chén Xiǎomíng", "blue", (Period(at(15, 13)),)),
            Participant(
                "Dora",
                periods=(Period(None, at(8, 15)),),
                hidden=True,
                pages=(Page("Marie Curie"), Page("Eos", "fr.wikipedia.org")),
            ),
            Participant("Eve", periods=(Period(None, at(8, 14)), Period(at(15, 14)))),
        ),
        organisers=("Olga",),
        hashtags=("wikipink", "1lib1ref"),
        scope=(
            CategoryScope("en.wikipedia.org", "Category:Women scientists", 2, Side.TALK),
            TitlesScope(frozenset({"Marie Curie"}), "fr.wikipedia.org"),
            PrefixScope("Page:Book.djvu/", "fr.wikisource.org"),
        ),
        outside=(
            TitlesScope(frozenset({"Pierre Curie"})),
            CategoryScope("en.wikipedia.org", "Category:Living people"),
        ),
        membership=Membership.NOW,
        exclude=Exclusions(
            bots=False,
            minor=True,
            tools=False,
            users=(ExcludedUser("Tool bot"), ExcludedUser("Mallory", "spam")),
            titles=(ExcludedPage(Page("Sandbox")), ExcludedPage(Page("Draft", "fr.wikipedia.org"), "a trial")),
            revisions=(
                ExcludedRevision("en.wikipedia.org", 123, "copied"),
                ExcludedRevision("fr.wikipedia.org", 9),
            ),
        ),
        visibility=Visibility.UNLISTED,
        goals=(("articles_created", 50), ("new_editors", 5)),
        points=(("edit", 0.0), ("article_created", 100.0), ("per_1000_bytes", 0.5), ("reverted", -2.0)),
        campaigns=("women-in-red", "suffrage-science"),
        expires=datetime(2026, 12, 30, 23, tzinfo=UTC),
        new_editor_days=30,
        hide_names_after_days=90,
    )


def test_a_text_may_hold_several_programs_or_none() -> None:
    other = MINIMAL.replace("saturday", "sunday")
    assert [one.slug for one in parse_programs(f"{MINIMAL}---\n{other}", source="f")] == ["saturday", "sunday"]
    assert parse_programs("", source="f") == []
    assert parse_programs("# only a comment\n---\n", source="f") == []


def test_a_list_may_be_pasted_as_lines() -> None:
    text = with_line("participants: |\n  Ada B.\n\n  User:Ben\n  Ada B.")
    (program,) = parse_programs(text, source="f")
    assert [one.user for one in program.participants] == ["Ada B.", "Ben"]


@pytest.mark.parametrize(
    ("scope", "meant"),
    [
        ("scope: {category: Women}", (CategoryScope("en.wikipedia.org", "Category:Women"),)),
        ("scope: [{category: 'category:women'}]", (CategoryScope("en.wikipedia.org", "Category:Women"),)),
        ("scope: [{titles: a}, {prefix: b}]", (TitlesScope(frozenset({"A"})), PrefixScope("B"))),
        ("scope: {any: []}", ()),
    ],
)
def test_a_scope_may_be_short(scope: str, meant: tuple[object, ...]) -> None:
    (program,) = parse_programs(with_line(scope), source="f")
    assert program.scope == meant


def test_a_category_gets_the_name_that_its_wiki_uses() -> None:
    text = with_line("scope: {category: 'Category:femme'}", with_line("wiki: frwiki"))
    (program,) = parse_programs(text, source="f")
    assert program.scope == (CategoryScope("fr.wikipedia.org", "Catégorie:Femme"),)


def test_a_wiktionary_keeps_small_letters() -> None:
    text = with_line("scope: {titles: [cat]}", with_line("wiki: enwiktionary"))
    (program,) = parse_programs(text, source="f")
    assert program.scope == (TitlesScope(frozenset({"cat"})),)


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("tilte: x", "tilte", "unknown key; did you mean title?"),
        ("slug: a b", "slug", "'a b' is no slug"),
        ("title: ''", "title", "is empty"),
        ("start: 2026-11-08", "sessions[0].start", "is a day without a time; write 2026-11-08T00:00"),
        ("start: tomorrow", "sessions[0].start", "is not a time; write it as 2026-11-08T14:00"),
        ("start: 2026-13-08T14:00", "sessions[0].start", "month must be in 1..12"),
        ("start: 0001-01-01T00:00+14:00", "sessions[0].start", "is out of range"),
        ("end: 2026-11-08T13:00", "sessions[0]", "ends before it starts"),
        ("end: 2026-11-08T14:00", "sessions[0]", "ends when it starts"),
        ("timezone: Europe/Pariss", "timezone", "did you mean Europe/Paris?"),
        ("wiki: en.wikipedai.org", "wikis[0]", "did you mean en.wikipedia.org?"),
        ("wikis: []", "wikis", "at least 1 item"),
        ("wikis: [enwiki, en.wikipedia]", "wikis", "en.wikipedia.org is named 2 times"),
        ("namespaces: [x]", "namespaces.default[0]", "should be a valid integer"),
        ("namespaces: [-1]", "namespaces.default[0]", "greater than or equal to 0"),
        ("namespaces: {frwiki: all}", "namespaces.fr.wikipedia.org", "is not among the program's wikis"),
        ("namespaces: {enwiki: [0], en.wikipedia: all}", "namespaces", "a wiki is named twice"),
        ("participants: [1.2.3.4]", "participants[0].user", "is an IP address"),
        ("participants: ['a|b']", "participants[0].user", "'|'"),
        ("participants: [Ada/x]", "participants[0].user", "is no user name"),
        ("participants: [' ']", "participants[0].user", "is empty"),
        ("participants: [~]", "participants[0]", "is empty; give it a value or remove the key"),
        ("participants: [{team: x}]", "participants[0].user", "is missing"),
        ("participants: [{user: A, taem: x}]", "participants[0].taem", "did you mean team?"),
        ("participants: [A, {user: a, team: x}]", "participants[1]", "A is already participant [0]"),
        ("participants: [A, {user: a, periods: [{}]}, {user: a, hidden: yes}]", "participants[2]", "with another"),
        ("participants: [{user: A, left: soon}]", "participants[0].left", "is not a time"),
        (f"participants: [{{user: A, joined: {TEN}, left: {TEN}}}]", "participants[0]", "left is to be after joined"),
        (f"participants: [{{user: A, joined: {TEN}, periods: []}}]", "participants[0]", "put these into the periods"),
        (
            f"participants: [{{user: A, periods: [{{since: {TEN}}}]}}]",
            "participants[0].periods[0].since",
            "joined, left",
        ),
        (
            "participants: [{user: A, pages: [{title: B, wkii: x}]}]",
            "participants[0].pages[0].wkii",
            "did you mean wiki?",
        ),
        ("organisers: [1.2.3.4]", "organisers[0]", "is an IP address"),
        ("hashtags: [a b]", "hashtags[0]", "'a b' is no hashtag"),
        ("hashtags: ['2026']", "hashtags[0]", "'2026' is no hashtag"),
        ("hashtags: ['#']", "hashtags[0]", "'#' is no hashtag"),
        ("hashtags:\n- #wir", "hashtags[0]", "a # begins a comment here"),
        ("campaigns: [a b]", "campaigns[0]", "is no slug"),
        ("expires: 2026-11-08", "expires", "is a day without a time"),
        ("new_editor_days: -1", "new_editor_days", "greater than or equal to 0"),
        ("new_editor_days: 1.5", "new_editor_days", "valid integer"),
        ("hide_names_after_days: 99999", "hide_names_after_days", "less than or equal to 36500"),
        ("version: 0", "version", "greater than or equal to 1"),
        ("version: draft", "version", "valid integer"),
        ("open: maybe", "open", "should be a valid boolean"),
        ("scope: [{}]", "scope.any[0]", "one of category, titles and prefix"),
        ("scope: [{category: A, prefix: B}]", "scope.any[0]", "and has category and prefix"),
        ("scope: [{categry: A}]", "scope.any[0].categry", "did you mean category?"),
        ("scope: [{prefix: A, depth: 1}]", "scope.any[0]", "depth and side go with a category"),
        ("scope: [{category: 'Talk:A'}]", "scope.any[0].category", "is not the title of a category"),
        ("scope: [{category: A, wiki: '*.wikisource.org'}]", "scope.any[0].wiki", "is a family"),
        ("scope: {membership: then}", "scope.membership", "should be 'at_edit' or 'now'"),
        ("scope: {except: [{}]}", "scope.except[0]", "one of category, titles and prefix"),
        ("scope: {except: [{categry: A}]}", "scope.except[0].categry", "did you mean category?"),
        ("scope: {except: [{category: 'Talk:A'}]}", "scope.except[0].category", "is not the title of a category"),
        ("scope: {excpt: []}", "scope.excpt", "did you mean except?"),
        ("scope: {outside: []}", "scope.outside", "unknown key"),
        ("exclude: {bot: yes}", "exclude.bot", "did you mean bots?"),
        ("exclude: {users: [A, {user: a, reason: x}]}", "exclude.users[1]", "A is already in [0]"),
        ("exclude: {titles: [A, {title: a, reason: x}]}", "exclude.titles[1]", "A is already in [0]"),
        ("exclude: {titles: [{title: 'a|b'}]}", "exclude.titles[0].title", "'|'"),
        ("exclude: {revisions: [0]}", "exclude.revisions[0].rev", "greater than or equal to 1"),
        ("exclude: {revisions: [9223372036854775808]}", "exclude.revisions[0].rev", "less than"),
        ("exclude: {revisions: [{rev: 1, wiki: '*'}]}", "exclude.revisions[0].wiki", "is a family"),
        ("exclude: {revisions: [1, {rev: 1, reason: x}]}", "exclude.revisions[1]", "1 is already in [0]"),
        ("exclude:", "exclude", "is empty; give it a value or remove the key"),
        ("visibility: publik", "visibility", "should be 'public', 'unlisted' or 'private'"),
        ("goals: {edit: 5}", "goals.edit", "unknown; did you mean edits?"),
        ("goals: {new_editrs: 5}", "goals.new_editrs", "did you mean new_editors?"),
        ("points: {edit: nan}", "points.edit", "finite"),
        ("points: {new_editor: 1}", "points.new_editor", "unknown; "),
    ],
)
def test_a_broken_rule_is_named_with_its_place(line: str, place: str, message: str) -> None:
    slug = "a b" if line.startswith("slug") else "saturday"
    base = with_line("wiki: enwiki") if not line.startswith("wikis") else MINIMAL.replace("wiki: enwiki\n", "")
    (problem,) = problems(with_line(line, base))
    assert problem.startswith(f"programs.yaml: {slug}: {place}: "), problem
    assert message in problem


def test_all_broken_rules_are_told_at_once() -> None:
    text = "slug: x\nstart: never\nend: 2026-11-08T17:00\nwiki: nowhere\nopen: maybe\n---\n- y\n---\nslug: z\n"
    found = problems(text)
    assert [one.split(": ")[1:3] for one in found[:3]] == [["x", "sessions[0].start"], ["x", "wikis[0]"], ["x", "open"]]
    assert "programs.yaml: program 2: a program is a mapping" in found[3]
    assert {one.split(": ")[2] for one in found[4:]} == {"sessions", "wikis"}
    assert all("(line " in one for one in found)


def test_a_problem_names_its_line() -> None:
    (problem,) = problems(FULL.replace("team: blue", "taem: blue"))
    assert problem.endswith("(line 11)")


def test_somebody_has_to_be_able_to_take_part() -> None:
    text = MINIMAL.replace("participants: [ada_B., No, 1234]\n", "")
    (problem,) = problems(text)
    assert "participants: is missing; name those who take part, or write `open: true`" in problem
    assert parse_programs(text + "open: true", source="f")[0].open
    assert parse_programs(text + "participants: []", source="f")[0].participants == ()


def test_a_category_needs_its_wiki_where_there_are_several() -> None:
    text = MINIMAL.replace("wiki: enwiki", "wikis: [enwiki, frwiki]")
    (problem,) = problems(text + "scope: {category: A}")
    assert "scope.any[0].wiki: is missing" in problem
    (problem,) = problems(text + "exclude: {revisions: [1]}")
    assert "exclude.revisions[0].wiki: is missing" in problem


def test_a_hashtag_is_a_way_to_take_part() -> None:
    text = MINIMAL.replace("participants: [ada_B., No, 1234]", "hashtags: [wir]")
    (program,) = parse_programs(text, source="f")
    assert (program.participants, program.hashtags) == ((), ("wir",))
    (problem,) = problems(text.replace("[wir]", "[]"))
    assert "participants: is missing" in problem


def test_a_scope_may_be_every_page_but_some() -> None:
    (program,) = parse_programs(with_line("scope: {except: [{prefix: list of}]}"), source="f")
    assert program.scope is None
    assert program.outside == (PrefixScope("List of"),)
    (short,) = parse_programs(with_line("scope: {prefix: list, except: [{titles: list}]}"), source="f")
    assert short.scope == (PrefixScope("List"),)
    assert short.outside == (TitlesScope(frozenset({"List"})),)


def test_the_only_wiki_says_how_titles_are_written_and_of_which_wiki_a_revision_is() -> None:
    text = with_line("exclude: {titles: ['user:ada/x'], revisions: [5]}", with_line("wiki: dewiki"))
    (program,) = parse_programs(text, source="f")
    assert program.exclude.titles == (ExcludedPage(Page("Benutzer:Ada/x")),)
    assert program.exclude.revisions == (ExcludedRevision("de.wikipedia.org", 5),)


def test_periods_are_put_in_order_and_joined_where_they_meet() -> None:
    periods = "{joined: 2026-11-08T14:00, left: 2026-11-08T15:00}"
    periods += ", {left: 2026-11-08T12:00}, {joined: 2026-11-08T15:00, left: 2026-11-08T16:00}"
    periods += ", {joined: 2026-11-08T11:00, left: 2026-11-08T11:30}"
    (program,) = parse_programs(with_line(f"participants: [{{user: A, periods: [{periods}]}}]"), source="f")
    assert program.participants[0].periods == (Period(None, at(8, 12)), Period(at(8, 14), at(8, 16)))


def test_whoever_has_no_period_has_left_for_good() -> None:
    (program,) = parse_programs(with_line("participants: [{user: A, periods: []}]"), source="f")
    assert program.participants == (Participant("A", periods=()),)


def test_a_text_may_say_which_version_it_was_made_from() -> None:
    (one, other) = parse_documents(f"version: 7\n{MINIMAL}---\n{MINIMAL.replace('saturday', 'b')}", source="f")
    assert (one.version, other.version) == (7, None)
    text = dump_programs([one.program, other.program], {"saturday": 7})
    assert text.startswith("slug: saturday\nversion: 7\ntitle: saturday\n")
    assert parse_documents(text, source="f") == [Written(one.program, 7), other]


def test_a_program_is_written_so_that_one_change_changes_one_line() -> None:
    text = dump_programs(parse_programs(FULL, source="f"))
    assert text == DUMPED
    lines = set(text.splitlines())
    (program,) = parse_programs(text.replace("- Ada B.\n", "- Ada B.\n- Zoë\n"), source="f")
    assert set(dump_programs([program]).splitlines()) - lines == {"- Zoë"}


def test_a_slug_is_given_once() -> None:
    (problem,) = problems(f"{MINIMAL}---\n{MINIMAL}")
    assert problem == "programs.yaml: saturday: slug: the program in line 1 has this slug already (line 7)"


def test_a_key_is_written_once() -> None:
    (problem,) = problems(MINIMAL + "slug: saturday\n")
    assert problem == "programs.yaml: saturday: slug: the key is written twice, in lines 1 and 6 (line 1)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "line 2"),
        ("a: b: c", "mapping values are not allowed"),
        ("a: &x 1\nb: *x", "aliases (*name) are not understood here (line 2)"),
        ("? [a]\n: b", "a key has to be plain text"),
        ("[" * 10_000, "too many levels"),
        ("a: \x00", "control characters"),
        ("hashtags: [#wir]\n", "a # begins a comment, also in a list: leave it out or put it in quotes"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_line(text: str, message: str) -> None:
    (problem,) = problems(text)
    assert problem.startswith("programs.yaml: ")
    assert message in problem


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    text = with_line("timezone: Europe/Paris", with_line("start: 2026-03-29T02:30"))
    (problem,) = problems(text)
    assert "sessions[0].start: does not exist in Europe/Paris: the clocks are put forward over it" in problem


def test_a_time_that_is_there_twice_has_to_say_which() -> None:
    text = with_line("timezone: Europe/Paris", with_line("start: 2026-10-25T02:30"))
    (problem,) = problems(text)
    assert "write 2026-10-25T02:30+02:00 or 2026-10-25T02:30+01:00" in problem
    (program,) = parse_programs(text.replace("02:30", "02:30+01:00"), source="f")
    assert program.start == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x85\u2028\u2029"), max_size=12)
WORD = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FFF), min_size=1, max_size=8).map(
    lambda text: normalize("NFC", text)
)
USERS = WORD.map(canonical_user).filter(bool) | st.sampled_from(["No", "Null", "1234", "2026-11-08", "O'Neil: x", "~"])
TITLES = WORD.map(canonical_title).filter(bool)
WIKIS = st.sampled_from(["en.wikipedia.org", "*.wikisource.org", "*", "www.wikidata.org", "fr.wikipedia.org"])
EXACT = st.sampled_from(["en.wikipedia.org", "fr.wikipedia.org", "commons.wikimedia.org"])
ZONES = st.sampled_from(["UTC", "Europe/Paris", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"])
INSTANTS = st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    start = draw(INSTANTS)
    return Session(start, start + draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=90))), draw(TEXT))


@st.composite
def categories(draw: st.DrawFn) -> CategoryScope:
    wiki = draw(EXACT)
    category = f"{namespaces_for(wiki).name(14)}:{draw(TITLES)}"
    return CategoryScope(wiki, category, draw(st.integers(0, 20)), draw(st.sampled_from(Side)))


SCOPES = st.one_of(
    categories(),
    st.builds(TitlesScope, st.frozensets(TITLES, max_size=3), st.just("") | WIKIS),
    st.builds(PrefixScope, TITLES, st.just("") | WIKIS),
)


T = TypeVar("T")


def unique(values: st.SearchStrategy[T], *, by: Callable[[T], Hashable] = lambda one: one) -> Any:
    """Some values as a tuple, none twice."""
    return st.lists(values, max_size=3, unique_by=by).map(tuple)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    since, until = sorted(draw(st.tuples(INSTANTS, INSTANTS).filter(lambda ends: ends[0] != ends[1])))
    return Period(draw(st.sampled_from([since, None])), draw(st.sampled_from([until, None])))


PERIODS = st.lists(periods(), max_size=3).map(merge_periods)
PAGE = st.builds(Page, TITLES, st.just("") | WIKIS)
PAGES = unique(PAGE)
HASHTAGS = WORD.map(str.casefold).filter(lambda tag: hashtags(f"#{tag}") == {tag} and normalize("NFC", tag) == tag)
EXCLUSIONS = st.builds(
    Exclusions,
    bots=st.booleans(),
    minor=st.booleans(),
    redirects=st.booleans(),
    reverted=st.booleans(),
    tools=st.booleans(),
    users=unique(st.builds(ExcludedUser, USERS, TEXT), by=lambda one: one.user),
    titles=unique(st.builds(ExcludedPage, PAGE, TEXT), by=lambda one: one.page),
    revisions=unique(
        st.builds(ExcludedRevision, EXACT, st.integers(1, 2**63 - 1), TEXT), by=lambda one: (one.wiki, one.rev_id)
    ),
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    wikis = tuple(draw(st.lists(WIKIS, min_size=1, max_size=3, unique=True)))
    numbers = st.none() | st.frozensets(st.integers(0, 3000), max_size=3)
    users = draw(st.lists(USERS, max_size=4, unique=True))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    opened = draw(st.booleans())
    return Program(
        slug=draw(WORD),
        title=draw(TEXT.filter(str.strip)),
        sessions=tuple(draw(st.lists(sessions(), min_size=1, max_size=3))),
        wikis=wikis,
        timezone=draw(ZONES),
        namespaces=tuple(draw(st.dictionaries(st.sampled_from(["default", *wikis]), numbers)).items()),
        participants=tuple(
            Participant(user, draw(TEXT), draw(PERIODS), draw(st.booleans()), draw(PAGES)) for user in users
        ),
        organisers=draw(unique(USERS)),
        open=opened,
        hashtags=draw(unique(HASHTAGS)),
        scope=draw(st.none() | st.lists(SCOPES, max_size=3).map(tuple)),
        outside=tuple(draw(st.lists(SCOPES, max_size=3))),
        membership=draw(st.sampled_from(Membership)),
        exclude=draw(EXCLUSIONS),
        visibility=draw(st.sampled_from(Visibility)),
        goals=tuple(draw(st.dictionaries(st.sampled_from(GOALS), st.integers(0, 10**12))).items()),
        points=tuple(draw(st.dictionaries(st.sampled_from(POINTS), finite)).items()),
        campaigns=draw(unique(WORD)),
        expires=draw(st.none() | INSTANTS),
        new_editor_days=draw(st.integers(0, 36_500)),
        hide_names_after_days=draw(st.none() | st.integers(0, 36_500)),
    )


@given(st.lists(programs(), max_size=2, unique_by=lambda program: program.slug))
def test_what_was_written_is_read_back(written: list[Program]) -> None:
    text = dump_programs(written)
    assert parse_programs(text, source="f") == written
    assert dump_programs(parse_programs(text, source="f")) == text


@given(st.text(max_size=60))
def test_any_text_is_either_programs_or_problems(text: str) -> None:
    with suppress(InvalidPrograms):
        assert isinstance(parse_programs(text, source="f"), list)


@given(st.lists(periods(), max_size=6), INSTANTS)
def test_merged_periods_cover_what_they_covered(some: list[Period], moment: datetime) -> None:
    merged = merge_periods(some)
    moments = [moment, *(end for one in some for end in (one.since, one.until) if end is not None)]
    for at_some_time in moments:
        assert any(one.covers(at_some_time) for one in merged) == any(one.covers(at_some_time) for one in some)
    assert all(
        one.until is not None and after.since is not None and one.until < after.since for one, after in pairwise(merged)
    )
