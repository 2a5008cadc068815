"""The worker over a real store: any delivery, any failure, any change of programs ends in the same books."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.refusing import MOST_INVALID_IN_A_ROW
from ingest.tracking import PositionTracker
from processors.errors import StoreUnavailable, TooManyInvalidEvents
from processors.facts.decode import Skipped, decode
from processors.metrics import DEAD_LETTERS, WIKI_WATERMARK, NoMetrics
from processors.ports.store import RawEvent, Reached
from processors.programs.program import CategoryScope, Exclusions, Participant, Program, Session
from storage.clickhouse import ClickHouseStore
from tests.conftest import NewStore
from tests.recorders import EVENTSTREAMS, RecordedMetrics
from tests.stores import log_of

STREAMS = "mediawiki.recentchange"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
RECORDED = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
SESSION = Session(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))


def raw(data: bytes) -> RawEvent:
    return RawEvent(data, None, "recorded")


def programs() -> list[Program]:
    open_one = Program(
        slug="everyone", title="Everyone", sessions=(SESSION,), wikis=("*",), namespaces=(("default", None),), open=True
    )
    names = ("Aïcha Benali", "Bob the Builder", "Chén Xiǎomíng")
    return [
        open_one,
        replace(open_one, slug="no-bots-in-articles", exclude=Exclusions(bots=True), namespaces=()),
        replace(open_one, slug="three", open=False, participants=tuple(Participant(name) for name in names)),
        replace(open_one, slug="women", scope=(CategoryScope("en.wikipedia.org", "Category:Women scientists"),)),
    ]


def worker_over(store: ClickHouseStore, metrics: Any = None) -> Worker:
    tracker = PositionTracker(STREAMS, store.checkpoint(STREAMS))
    worker = Worker(store, log_of(store), tracker, metrics=metrics or NoMetrics(), clock=lambda: NOW)
    worker.catch_up()
    return worker


def take(worker: Worker, batch: Sequence[bytes]) -> None:
    worker.commit(worker.read([raw(data) for data in batch]))


def contents(store: ClickHouseStore) -> dict[str, list[tuple[Any, ...]]]:
    """All that lasts, without the times and versions of writing."""
    statements = {
        "facts": "SELECT * EXCEPT (received_at, topic, partition, offset) FROM facts FINAL ORDER BY event_id",
        "contributions": "SELECT * EXCEPT (version) FROM contributions FINAL ORDER BY program, wiki, kind, rev_id",
        "standings": "SELECT * EXCEPT (version) FROM standings FINAL WHERE edits + uploads > 0 ORDER BY program, user",
        "dead letters": "SELECT hex(data), reason FROM dead_letters FINAL ORDER BY digest",
    }
    return {name: store.connections.statement(sql)[0] for name, sql in statements.items()}


@pytest.fixture(scope="module")
def undisturbed(new_store: NewStore) -> dict[str, list[tuple[Any, ...]]]:
    store = new_store()
    apply_programs(log_of(store), programs())
    take(worker_over(store), RECORDED)
    return contents(store)


def test_a_recording_fills_the_books(undisturbed: dict[str, list[tuple[Any, ...]]]) -> None:
    assert len(undisturbed["facts"]) == len(RECORDED)
    assert len({row[0] for row in undisturbed["standings"]}) == 4


def split_recording(seed: int) -> list[list[bytes]]:
    """The recording as a reconnecting client may get it: reordered, repeated, in other batches."""
    draw = random.Random(seed)
    events = [*RECORDED, *draw.sample(RECORDED, 200)]
    reach = draw.choice((1, 50, len(events)))
    order = sorted(range(len(events)), key=lambda place: place + draw.uniform(0, reach))
    events = [events[place] for place in order]
    cuts = sorted(draw.sample(range(1, len(events)), draw.randrange(12)))
    return [events[first:last] for first, last in zip([0, *cuts], [*cuts, len(events)], strict=True)]


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=12, deadline=None)
def test_any_split_order_and_repetition_ends_in_the_same_tables(
    new_store: NewStore, undisturbed: dict[str, list[tuple[Any, ...]]], seed: int, restart: bool
) -> None:
    new_store.start_over()
    store = new_store()
    apply_programs(log_of(store), programs())
    worker = worker_over(store)
    for batch in split_recording(seed):
        take(worker, batch)
        if restart:
            worker = worker_over(store)
    assert contents(store) == undisturbed


class Failing:
    """A store whose nth call is refused, before or after it took effect: what a real one can't do on demand."""

    def __init__(self, store: ClickHouseStore) -> None:
        self._store = store
        self._left = 0
        self._after = False

    def fail_at(self, number: int, *, after: bool) -> None:
        self._left, self._after = number, after

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return self._counted(method) if callable(method) else method

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise StoreUnavailable("before it was done")
            result = method(*args, **more)
            if self._left == 0:
                raise StoreUnavailable("after it was done")
            return result

        return call


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_that_failed_anywhere_is_repeated_to_the_same_end(
    new_store: NewStore, undisturbed: dict[str, list[tuple[Any, ...]]], after: bool
) -> None:
    for number in count(1):
        new_store.start_over()
        store = new_store()
        apply_programs(log_of(store), programs())
        failing = Failing(store)
        worker = worker_over(cast(ClickHouseStore, failing))
        take(worker, RECORDED[:300])
        plan = worker.read([raw(data) for data in RECORDED[300:]])
        failing.fail_at(number, after=after)
        try:
            worker.commit(plan)
        except StoreUnavailable:
            worker.commit(plan)
            assert contents(store) == undisturbed, number
        else:
            break
    assert number > 9, "a commit has more calls than failed"


