"""The loop's body: read a batch, judge it, write facts, then projections, then the checkpoint.

Synchronous, so that it runs in a thread beside the event loop, and the same under Faust.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from deploy.answers.boards import StoreBoards
from deploy.counting.following import NEVER, Following, Progress
from deploy.counting.judging import Judging
from deploy.counting.measuring import Measures
from deploy.counting.plan import Figures, MakeAlerts, NoAlerts, Plan, Together, Tracker
from deploy.counting.reading import Reader
from ingest.tracking import Deduplicator
from processors import metrics as m
from processors.facts.facts import Fact
from processors.judging.ledger import Change
from processors.judging.projection import Projector
from processors.metrics import Metrics
from processors.ports.store import EVER, DeadLetter, ProgramLog, RawEvent
from processors.privacy.hiding import Redactions, hidings
from storage.clickhouse import ClickHouseStore

LONGEST_BATCH = timedelta(hours=1)
"""Facts that were stored so long before the newest judgement have been judged."""
OTHERS_STORE = timedelta(minutes=15)
"""What another worker has received is stored by then, or read again by its successor."""
OTHERS_WRITE = timedelta(seconds=10)
"""What another worker began to write is written by then."""
TIME_CHECKED_EVERY = timedelta(seconds=10)
_AT_ONCE = timedelta()


class Worker:
    """Turns raw events into facts and projections in a store: alone, or one of several, each with wikis of its own.

    Args:
        together: where it is one of several; the store is its share then.
        alerts: makes who keeps alerts beside the books.
    """

    def __init__(
        self,
        store: ClickHouseStore,
        log: ProgramLog,
        tracker: Tracker,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
        together: Together | None = None,
        alerts: MakeAlerts = lambda states: NoAlerts(),
    ) -> None:
        self.figures = Figures()
        self._store = store
        self._tracker = tracker
        self._known = Deduplicator()
        self._reader = Reader(tracker, self._known, metrics, self.figures)
        self._metrics = metrics
        self._clock = clock
        self._projector = Projector()
        self._measures = Measures(metrics, self.figures, lambda wiki: self._projector.index.tracks_wiki(wiki))
        self._judging = Judging(store, self._projector)
        self._following = Following(store, log, self._projector, self._judging.touched)
        self._alerts = alerts(lambda: self._following.states)
        self._time_due = EVER
        self._boards = StoreBoards(store, clock)
        self._together = together
        self._heard_until = together.judged_until if together else NEVER
        self._to_freeze: dict[str, datetime] = {}
        """By slug, when: others may not yet have written what they judged before."""
        self._redactions = Redactions()
        self._version = 0
        self._unsummed: set[tuple[str, str, str]] = set()
        self._untold: list[Change] = []
        self._unjudged_since = NEVER

    def _next_version(self) -> int:
        """Grows with every call, over restarts and over a clock that goes back."""
        self._version = max(self._version + 2, int(self._clock().timestamp() * 1_000_000))
        return self._version

    def _begin(self) -> int:
        """A version to write with, if what we judge is still ours.

        It is asked after the version is made: whoever takes it over later has a higher one, and wins.
        """
        version = self._next_version()
        if self._together:
            self._together.check()
        return version

    def load(self) -> frozenset[str]:
        """Get ready to judge: the programs and what the folds need of the log.

        Cheap when nothing changed: call it between batches to take changes up. Returns the programs that did
        change; what their books then lack is judged by `work`.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        if self._judging.stored is None:
            self._version = max(self._version, self._store.newest_version())
            self._store.finish_standings(self._begin())
            self._redactions = self._store.redactions()
            self._judging.stored = self._store.stored_offsets()
            judged_until = self._together.judged_until if self._together else _time(self._version)
            self._unjudged_since = max(judged_until, EVER + LONGEST_BATCH) - LONGEST_BATCH
        changed = self._following.take_up(self._unjudged_since)
        self._unjudged_since = NEVER
        self._to_freeze |= dict.fromkeys(changed, self._clock() + (OTHERS_WRITE if self._together else _AT_ONCE))
        self._freeze()
        self._check_time()
        return changed | self._hear_of_renames()

    def _check_time(self) -> None:
        """See now and then what time itself brings."""
        at = self._clock()
        leads = self._together is None or self._together.leads
        if leads and at >= self._time_due:
            self._alerts.check_time(at, self._store.freshness(self._clock), self._begin())
            self._time_due = at + TIME_CHECKED_EVERY

    def _hear_of_renames(self) -> frozenset[str]:
        """Whoever was renamed was so on every wiki: of several workers only some have read it."""
        if self._together is None:
            return frozenset()
        asked_at = self._clock()
        since = max(self._heard_until, EVER + OTHERS_STORE) - OTHERS_STORE
        heard = [fact for fact in self._store.renames_since(since) if self._known.add(fact.event_id)]
        self._judging.touched |= self._projector.absorb(heard)
        changed = self.take(()) if heard else frozenset()
        self._heard_until = asked_at
        return changed

    def _freeze(self) -> None:
        """Write down results that were declared, before anything else changes the books."""
        now = self._clock()
        for slug in [slug for slug, at in self._to_freeze.items() if at <= now]:
            self._boards.write_results(self._following.states[slug])
            del self._to_freeze[slug]

    @property
    def recalled(self) -> int:
        """Facts read back from the log so far: `load` may take a while."""
        return self._following.recalled

    @property
    def progress(self) -> Progress:
        """How far the books have come behind the programs."""
        return self._following.progress

    def work(self) -> frozenset[str]:
        """Judge one piece of books that are behind their programs; return the program, or none: all is done.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        slug = self._following.work(self._write)
        self._metrics.set(m.REPROJECTION_LEFT, self._following.progress.left)
        return frozenset() if slug is None else frozenset((slug,))

    def catch_up(self) -> None:
        """Load, and bring all books up to date: for commands that do nothing else meanwhile."""
        self.load()
        while self.work():
            continue

    def _write(self, changes: Sequence[Change]) -> None:
        version = self._begin()
        self._enter(changes, version)
        self._metrics.count(m.REPROJECTED, len(changes))

    def _enter(self, changes: Sequence[Change], version: int, facts: Sequence[Fact] = ()) -> None:
        # What a repetition finds in the books already is no change to it, and may not be summed up or told yet.
        self._untold += changes
        self._unsummed |= {(one.entry.program, one.entry.user, one.entry.wiki) for one in changes}
        self._store.write_changes(changes, version)
        self._store.refresh_standings(self._unsummed, version)
        self._unsummed.clear()
        self._alerts.take(facts, self._untold, version)
        self._untold.clear()

    def read(self, batch: Sequence[RawEvent]) -> Plan:
        """Decode a batch and take it into the folds. Do it once per batch, then `commit` until it succeeds.

        Raises:
            TooManyInvalidEvents: the stream is no longer what we can read.
        """
        received_at = self._clock()
        facts, letters = self._reader.read(batch, received_at)
        plan = self.plan(facts, letters, received_at, events=len(batch))
        self._measures.tell_read(plan)
        return plan

    def plan(self, facts: Sequence[Fact], letters: Sequence[DeadLetter], received_at: datetime, *, events: int) -> Plan:
        """Take facts that were read into the folds, as far as nothing read before hides them.

        Args:
            events: how many were read to get them.
        """
        facts = self._redactions.take(facts)
        self._judging.touched |= self._projector.absorb(facts)
        opened, closed = self._tracker.take_gaps()
        return Plan(
            facts=facts,
            letters=[one for one in letters if not self._redactions.concern(one.event.data)],
            opened=opened,
            closed=closed,
            checkpoint=self._tracker.checkpoint(),
            received_at=received_at,
            events=events,
        )

    def commit(self, plan: Plan) -> frozenset[str]:
        """Make a plan durable; return the programs whose standings may have changed.

        1. facts, dead letters, gaps; what these facts hide is taken out of all tables; 2. slices that a late
        fact touched are read back; 3. all are judged, and what differs from the books is entered in the ledger
        and in the books; 4. standings of the users concerned; 5. alerts; 6. the checkpoint. Repeat it from the start
        when it raises: nothing is counted twice.

        Raises:
            StoreUnavailable: the store is away.
        """
        store = self._store
        version = self._begin()
        store.append(plan.facts, plan.received_at)
        store.write_dead_letters(plan.letters)
        self._alerts.before_purge(plan.facts, version)
        store.purge(hidings(plan.facts), version)
        store.write_gaps(plan.opened, plan.closed, version)
        self._following.recall_categories()
        judged = self._judging.judge(plan.facts)
        self._enter(judged.changes, version, plan.facts)
        store.save_checkpoint(plan.checkpoint, version)
        self._judging.touched.clear()
        self._measures.tell_stored(plan, judged)
        return frozenset(one.entry.program for one in judged.changes)

    def take(self, facts: Sequence[Fact]) -> frozenset[str]:
        """Take in facts that no stream brings, and make all of it durable; returns what `commit` does.

        Between two batches, not between the `read` of one and its `commit`. The position in the stream stays.

        Raises:
            StoreUnavailable: the store is away; take them again.
        """
        if self._judging.stored is None:
            self.load()
        facts = self._redactions.take(facts)
        version = self._begin()
        self._store.append(facts, self._clock())
        self._judging.touched |= self._projector.absorb(facts)
        self._following.recall_categories()
        judged = self._judging.judge(())
        self._enter(judged.changes, version, facts)
        self._judging.touched.clear()
        self._metrics.count(m.REPROJECTED, judged.again)
        return frozenset(one.entry.program for one in judged.changes)


def _time(version: int) -> datetime:
    """When something of this version was written."""
    return datetime.fromtimestamp(version / 1_000_000, UTC)
