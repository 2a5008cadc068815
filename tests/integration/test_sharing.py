"""Several workers, each with wikis of its own, over one store: together they write what one alone would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.counting.plan import Together
from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.kafka_reading import partition_of
from ingest.tracking import PositionTracker
from processors.errors import NotOurs
from processors.facts.facts import Fact
from processors.metrics import NoMetrics
from processors.ports.store import EVER, Share
from processors.programs.program import Program
from storage.clickhouse import ClickHouseStore
from storage.owners import Owners
from tests.conftest import NewStore
from tests.histories import WIKI, deliveries, edit, histories, renamed
from tests.integration.test_reprojecting import NOW, contents, edits_by_user, take, worker_over
from tests.stores import log_of
from tests.unit.test_affected import PROGRAM, SOME_PROGRAM

ELSEWHERE = next(
    one
    for one in ("de.wikipedia.org", "fr.wikipedia.org", "ja.wikipedia.org", "pl.wikipedia.org")
    if partition_of(one.encode(), 2) != partition_of(WIKI.encode(), 2)
)
WIKIS = (WIKI, ELSEWHERE)


def on(wiki: str, facts: Sequence[Fact]) -> list[Fact]:
    return [replace(fact, wiki=wiki, event_id=f"{wiki}/{fact.event_id}") for fact in facts]


def share_of(*wikis: str) -> Share:
    return Share(frozenset(partition_of(wiki.encode(), 2) for wiki in wikis), 2)


def worker_of(store: ClickHouseStore, share: Share, judged_until: datetime = EVER) -> Worker:
    worker = Worker(
        store.shared(share),
        log_of(store),
        PositionTracker("s", None),
        metrics=NoMetrics(),
        clock=lambda: NOW,
        together=Together(judged_until, 0 in share.partitions, lambda: None),
    )
    worker.load()
    return worker


def everywhere(program: Program) -> Program:
    return replace(program, wikis=WIKIS)


Batch = tuple[str, list[Fact]]


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Batch], list[Program]]:
    """Batches of two wikis in any order, and versions of a program."""
    batches = [(wiki, on(wiki, batch)) for wiki in WIKIS for batch in draw(deliveries(draw(histories())))]
    programs = [everywhere(one) for one in draw(st.lists(SOME_PROGRAM, min_size=1, max_size=3))]
    return draw(st.permutations(batches)), programs


@given(stories(), st.data())
@settings(max_examples=20, deadline=None)
def test_two_workers_write_what_one_would(
    new_store: NewStore, story: tuple[list[Batch], list[Program]], data: st.DataObject
) -> None:
    batches, versions = story
    new_store.start_over()
    whole = new_store()
    apply_programs(log_of(whole), [versions[-1]])
    take(worker_over(whole), [fact for _, batch in batches for fact in batch])

    store = new_store()
    workers = {wiki: worker_of(store, share_of(wiki)) for wiki in WIKIS}
    left = list(versions)
    for wiki, batch in batches:
        changes: bool = data.draw(st.booleans(), label="the program changes")
        if left and changes:
            apply_programs(log_of(store), [replace(left.pop(0), title="Changed")])
        happens = data.draw(st.integers(0, 5), label="hears, is succeeded, is alone, is joined")
        if happens == 0:
            workers[wiki] = worker_of(store, share_of(wiki))
        elif happens == 1:
            workers = dict.fromkeys(WIKIS, worker_of(store, share_of(*WIKIS)))
        elif happens == 2:
            workers = {one: worker_of(store, share_of(one)) for one in WIKIS}
        elif happens == 3:
            workers[wiki].load()
            workers[wiki].work()
        take(workers[wiki], batch)
    apply_programs(log_of(store), [versions[-1]])
    for _ in range(2):
        for worker in workers.values():
            worker.catch_up()
    assert contents(store) == contents(whole)


def test_whoever_was_renamed_on_one_wiki_is_so_on_that_of_another_worker(store: ClickHouseStore) -> None:
    apply_programs(log_of(store), [everywhere(PROGRAM)])
    here, there = (worker_of(store, share_of(wiki)) for wiki in WIKIS)
    take(here, on(WIKI, [edit(1, "A")]))
    take(there, on(ELSEWHERE, [edit(1, "A"), edit(2, "B")]))
    take(here, on(WIKI, [renamed(9, "Ada", "Lovelace")]))
    assert edits_by_wiki(store) == {("Lovelace", WIKI): 1, ("Ada", ELSEWHERE): 2}
    there.load()
    assert edits_by_wiki(store) == {("Lovelace", WIKI): 1, ("Lovelace", ELSEWHERE): 2}


def test_a_rename_that_a_worker_did_not_live_to_judge_is_judged_by_its_successor(store: ClickHouseStore) -> None:
    apply_programs(log_of(store), [everywhere(PROGRAM)])
    here, there = (worker_of(store, share_of(wiki)) for wiki in WIKIS)
    take(there, on(ELSEWHERE, [edit(1, "A")]))
    take(here, on(WIKI, [renamed(9, "Ada", "Lovelace")]))
    worker_of(store, share_of(ELSEWHERE), judged_until=NOW)
    assert edits_by_wiki(store) == {("Lovelace", ELSEWHERE): 1}


def test_a_program_is_complete_when_every_share_has_judged_it(store: ClickHouseStore) -> None:
    here, there = (worker_of(store, share_of(wiki)) for wiki in WIKIS)
    take(here, on(WIKI, [edit(1, "A")]))
    take(there, on(ELSEWHERE, [edit(1, "A")]))
    apply_programs(log_of(store), [everywhere(PROGRAM)])
    here.catch_up()
    assert store.books() == {}
    assert store.shared(share_of(WIKI)).books() == {"p": 1}
    assert edits_by_user(store) == {"Ada": 1}
    there.catch_up()
    assert store.books() == {"p": 1}
    assert edits_by_wiki(store) == {("Ada", WIKI): 1, ("Ada", ELSEWHERE): 1}


def test_whose_wikis_were_taken_over_writes_nothing_more(store: ClickHouseStore) -> None:
    owners = Owners(store.connections)
    owners.take("log", [0, 1], "one")

    def check() -> None:
        if owners.lost("log", [0, 1], "one"):
            raise NotOurs("taken over")

    apply_programs(log_of(store), [everywhere(PROGRAM)])
    worker = Worker(
        store.shared(share_of(*WIKIS)), log_of(store), PositionTracker("s", None), metrics=NoMetrics(),
        clock=lambda: NOW, together=Together(EVER, True, check),
    )  # fmt: skip
    worker.load()
    take(worker, on(WIKI, [edit(1, "A")]))
    owners.take("log", [1], "other")
    with pytest.raises(NotOurs):
        take(worker, on(WIKI, [edit(2, "A")]))
    assert edits_by_user(store) == {"Ada": 1}
    assert store.connections.statement("SELECT count() FROM facts FINAL")[0] == [(1,)]


def edits_by_wiki(store: ClickHouseStore) -> dict[tuple[str, str], int]:
    rows, _ = store.connections.statement("SELECT user, wiki, edits FROM standings FINAL WHERE edits > 0")
    return {(user, wiki): edits for user, wiki, edits in rows}
