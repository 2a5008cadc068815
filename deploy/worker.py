"""The loop's body: read a batch, judge it, write facts, then projections, then the checkpoint.

Synchronous, so that it runs in a thread beside the event loop, and the same under Faust later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter

import structlog

from ingest.recorded import event_time
from ingest.tracking import Deduplicator, PositionTracker
from processors import metrics as m
from processors.decode import Skipped, decode, read_position
from processors.definitions import parse_programs
from processors.errors import InvalidEvent, TooManyInvalidEvents
from processors.facts import Edit, Fact
from processors.judge import Verdict
from processors.metrics import Metrics
from processors.ports import Checkpoint, DeadLetter, Gap, RawEvent
from processors.programs import Program
from processors.projection import Contribution, PageRef, Projector
from storage.clickhouse import ClickHouseStore

_log = structlog.get_logger()

MOST_INVALID_IN_A_ROW = 200
"""So many events in a row that cannot be understood stop the worker."""
_ENTRIES_AT_ONCE = 50_000


@dataclass(slots=True)
class Figures:
    """What a worker has done since it started."""

    events_read: int = 0
    canaries: int = 0
    duplicates_dropped: int = 0
    dead_letters: int = 0
    facts: int = 0
    edits_judged: int = 0
    contributions: int = 0
    """Entries that counted, of edits seen for the first time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch that has been read: all that has to be stored before the stream may move on."""

    facts: Sequence[Fact]
    letters: Sequence[DeadLetter]
    opened: Sequence[Gap]
    closed: Sequence[Gap]
    checkpoint: Checkpoint
    received_at: datetime
    events: int
    started: float = field(default_factory=perf_counter)


class Worker:
    """Turns raw events into facts and projections in a store. One at a time per store."""

    def __init__(
        self,
        store: ClickHouseStore,
        tracker: PositionTracker,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self.figures = Figures()
        self._store = store
        self._tracker = tracker
        self._known = Deduplicator()
        self._metrics = metrics
        self._clock = clock
        self._programs: dict[str, tuple[int, Program]] = {}
        self._edition: tuple[int, int] | None = None
        self._projector = Projector(())
        self._touched: set[PageRef] = set()
        self._version = 0
        self._invalid_in_a_row = 0

    def _next_version(self) -> int:
        """Grows with every call, over restarts and over a clock that goes back."""
        self._version = max(self._version + 2, int(self._clock().timestamp() * 1_000_000))
        return self._version

    def load(self) -> frozenset[str]:
        """Get ready to judge: the programs and what the folds need of the log.

        Judges a program's part of the log anew where its definition is newer than its books; returns the
        slugs of those programs. Cheap when nothing changed: call it between batches to take changes up.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        store = self._store
        edition = store.programs_edition()
        if edition == self._edition:
            return frozenset()
        self._version = max(self._version, store.newest_version())
        self._programs = {
            slug: self._programs[slug] if self._programs.get(slug, (0,))[0] == version else (version, _parsed(text))
            for slug, (version, text) in store.definitions().items()
        }
        self._projector = self._recalling_projector()
        books = store.books()
        pending = {slug: version for slug, (version, _) in self._programs.items() if books.get(slug, 0) < version}
        if pending:
            self._write_books(frozenset(pending))
            store.prune([slug for slug in pending if slug in books], self._version)
            store.close_books(pending)
        self._edition = edition
        return frozenset(pending)

    def _recalling_projector(self) -> Projector:
        """A projector for the programs, with all that the log already holds that its folds need."""
        projector = Projector(program for _, program in self._programs.values())
        tracked = [wiki for wiki in self._store.wikis_seen() if projector.index.tracks_wiki(wiki)]
        projector.absorb(self._store.page_facts(tracked))
        for wiki, namespace, title in self._store.namespace_examples():
            # A namespace may have been learned in the batch before a crash: its pages were not judged again.
            self._touched |= projector.learn_namespace(wiki, namespace, title)
        self._recall_categories(projector)
        return projector

    def _recall_categories(self, projector: Projector) -> None:
        while wanted := projector.wanted:
            self._touched |= projector.absorb(self._store.categorized(wanted))
            projector.recalled(wanted)

    def _write_books(self, slugs: frozenset[str]) -> None:
        """Judge these programs' part of the log and write their books anew, in one pass over it."""
        concerned = [one for one in self._projector.index.compiled if one.program.slug in slugs]
        wikis = [wiki for wiki in self._store.wikis_seen() if any(one.tracks_wiki(wiki) for one in concerned)]
        version = self._next_version()
        if not wikis:
            return
        everyone = any(one.program.open for one in concerned)
        edits = self._store.edits_between(
            min(one.start for one in concerned),
            max(one.end for one in concerned),
            wikis,
            None if everyone else {user for one in concerned for user in one.participants},
        )
        entries = (entry for entry in self._projector.judge(edits) if entry.program in slugs)
        written = 0
        for chunk in _chunks(entries, _ENTRIES_AT_ONCE):
            written += len(chunk)
            self._store.write_contributions(chunk, version)
            self._store.refresh_standings({(entry.program, entry.user) for entry in chunk}, version)
        _log.info("programs judged from the log", programs=len(slugs), entries=written)

    def read(self, batch: Sequence[RawEvent]) -> Plan:
        """Decode a batch and take it into the folds. Do it once per batch, then `commit` until it succeeds.

        Raises:
            TooManyInvalidEvents: the stream is no longer what we can read.
        """
        received_at = self._clock()
        facts: list[Fact] = []
        letters: list[DeadLetter] = []
        figures = self.figures
        for event in batch:
            try:
                fact = decode(event.data)
            except InvalidEvent as error:
                position = event.position or read_position(event.data)
                self._tracker.observe(position)
                letters.append(DeadLetter(replace(event, position=position), error.reason, error.detail, received_at))
                self._refuse(error)
                continue
            self._invalid_in_a_row = 0
            if isinstance(fact, Skipped):
                self._tracker.observe(read_position(event.data), _produced_at(event), canary=True)
                figures.canaries += fact is Skipped.CANARY
                self._metrics.count(m.EVENTS, outcome=fact.value)
                continue
            self._tracker.observe(fact.position, fact.emitted_at)
            if self._known.add(fact.event_id):
                facts.append(fact)
            else:
                figures.duplicates_dropped += 1
                self._metrics.count(m.EVENTS, outcome="duplicate")
        figures.events_read += len(batch)
        figures.facts += len(facts)
        figures.dead_letters += len(letters)
        self._metrics.count(m.EVENTS, len(facts), outcome="fact")
        self._touched |= self._projector.absorb(facts)
        opened, closed = self._tracker.take_gaps()
        return Plan(
            facts=facts,
            letters=letters,
            opened=opened,
            closed=closed,
            checkpoint=self._tracker.checkpoint(),
            received_at=received_at,
            events=len(batch),
        )

    def _refuse(self, error: InvalidEvent) -> None:
        self._metrics.count(m.EVENTS, outcome="dead_letter")
        self._metrics.count(m.DEAD_LETTERS, reason=error.reason)
        if not self._invalid_in_a_row:
            _log.warning("event kept as a dead letter", reason=error.reason, detail=error.detail)
        self._invalid_in_a_row += 1
        if self._invalid_in_a_row >= MOST_INVALID_IN_A_ROW:
            raise TooManyInvalidEvents(
                f"{self._invalid_in_a_row} events in a row could not be understood, the last because of {error}"
            )

    def commit(self, plan: Plan) -> frozenset[str]:
        """Make a plan durable; return the programs whose standings may have changed.

        1. facts, dead letters, gaps; 2. edits of pages that a late fact touched are read back; 3. all are
        judged and entered in the books; 4. standings of the users concerned; 5. the checkpoint. Repeat
        it from the start when it raises: nothing is counted twice.

        Raises:
            StoreUnavailable: the store is away.
        """
        store = self._store
        version = self._next_version()
        store.append(plan.facts, plan.received_at)
        store.write_dead_letters(plan.letters)
        store.write_gaps(plan.opened, plan.closed, version)
        fresh = [fact for fact in plan.facts if isinstance(fact, Edit)]
        self._recall_categories(self._projector)
        again = {(edit.wiki, edit.rev_id): edit for edit in store.edits_of(self._touched)}
        new = {(edit.wiki, edit.rev_id): edit for edit in fresh}
        entries = list(self._projector.judge((again | new).values()))
        store.write_contributions(entries, version)
        store.refresh_standings({(entry.program, entry.user) for entry in entries}, version)
        store.save_checkpoint(plan.checkpoint, version)
        self._touched.clear()
        self._count(plan, entries, fresh=len(new), again=len(again.keys() - new.keys()), new=new)
        return frozenset(entry.program for entry in entries)

    def _count(
        self, plan: Plan, entries: Sequence[Contribution], *, fresh: int, again: int, new: dict[tuple[str, int], Edit]
    ) -> None:
        counted = sum(entry.verdict is Verdict.COUNTED and (entry.wiki, entry.rev_id) in new for entry in entries)
        self.figures.edits_judged += fresh
        self.figures.contributions += counted
        self._metrics.count(m.JUDGED, fresh, outcome="seen")
        self._metrics.count(m.JUDGED, counted, outcome="counted")
        self._metrics.count(m.REPROJECTED, again)
        self._metrics.observe(m.BATCH_EVENTS, plan.events)
        self._metrics.observe(m.BATCH_SECONDS, perf_counter() - plan.started)
        for gap in plan.opened:
            self._metrics.count(m.GAP_OFFSETS, gap.last - gap.first + 1, topic=gap.topic)
        if plan.checkpoint.watermark is not None:
            self._metrics.set(m.WATERMARK, plan.checkpoint.watermark.timestamp())


def _produced_at(event: RawEvent) -> datetime | None:
    """When an event that is no fact was produced: a canary says how far its topic has come."""
    seconds = event_time(event.data)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _parsed(definition: str) -> Program:
    (program,) = parse_programs(definition, source="stored program")
    return program


def _chunks(entries: Iterator[Contribution], size: int) -> Iterator[list[Contribution]]:
    while chunk := list(islice(entries, size)):
        yield chunk
