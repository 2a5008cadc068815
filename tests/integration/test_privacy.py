"""Hidden names and summaries leave every table, whatever happens meanwhile; on a real ClickHouse."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson
import pytest

from processors.facts.facts import Fact
from processors.judging.contributions import Cause
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.ports.store import DeadLetter, RawEvent
from processors.privacy.hiding import SUMMARY, USER, hidings
from storage.clickhouse import ClickHouseStore
from tests.conftest import NewStore
from tests.histories import WIKI, categorized, edit, hidden, tagged
from tests.purging import NOW, SECRET, WORDS, Killed, entry, facts_of, freeze, killing, page_change, tables, write
from tests.stores import show

EDIT = replace(edit(1, "A", SECRET), comment=WORDS)
"""Revision 5001."""
OTHER = replace(edit(2, "A", SECRET), comment="other words")
LETTER = orjson.dumps({"server_name": WIKI, "revision": {"new": 5001}, "user": SECRET, "timestamp": "broken"})


def fill(store: ClickHouseStore) -> None:
    """A store in which the author of 5001 has a second edit, which only program `p` has in its books."""
    caused = replace(categorized(3, "Category:X", "A"), rev_id=5001, user=SECRET, comment=WORDS)
    earlier = replace(hidden(6, "A", 5001, 1), log_type="visibility", user=SECRET, comment=WORDS)
    facts: list[Fact] = [EDIT, OTHER, caused, page_change(5001), replace(tagged(7, EDIT, "x"), comment=WORDS), earlier]
    store.append([*facts, edit(4, "A", "Ben"), hidden(5, "A", 5001, 7)], NOW)
    write(store, entry(5001), entry(5002), entry(5004, "Ben"), entry(5001, program="q"), entry(5004, "Ben", "q"))
    write(store, entry(5001, verdict=Verdict.REVISION_SUPPRESSED), version=11, cause="hide")
    letters = [LETTER, b'{"name": "' + SECRET.encode() + b'"', b"{", orjson.dumps({"user": "Secret"})]
    store.write_dead_letters([DeadLetter(RawEvent(data), "schema", "timestamp", NOW) for data in letters])
    freeze(store, "p", SECRET, "Ben")
    freeze(store, "q", SECRET, "Ben")


def purge(store: ClickHouseStore, bits: int = USER | SUMMARY | 1) -> None:
    store.purge(hidings([hidden(5, "A", 5001, bits)]), 20)


def test_a_hidden_author_and_summary_are_in_no_table_and_the_rest_is_untouched(store: ClickHouseStore) -> None:
    fill(store)
    before = facts_of(store)
    purge(store)
    after = facts_of(store)
    assert after.keys() == before.keys()
    kept = {before[event_id].event_id for event_id in before if before[event_id] == after[event_id]}
    assert kept == {"event-0002", "event-0004", "event-0005"}
    assert WORDS not in repr(tables(store))
    assert "424242" not in repr(tables(store))
    redacted = after[EDIT.event_id]
    assert (redacted.title, redacted.occurred_at, redacted.user) == ("A", EDIT.occurred_at, None)
    assert after[page_change(5001).event_id].user is None

    show(store, "p", "q")
    (kept_standing, ben) = sorted(store.standings("p"), key=lambda one: one.user, reverse=True)
    assert (kept_standing.user, kept_standing.edits, ben.user) == (SECRET, 1, "Ben")
    assert [one.user for one in store.standings("q")] == ["Ben"]
    contents = tables(store)
    assert {row[:2] for row in contents["contributions"]} == {("p", SECRET), ("p", "Ben"), ("q", "Ben")}
    assert not [row for row in contents["ledger"] if row[4] == 5001]
    assert not [row for row in contents["standings"] if row[:2] == ("q", SECRET)]


def test_when_somebody_registered_goes_with_the_last_that_is_known_of_them(store: ClickHouseStore) -> None:
    registered = "SELECT user FROM registrations"
    fill(store)
    purge(store)
    assert store.connections.statement(registered)[0] == [(SECRET,)], "they have another edit that nobody has hidden"
    store.purge(hidings([hidden(8, "A", 5002, USER)]), 30)
    assert store.connections.statement(registered)[0] == []
    assert SECRET not in repr(tables(store))


def test_a_result_keeps_the_numbers_and_says_that_a_name_is_hidden(store: ClickHouseStore) -> None:
    fill(store)
    purge(store)
    rows = store.connections.statement(
        "SELECT program, board, digest, redacted_at > toDateTime64('2000-01-01', 6) FROM results FINAL ORDER BY program"
    )[0]
    (_, untouched, _, said_of_p), (_, board, digest, said_of_q) = rows
    assert SECRET in untouched, "they still have an edit in that program that nobody has hidden"
    assert [one["user"] for one in orjson.loads(board)["standings"]] == ["(hidden)", "Ben"]
    assert digest == hashlib.sha256(board.encode()).hexdigest()
    assert (bool(said_of_p), bool(said_of_q)) == (False, True)


def test_of_several_wikis_only_what_was_hidden_goes_and_the_name_with_the_last(new_any_store: NewStore) -> None:
    store = new_any_store()
    elsewhere = replace(entry(5002), wiki="de.wikipedia.org")
    write(store, entry(5001), elsewhere)
    left = Change(replace(entry(5003), wiki="fr.wikipedia.org"), Verdict.COUNTED, True, Cause("program/changed", "e"))
    store.write_changes([left], 11)
    store.refresh_standings({("p", SECRET, "fr.wikipedia.org")}, 11)
    freeze(store, "p", SECRET, "Ben")

    def wikis() -> list[tuple[str, int]]:
        return store.connections.statement("SELECT wiki, edits FROM standings FINAL WHERE user != '' ORDER BY wiki")[0]

    purge(store)
    assert wikis() == [("de.wikipedia.org", 1), ("fr.wikipedia.org", 0)]
    assert SECRET in repr(tables(store)["results"]), "they still have an edit that nobody has hidden"
    store.purge(hidings([replace(hidden(8, "A", 5002, USER), wiki="de.wikipedia.org")]), 30)
    assert wikis() == []
    assert SECRET not in repr(tables(store)["results"])


def test_dead_letters_that_tell_of_it_go_and_others_stay(store: ClickHouseStore) -> None:
    fill(store)
    purge(store)
    left = {row[0] for row in store.connections.statement("SELECT data FROM dead_letters")[0]}
    assert left == {"{", '{"user":"Secret"}'}


def test_a_hidden_summary_alone_takes_nothing_out_of_the_books(store: ClickHouseStore) -> None:
    fill(store)
    before = tables(store)
    purge(store, SUMMARY)
    after = tables(store)
    for table in ("contributions", "ledger", "results"):
        assert after[table] == before[table]
    assert WORDS not in repr(after["facts"])
    assert facts_of(store)[EDIT.event_id] == replace(EDIT, comment="")


def test_a_hidden_text_purges_nothing(store: ClickHouseStore) -> None:
    fill(store)
    before = tables(store)
    purge(store, 1)
    assert tables(store) == before


def test_a_purge_that_was_killed_anywhere_is_repeated_to_the_same_end(
    new_store: NewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = killing(monkeypatch)
    undisturbed = new_store()
    fill(undisturbed)
    purge(undisturbed)
    expected = tables(undisturbed)
    for after in (False, True):
        for number in range(1, 100):
            new_store.start_over()
            store = new_store()
            fill(store)
            kill(number, after)
            try:
                purge(store)
            except Killed:
                purge(store)
                assert tables(store) == expected, (number, after)
                continue
            finally:
                kill(0, False)
            break
        assert number > 12, "the purge has more steps than were killed"


def test_purging_again_changes_nothing(store: ClickHouseStore) -> None:
    fill(store)
    purge(store)
    once = tables(store)
    purge(store)
    assert tables(store) == once


def rows_on_disk(store: ClickHouseStore) -> int:
    """Of facts, deleted ones too, on all shards."""
    parts = (
        "SELECT sum(rows) FROM system.parts "
        "WHERE database = currentDatabase() AND table IN ('facts', 'facts_local') AND active"
    )
    return sum(shard.statement(parts)[0][0][0] for shard in store.connections.shards())


def test_settled_rows_are_off_the_disk(store: ClickHouseStore) -> None:
    fill(store)
    purge(store)
    with_deleted = rows_on_disk(store)
    store.settle()
    while store.unsettled:
        continue
    assert rows_on_disk(store) < with_deleted
    assert len(facts_of(store)) == 8


def test_what_was_hidden_is_known_to_whoever_starts(store: ClickHouseStore) -> None:
    fill(store)
    assert [(one.rev_id, one.bits) for one in store.hidings()] == [(5001, USER | SUMMARY)]