def test_programs_that_come_after_the_events_count_as_if_they_had_been_there(
    store: ClickHouseStore, undisturbed: dict[str, list[tuple[Any, ...]]]
) -> None:
    apply_programs(log_of(store), [replace(programs()[0], slug="other")])
    worker = worker_over(store)
    take(worker, RECORDED[:700])
    apply_programs(log_of(store), programs())
    assert worker.load() == {program.slug for program in programs()}
    assert worker.load() == frozenset()
    worker.catch_up()
    take(worker, RECORDED[700:])
    books = contents(store)
    for table in ("contributions", "standings"):
        assert [row for row in books[table] if row[0] != "other"] == undisturbed[table]


def test_a_changed_definition_rewrites_its_books_and_no_others(
    store: ClickHouseStore, undisturbed: dict[str, list[tuple[Any, ...]]]
) -> None:
    wide, narrow, *others = programs()
    apply_programs(log_of(store), [wide, replace(wide, slug=narrow.slug), *others])
    worker = worker_over(store)
    take(worker, RECORDED)
    apply_programs(log_of(store), programs())
    assert worker.load() == {narrow.slug}
    worker.catch_up()
    assert contents(store) == undisturbed


def test_what_cannot_be_decoded_is_kept_and_the_rest_goes_on(store: ClickHouseStore) -> None:
    metrics = RecordedMetrics()
    worker = worker_over(store, metrics)
    no_rev = orjson.dumps({**orjson.loads(RECORDED[0]), "type": "edit", "revision": None})
    take(worker, [b"{", RECORDED[0], no_rev])
    assert worker.figures.dead_letters == 2
    assert worker.figures.facts == 1
    assert [row[1] for row in contents(store)["dead letters"]] in (["json", "schema"], ["schema", "json"])
    assert metrics.total(DEAD_LETTERS) == 2


def test_a_run_of_events_that_cannot_be_decoded_stops_the_worker(store: ClickHouseStore) -> None:
    worker = worker_over(store)
    with pytest.raises(TooManyInvalidEvents):
        worker.read([raw(b"{")] * MOST_INVALID_IN_A_ROW)


def test_the_newest_event_of_a_tracked_wiki_is_told_and_never_an_older_one(store: ClickHouseStore) -> None:
    apply_programs(log_of(store), [replace(programs()[0], wikis=("*.wikipedia.org",))])
    metrics = RecordedMetrics()
    worker = worker_over(store, metrics)
    emitted: dict[str, list[datetime]] = {}
    for data in RECORDED:
        fact = decode(data)
        if not isinstance(fact, Skipped):
            emitted.setdefault(fact.wiki, []).append(fact.emitted_at)
    assert any(not wiki.endswith(".wikipedia.org") for wiki in emitted)
    newest = {wiki: max(times).timestamp() for wiki, times in emitted.items() if wiki.endswith(".wikipedia.org")}
    for batch in (RECORDED[600:], RECORDED[:600]):
        take(worker, batch)
    told = {labels[0]: at for (name, *labels), at in metrics.gauges.items() if name == WIKI_WATERMARK.name}
    assert told == newest


def test_versions_grow_although_the_clock_goes_back(store: ClickHouseStore) -> None:
    apply_programs(log_of(store), programs())
    take(worker_over(store), RECORDED[:100])
    newest = store.newest_version()
    tracker = PositionTracker(STREAMS, None)
    late = Worker(store, log_of(store), tracker, metrics=NoMetrics(), clock=lambda: NOW - timedelta(days=400))
    late.load()
    take(late, RECORDED[100:200])
    assert store.newest_version() > newest


def test_a_canary_moves_the_resume_time_of_its_topic_and_not_the_watermark(store: ClickHouseStore) -> None:
    """Of a silent data centre's topic nothing else does; without it a switch would be looked for at the wrong time."""
    topic = "codfw.mediawiki.recentchange"
    meta = {"domain": "canary", "dt": "2026-11-23T20:00:00Z", "topic": topic, "partition": 0, "offset": 5}
    worker = worker_over(store)
    take(worker, [RECORDED[0], orjson.dumps({"meta": meta})])
    checkpoint = store.checkpoint(STREAMS)
    assert checkpoint is not None
    at = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert checkpoint.reached[topic, 0] == Reached(5, int(at.timestamp() * 1000))
    assert checkpoint.watermark is not None
    assert checkpoint.watermark < at
