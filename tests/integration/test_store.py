"""The store's contract, on a real ClickHouse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.decode import Skipped, decode
from processors.errors import InvalidInput, StoreUnavailable
from processors.facts import Edit, Fact, PageChanged, Position
from processors.judge import Verdict
from processors.ports import Checkpoint, DeadLetter, Gap, RawEvent, Reached
from processors.programs import Program, Session, Visibility
from processors.projection import CategoryRef, Contribution, PageRef
from processors.standings import fold_books
from storage.clickhouse import ClickHouseStore
from storage.connection import Connections, Target
from storage.fact_rows import from_row
from tests.histories import START, WIKI, categorized, deleted, edit, hidden, moved, restored
from tests.recorders import EVENTSTREAMS

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
        assert isinstance(fact, PageChanged)
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
    store.write_contributions([], 1)
    store.write_dead_letters([])
    store.write_gaps([], [], 1)
    store.refresh_standings(set(), 1)
    store.save_programs([], 1, NOW)


def test_edits_are_found_by_the_titles_they_were_made_at(store: ClickHouseStore) -> None:
    odd = r"O'Brien \ 100% %(x)s"
    store.append([edit(1, "A"), edit(2, "B"), edit(3, odd), deleted(4, "A")], NOW)
    found = store.edits_of({PageRef(WIKI, "A"), PageRef(WIKI, odd), PageRef("de.wikipedia.org", "B")})
    assert {one.rev_id for one in found} == {5001, 5003}


def test_edits_between_are_those_of_the_users_wikis_and_window(store: ClickHouseStore) -> None:
    elsewhere = replace(edit(5, "A", "Ada"), wiki="de.wikipedia.org")
    store.append([edit(0, "A", "Ada"), edit(3, "A", "Ada"), edit(4, "A", "Ben"), elsewhere, edit(6, "A", "Ada")], NOW)

    def revisions(users: set[str] | None) -> set[int]:
        window = (START + timedelta(seconds=1), START + timedelta(seconds=2))
        return {one.rev_id for one in store.edits_between(*window, [WIKI], users)}

    assert revisions({"Ada"}) == {5003}
    assert revisions(None) == {5003, 5004}
    assert revisions(set()) == set()


def test_page_facts_and_category_changes_are_recalled(store: ClickHouseStore) -> None:
    logs: list[Fact] = [
        moved(1, "A", "B", over_redirect=True),
        deleted(2, "B"),
        restored(3, "B"),
        hidden(4, "B", 5000, 5),
    ]
    inside = categorized(5, "Category:X", "A")
    store.append([*logs, inside, categorized(6, "Category:Y", "A"), edit(7, "A")], NOW)
    assert sorted(store.page_facts([WIKI]), key=lambda fact: fact.order) == logs
    assert list(store.page_facts(["de.wikipedia.org"])) == []
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
    store.write_contributions(entries, version)
    store.refresh_standings({(one.program, one.user) for one in entries}, version)


def test_a_later_judgement_replaces_an_earlier_one_and_writing_twice_changes_nothing(store: ClickHouseStore) -> None:
    refresh(store, [contribution(1), contribution(2, byte_delta=-4)], 1)
    refresh(store, [contribution(1), contribution(2, byte_delta=-4)], 1)
    (standing,) = store.standings("p")
    assert (standing.edits, standing.bytes_added, standing.bytes_removed, standing.articles_edited) == (2, 10, 4, 1)

    refresh(store, [contribution(1, verdict=Verdict.PAGE_DELETED)], 2)
    (standing,) = store.standings("p")
    assert (standing.edits, standing.bytes_added, standing.bytes_net) == (1, 0, -4)
    assert store.totals("p", None).edits == 1

    refresh(store, [contribution(1)], 1)
    assert store.standings("p")[0].edits == 1, "an older judgement came back"


def test_someone_left_without_contributions_leaves_the_board(store: ClickHouseStore) -> None:
    refresh(store, [contribution(1)], 1)
    refresh(store, [contribution(1, verdict=Verdict.BOT)], 2)
    assert store.standings("p") == []
    totals = store.totals("p", 12)
    assert (totals.participants, totals.editors, totals.edits, totals.last_edit_at) == (12, 0, 0, None)


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


def test_the_newest_definition_of_a_program_counts_and_visibility_is_in_the_query(store: ClickHouseStore) -> None:
    session = Session(START, START + timedelta(hours=1))
    program = Program(slug="p", title="P", sessions=(session,), wikis=(WIKI,))
    edition = store.programs_edition()
    store.save_programs([(program, "old")], 1, NOW)
    assert store.programs_edition() != edition
    store.save_programs([(replace(program, visibility=Visibility.PRIVATE), "new")], 2, NOW)
    assert store.definitions() == {"p": (2, "new")}
    assert store.definition("p") == "new"
    assert store.definition("p", [Visibility.PUBLIC, Visibility.UNLISTED]) is None
    assert store.definitions([Visibility.PUBLIC]) == {}
    assert store.newest_version() == 2
    store.close_books({"p": 2})
    assert store.books() == {"p": 2}


def test_pruning_takes_away_what_an_older_definition_said(store: ClickHouseStore) -> None:
    refresh(store, [contribution(1), contribution(2, "Ben"), contribution(3, program="q")], 5)
    refresh(store, [contribution(1)], 9)
    store.prune(["p"], 9)
    assert [one.user for one in store.standings("p")] == ["Ada"]
    assert store.totals("p", None).edits == 1
    assert store.standings("q") != []


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
    (found,) = store.edits_of({PageRef(WIKI, "A")})
    assert isinstance(found, Edit)
    assert found.byte_delta is None
