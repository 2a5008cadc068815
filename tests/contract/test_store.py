"""The store's contract, on a real ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.errors import InvalidInput, StoreUnavailable
from processors.facts.decode import Skipped, decode
from processors.facts.facts import ActionKind, Edit, Fact, Position
from processors.judging.contributions import CategoryRef, Cause, Contribution, PageRef, RevisionRef, UserRef
from processors.judging.judge import Verdict
from processors.judging.ledger import Change, entry_key
from processors.numbers.standings import fold_books
from processors.ports.store import Checkpoint, DeadLetter, Gap, RawEvent, Reached
from processors.privacy.hiding import USER, hidings
from processors.programs.definitions import dump_programs
from processors.programs.program import Program, Session, Visibility
from processors.programs.states import ProgramState, Status
from storage.books import entry_from_row
from storage.clickhouse import ClickHouseStore
from storage.connection import Connections
from storage.fact_rows import from_row
from storage.migrating import migrations
from storage.target import Target
from tests.histories import (
    START,
    WIKI,
    categorized,
    deleted,
    edit,
    hidden,
    moved,
    renamed,
    restored,
    tagged,
    uploaded,
)
from tests.recorders import EVENTSTREAMS
from tests.stores import show

NOW = datetime(2026, 11, 8, 15, tzinfo=UTC)


def recorded_facts() -> list[Fact]:
    """Every fact that the recordings hold, once."""
    facts: dict[str, Fact] = {}
    for file in sorted(EVENTSTREAMS.glob("*/*.ndjson")):
        for line in file.read_bytes().splitlines():
            fact = decode(line)
            if not isinstance(fact, Skipped):
                facts[fact.event_id] = fact
    for file in sorted(EVENTSTREAMS.glob("page_change/*.json")):
        fact = decode(file.read_bytes())
        assert isinstance(fact, Fact)
        facts[fact.event_id] = fact
    return list(facts.values())


def all_facts(store: ClickHouseStore) -> dict[str, Fact]:
    rows, columns = store.connections.statement("SELECT * EXCEPT (received_at) FROM facts FINAL")
    names = [name for name, _ in columns]
    return {fact.event_id: fact for fact in (from_row(dict(zip(names, row, strict=True))) for row in rows)}


def test_facts_come_back_as_they_were(store: ClickHouseStore) -> None:
    facts = recorded_facts()
    assert len(facts) > 1000
    store.append(facts, NOW)
    assert all_facts(store) == {fact.event_id: fact for fact in facts}


def test_appending_a_fact_twice_keeps_it_once(store: ClickHouseStore) -> None:
    store.append([edit(1, "A"), edit(2, "B")], NOW)
    store.append([edit(2, "B"), edit(1, "A")], NOW + timedelta(seconds=9))
    assert store.connections.statement("SELECT count() FROM facts FINAL")[0] == [(2,)]


def test_nothing_to_append_is_no_statement(store: ClickHouseStore) -> None:
    store.append([], NOW)
    store.write_changes([], 1)
    store.write_dead_letters([])
    store.write_gaps([], [], 1)
    store.refresh_standings(set(), 1)
    store.write_programs([])


def test_edits_are_found_by_the_titles_they_were_made_at(store: ClickHouseStore) -> None:
    odd = r"O'Brien \ 100% %(x)s"
    store.append([edit(1, "A"), edit(2, "B"), edit(3, odd), deleted(4, "A")], NOW)
    found = store.actions_of_pages({PageRef(WIKI, "A"), PageRef(WIKI, odd), PageRef("de.wikipedia.org", "B")})
    assert {one.rev_id for one in found} == {5001, 5003}


def test_actions_between_are_those_of_the_users_wikis_and_window(store: ClickHouseStore) -> None:
    elsewhere = replace(edit(5, "A", "Ada"), wiki="de.wikipedia.org")
    store.append(
        [edit(0, "A", "Ada"), edit(3, "A", "Ada"), edit(4, "A", "Ben"), elsewhere, uploaded(5, "File:A.png")], NOW
    )
    window = (START + timedelta(seconds=1), START + timedelta(seconds=2))

    def found(users: set[str] | None, first: str = "Ada", last: str = "Ben") -> set[int]:
        return {one.rev_id for one in store.actions_between(*window, [WIKI], users, first, last)}

    assert found({"Ada"}) == {5003, 905}
    assert found(None) == {5003, 5004, 905}
    assert found(None, first="B") == {5004}
    assert found(set()) == set()
    assert store.acting_users(*window, [WIKI], None) == [("Ada", 2), ("Ben", 1)]
    assert store.acting_users(*window, [WIKI], {"Ben", "Eve"}) == [("Ben", 1)]


def test_actions_are_found_by_revision_and_by_user(store: ClickHouseStore) -> None:
    overwrite = replace(uploaded(6, "File:A.png"), log_action="overwrite", overwrite=True)
    store.append([edit(1, "A"), edit(2, "A", "Ben"), edit(3, "A", "Ben"), uploaded(4, "File:A.png"), overwrite], NOW)
    assert [one.rev_id for one in store.actions_of_revisions({RevisionRef(WIKI, 5002)})] == [5002]
    assert list(store.actions_of_revisions({RevisionRef("de.wikipedia.org", 5002)})) == []
    later = START + timedelta(seconds=1)
    assert {one.rev_id for one in store.actions_of_users({UserRef("Ben")}, later, NOW)} == {5003}
    assert {one.rev_id for one in store.actions_of_users({UserRef("Ada")}, START, NOW)} == {5001, 904}


def test_what_the_folds_need_is_recalled(store: ClickHouseStore) -> None:
    one = edit(7, "A")
    logs: list[Fact] = [
        moved(1, "A", "B", over_redirect=True),
        deleted(2, "B"),
        restored(3, "B"),
        hidden(4, "B", 5000, 5),
    ]
    tags: list[Fact] = [tagged(8, one, "mw-reverted"), tagged(9, one, prior=("mw-reverted",))]
    inside = categorized(5, "Category:X", "A")
    rename = renamed(11, "Ada", "Lovelace")
    others = [categorized(6, "Category:Y", "A"), one, tagged(10, one, "mobile edit"), rename]
    store.append([*logs, *tags, inside, *others], NOW)
    assert sorted(store.state_facts([WIKI]), key=lambda fact: fact.order) == [*logs, *tags]
    assert list(store.state_facts(["de.wikipedia.org"])) == []
    of_titles = set(store.state_facts_of_titles(WIKI, {"B"}))
    assert of_titles == set(logs), "moves are found from where they went to"
    assert list(store.renames()) == [rename]
    assert list(store.categorized({CategoryRef(WIKI, "Category:X")})) == [inside]


def contribution(rev_id: int, user: str = "Ada", **more: object) -> Contribution:
    base = Contribution(
        program="p",
        wiki=WIKI,
        rev_id=rev_id,
        user=user,
        verdict=Verdict.COUNTED,
        occurred_at=START,
        title="A",
        namespace=0,
        byte_delta=10,
        created=False,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def refresh(store: ClickHouseStore, entries: Iterable[Contribution], version: int) -> None:
    entries = list(entries)
    show(store, *{one.program for one in entries})
    store.write_changes(
        [Change(one, None, False, Cause("edit", f"{one.rev_id}/{version}")) for one in entries], version
    )
    store.refresh_standings({(one.program, one.user, one.wiki) for one in entries}, version)


def test_a_later_judgement_replaces_an_earlier_one_and_writing_twice_changes_nothing(store: ClickHouseStore) -> None:
    refresh(store, [contribution(1), contribution(2, byte_delta=-4)], 1)
    refresh(store, [contribution(1), contribution(2, byte_delta=-4)], 1)
    (standing,) = store.standings("p")
    assert (standing.edits, standing.bytes_added, standing.bytes_removed, standing.articles_edited) == (2, 10, 4, 1)

    refresh(store, [contribution(1, verdict=Verdict.PAGE_DELETED)], 2)
    (standing,) = store.standings("p")
    assert (standing.edits, standing.bytes_added, standing.bytes_net) == (1, 0, -4)
    assert store.totals("p").totals.edits == 1

    refresh(store, [contribution(1)], 1)
    assert store.standings("p")[0].edits == 1, "an older judgement came back"


def test_someone_left_without_contributions_leaves_the_board(store: ClickHouseStore) -> None:
    refresh(store, [contribution(1)], 1)
    refresh(store, [contribution(1, verdict=Verdict.BOT)], 2)
    assert store.standings("p") == []
    totals = store.totals("p").totals
    assert (totals.editors, totals.edits, totals.last_edit_at) == (0, 0, None)


_runs = count()

entries = st.builds(
    contribution,
    st.integers(1, 8),
    st.sampled_from(("Ada", "Ben", "山田")),
    program=st.sampled_from(("p", "q")),
    wiki=st.sampled_from((WIKI, "commons.wikimedia.org")),
    verdict=st.sampled_from((Verdict.COUNTED, Verdict.COUNTED, Verdict.PAGE_DELETED)),
    title=st.sampled_from(("A", "B", "C'")),
    byte_delta=st.sampled_from((None, 0, 5, -7, 2**40)),
    created=st.booleans(),
    occurred_at=st.sampled_from((START, START + timedelta(seconds=5))),
)


@given(st.lists(entries, max_size=30, unique_by=lambda one: (one.program, one.wiki, one.rev_id)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_standings_in_sql_are_the_pure_fold(store: ClickHouseStore, drawn: list[Contribution]) -> None:
    run = next(_runs)
    drawn = [replace(one, program=f"{one.program}{run}") for one in drawn]
    refresh(store, drawn, 1)
    folded = fold_books(drawn)
    for program in (f"p{run}", f"q{run}"):
        assert sorted(store.standings(program), key=lambda one: one.user) == folded.get(program, [])


def sums(store: ClickHouseStore, but: str = "version") -> list[tuple[object, ...]]:
    return store.connections.statement(f"SELECT * EXCEPT ({but}) FROM standings FINAL ORDER BY ALL")[0]


def enter(store: ClickHouseStore, entry: Contribution, version: int, *, gone: bool = False) -> None:
    """As before a crash: in the books, and summed up by nobody."""
    cause = Cause("edit", f"{entry.rev_id}/{version}")
    store.write_changes([Change(entry, Verdict.COUNTED if gone else None, gone, cause)], version)


def test_what_a_crash_left_out_of_the_sums_is_found_wiki_by_wiki(store: ClickHouseStore) -> None:
    """Others go on summing up their own wikis, so that no version stands for all."""
    commons = "commons.wikimedia.org"
    refresh(store, [contribution(1), contribution(2, "Ben"), contribution(3, wiki=commons)], 10)
    enter(store, contribution(4), 20)
    enter(store, contribution(2, "Ben"), 21, gone=True)
    enter(store, contribution(5, "Cleo", wiki=commons), 22)
    refresh(store, [contribution(6, wiki=commons)], 30)
    store.finish_standings(40)
    found, _ = store.connections.statement("SELECT user, wiki, edits, version FROM standings FINAL ORDER BY user, wiki")
    assert found == [("Ada", commons, 2, 30), ("Ada", WIKI, 2, 40), ("Ben", WIKI, 0, 40), ("Cleo", commons, 1, 40)]
    assert {one.user: one.edits for one in store.standings("p")} == {"Ada": 4, "Cleo": 1}
    store.finish_standings(50)
    assert {version for *_, version in sums(store, but="program")} == {30, 40}, "nothing was left to do"


def test_what_comes_with_a_hiding_is_summed_up_after_a_crash_too(store: ClickHouseStore) -> None:
    refresh(store, [contribution(5001), contribution(2)], 10)
    store.purge(hidings([hidden(5, "A", 5001, USER)]), 20)
    assert [one.edits for one in store.standings("p")] == [1]
    enter(store, contribution(3), 20)
    store.finish_standings(30)
    assert [one.edits for one in store.standings("p")] == [2]


def test_a_store_of_sums_over_all_wikis_gets_them_by_wiki(store: ClickHouseStore) -> None:
    """The migration may be broken off and begun again."""
    (by_wiki,) = (one for one in migrations() if one.name == "012_standings_by_wiki")
    refresh(store, [contribution(1), contribution(2, "Ben"), contribution(3, wiki="commons.wikimedia.org")], 10)
    refresh(store, [contribution(4, action="label_added", wiki="www.wikidata.org", created=True, byte_delta=None)], 11)
    refresh(store, [contribution(5, kind=ActionKind.UPLOAD, title="File:A"), contribution(6, title="B")], 12)
    refresh(store, [contribution(7, verdict=Verdict.BOT), contribution(8, reverted=True, byte_delta=-4)], 13)
    expected = sums(store)
    for _ in range(2):
        for statement in by_wiki.rendered(store.connections.target):
            for host in store.connections.told()[:1] if statement.once else store.connections.told():
                host.command(statement.text)
        assert sums(store) == expected
    store.finish_standings(20)
    assert {version for *_, version in sums(store, but="program")} == {10, 11, 13}, "they carry the books' versions"


def test_the_newest_state_of_a_program_is_shown_and_visibility_is_in_the_query(store: ClickHouseStore) -> None:
    session = Session(START, START + timedelta(hours=1))
    program = Program(slug="p", title="P", sessions=(session,), wikis=(WIKI,), open=True, campaigns=("c",))
    first = ProgramState(program, program, version=1, created_at=START, changed_at=START)
    hidden_one = replace(program, visibility=Visibility.PRIVATE)
    second = replace(first, program=hidden_one, written=hidden_one, version=2)
    store.write_programs([second])
    store.write_programs([first])
    assert store.definition("p") == (2, dump_programs([hidden_one]))
    assert list(store.definitions()) == ["p"]
    assert store.definition("p", [Visibility.PUBLIC, Visibility.UNLISTED]) is None
    assert store.definitions([Visibility.PUBLIC]) == {}
    store.write_programs([replace(second, version=3, status=Status.DELETED)])
    assert store.definition("p") is None
    store.close_books({"p": 2})
    store.close_books({"p": 1})
    assert store.books() == {"p": 2}


def test_what_is_gone_is_in_no_book_and_the_ledger_tells_of_it(store: ClickHouseStore) -> None:
    one, other = contribution(1), contribution(2, "Ben")
    refresh(store, [one, other], 5)
    gone = Change(one, Verdict.COUNTED, True, Cause("program/left", "e"))
    for _ in range(2):
        store.write_changes([gone], 7)
        store.refresh_standings({("p", "Ada", WIKI)}, 7)
    assert list(store.entries({entry_key(one), entry_key(other)})) == [other]
    assert list(store.entries_of_books({("p", "Ada")})) == []
    assert list(store.entries_between("p", "Ada", "Ben")) == [other]
    assert store.entry_users("p") == [("Ben", 1)]
    assert [one.user for one in store.standings("p")] == ["Ben"]
    lines, _ = store.connections.statement(
        "SELECT user, before, verdict, gone, cause_kind, cause FROM ledger FINAL ORDER BY version, user"
    )
    assert lines == [
        ("Ada", "", "counted", 0, "edit", "1/5"),
        ("Ben", "", "counted", 0, "edit", "2/5"),
        ("Ada", "counted", "counted", 1, "program/left", "e"),
    ]


@pytest.mark.parametrize(("as_of", "users"), [(4, []), (5, ["Ada", "Ben"]), (6, ["Ada", "Ben"]), (7, ["Ben"])])
def test_the_books_of_any_moment_come_out_of_the_ledger(store: ClickHouseStore, as_of: int, users: list[str]) -> None:
    one, other = contribution(1, action="label_added", byte_delta=None), contribution(2, "Ben")
    refresh(store, [one, other], 5)
    store.write_changes([Change(one, Verdict.COUNTED, True, Cause("program/left", "e"))], 7)
    rows, columns = store.connections.statement(f"SELECT * FROM books_at(program = 'p', as_of = {as_of})")
    found = [dict(zip((name for name, _ in columns), row, strict=True)) for row in rows]
    assert sorted(row["user"] for row in found) == users
    for row in found:
        assert entry_from_row(row) in (one, other)


def test_checkpoints_are_kept_by_list_of_streams_and_the_newest_counts(store: ClickHouseStore) -> None:
    first = Checkpoint("a,b", {("t", 0): Reached(5, 1000), ("u", 1): Reached(-1, 900)}, START)
    later = Checkpoint("a,b", {("t", 0): Reached(9, 2000)}, START + timedelta(seconds=1, milliseconds=250))
    store.save_checkpoint(first, 1)
    store.save_checkpoint(later, 2)
    store.save_checkpoint(first, 1)
    assert store.checkpoint("a") is None
    assert store.checkpoint("a,b") == Checkpoint("a,b", {**first.reached, **later.reached}, later.watermark)


def test_freshness_says_as_of_when_how_late_and_what_is_missing(store: ClickHouseStore) -> None:
    fresh = store.freshness(lambda: NOW)
    assert (fresh.as_of, fresh.lag_seconds, fresh.gaps) == (None, None, 0)
    store.save_checkpoint(Checkpoint("a", {("t", 0): Reached(5, 1000)}, NOW - timedelta(seconds=2)), 1)
    gaps = [Gap("t", 0, 10, 12, START), Gap("t", 0, 20, 20, START)]
    store.write_gaps(gaps, [], 1)
    store.write_gaps([], gaps[:1], 2)
    fresh = store.freshness(lambda: NOW)
    assert (fresh.as_of, fresh.lag_seconds, fresh.gaps) == (NOW - timedelta(seconds=2), 2.0, 1)


def test_a_gap_that_opens_and_closes_in_one_batch_is_closed(store: ClickHouseStore) -> None:
    gap = Gap("t", 0, 10, 12, START)
    store.write_gaps([gap], [gap], 1)
    assert store.freshness(lambda: NOW).gaps == 0


def test_dead_letters_keep_the_bytes_once(store: ClickHouseStore) -> None:
    broken = b'{"meta": \xff\xfe\x00 \'"'
    letter = DeadLetter(RawEvent(broken, Position("t", 0, 7), "file:3"), "json", "what", NOW)
    nowhere = DeadLetter(RawEvent(b"", None, "file:4"), "json", "empty", NOW)
    store.write_dead_letters([letter, nowhere])
    store.write_dead_letters([letter])
    assert store.dead_letter_count() == 2
    rows, _ = store.connections.statement("SELECT hex(data) FROM dead_letters FINAL")
    assert {bytes.fromhex(data) for (data,) in rows} == {broken, b""}


def test_a_server_that_is_away_is_said_to_be_so() -> None:
    store = ClickHouseStore(Target("127.0.0.1", 1, "nobody", "secret"))
    with pytest.raises(StoreUnavailable) as caught:
        store.append([edit(1, "A")], NOW)
    assert "secret" not in str(caught.value)


def test_a_persons_own_sql_may_only_read(store: ClickHouseStore) -> None:
    rows, columns = store.connections.statement("SELECT 1 AS one, 'x' AS letter")
    assert rows == [(1, "x")]
    assert [name for name, _ in columns] == ["one", "letter"]
    for forbidden in ("DROP TABLE facts", "INSERT INTO books VALUES ('p', 1)", "SELECT * FROM nowhere", "nonsense"):
        with pytest.raises(InvalidInput):
            store.connections.statement(forbidden)


def test_migrating_twice_changes_nothing(store: ClickHouseStore) -> None:
    store.append([edit(1, "A")], NOW)
    store.migrate()
    assert len(all_facts(store)) == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("clickhouse://ann:p%40ss@db.example:9001/stats", "clickhouse://ann@db.example:9001/stats"),
        ("clickhouses://db.example", "clickhouses://default@db.example:9440/wikitally"),
    ],
)
def test_a_target_never_shows_its_password(url: str, shown: str) -> None:
    assert repr(Target.parse(url)) == shown


@pytest.mark.parametrize("url", ["http://db:8123/x", "db:9000", "clickhouse:///x", "clickhouse://h/x?secure=1"])
def test_an_unusable_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput, match="WIKITALLY_CLICKHOUSE_URL"):
        Target.parse(url)


def test_nothing_is_opened_before_the_first_call() -> None:
    Connections(Target("127.0.0.1", 1, "nobody", "")).close()


def test_an_edit_of_unknown_length_stays_unknown(store: ClickHouseStore) -> None:
    unknown = edit(1, "A", old=None, new=5, created=False)
    store.append([unknown], NOW)
    (found,) = store.actions_of_pages({PageRef(WIKI, "A")})
    assert isinstance(found, Edit)
    assert found.byte_delta is None
