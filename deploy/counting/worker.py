"""The loop's body: read a batch, judge it, write facts, then projections, then the checkpoint.

Synchronous, so that it runs in a thread beside the event loop, and the same under Faust later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter

import structlog

from deploy.answers.boards import StoreBoards
from deploy.counting.following import NEVER, Following, Progress
from deploy.counting.plan import Figures, MakeAlerts, NoAlerts, Plan, Together, Tracker
from ingest.recorded import event_time
from ingest.tracking import Deduplicator
from processors import metrics as m
from processors.errors import InvalidEvent, TooManyInvalidEvents
from processors.facts.decode import Skipped, decode, read_position
from processors.facts.facts import Action, Fact, is_action
from processors.judging.contributions import (
    Cause,
    Contribution,
    PageRef,
    RevisionRef,
    Slice,
    Touched,
    UserRef,
    cause_of,
)
from processors.judging.judge import Verdict
from processors.judging.ledger import ActionKey, Change, action_key, differences, entry_key
from processors.judging.projection import Projector
from processors.metrics import Metrics
from processors.ports.store import EVER, DeadLetter, ProgramLog, RawEvent
from processors.privacy.hiding import Redactions, hidings
from storage.clickhouse import ClickHouseStore

_log = structlog.get_logger()

LONGEST_BATCH = timedelta(hours=1)
"""Facts that were stored so long before the newest judgement have been judged."""
MOST_INVALID_IN_A_ROW = 200
"""So many events in a row that cannot be understood stop the worker."""


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
        self._metrics = metrics
        self._clock = clock
        self._projector = Projector()
        self._following = Following(store, log, self._projector)
        self._alerts = alerts(lambda: self._following.states)
        self._time_due = EVER
        self._touched: Touched = {}
        self._boards = StoreBoards(store, clock)
        self._together = together
        self._heard_until = together.judged_until if together else NEVER
        self._to_freeze: dict[str, datetime] = {}
        """By slug, when: others may not yet have written what they judged before."""
        self._redactions = Redactions()
        self._stored: dict[tuple[str, int], int] | None = None
        """How far each topic was stored when we started: what lies beyond is in no book yet."""
        self._version = 0
        self._unsummed: set[tuple[str, str, str]] = set()
        self._untold: list[Change] = []
        self._newest: dict[str, datetime] = {}
        """By tracked wiki, when the newest event that is stored of it was emitted."""
        self._unjudged_since = NEVER
        self._invalid_in_a_row = 0

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
        if self._stored is None:
            self._version = max(self._version, self._store.newest_version())
            self._store.finish_standings(self._begin())
            self._redactions = self._store.redactions()
            self._stored = self._store.stored_offsets()
            judged_until = self._together.judged_until if self._together else _time(self._version)
            self._unjudged_since = max(judged_until, EVER + LONGEST_BATCH) - LONGEST_BATCH
        changed = self._following.take_up(self._unjudged_since)
        self._unjudged_since = NEVER
        self._to_freeze |= dict.fromkeys(changed, self._clock() + (OTHERS_WRITE if self._together else _AT_ONCE))
        self._freeze()
        self._touched |= self._following.touched
        self._following.touched.clear()
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
        self._touched |= self._projector.absorb(heard)
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
        facts = self._redactions.take(facts)
        letters = [one for one in letters if not self._redactions.concern(one.event.data)]
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
        self._touched |= self._following.touched
        fresh = {_key(fact): fact for fact in plan.facts if is_action(fact)}
        again = {_key(action): action for action in self._touched_actions()}
        changes = self._changes(fresh, again)
        self._enter(changes, version, plan.facts)
        store.save_checkpoint(plan.checkpoint, version)
        self._following.touched.clear()
        self._touched.clear()
        self._count(plan, changes, fresh, again=len(again.keys() - fresh.keys()))
        return frozenset(one.entry.program for one in changes)

    def take(self, facts: Sequence[Fact]) -> frozenset[str]:
        """Take in facts that no stream brings, and make all of it durable; returns what `commit` does.

        Between two batches, not between the `read` of one and its `commit`. The position in the stream stays.

        Raises:
            StoreUnavailable: the store is away; take them again.
        """
        if self._stored is None:
            self.load()
        facts = self._redactions.take(facts)
        version = self._begin()
        self._store.append(facts, self._clock())
        self._touched |= self._projector.absorb(facts)
        self._following.recall_categories()
        self._touched |= self._following.touched
        again = {_key(action): action for action in self._touched_actions()}
        changes = self._changes({}, again)
        self._enter(changes, version, facts)
        self._following.touched.clear()
        self._touched.clear()
        self._metrics.count(m.REPROJECTED, len(again))
        return frozenset(one.entry.program for one in changes)

    def _touched_actions(self) -> Iterator[Action]:
        slices = self._touched
        if not slices:
            return
        yield from self._store.actions_of_pages([one for one in slices if isinstance(one, PageRef)])
        yield from self._store.actions_of_revisions([one for one in slices if isinstance(one, RevisionRef)])
        users = [one for one in slices if isinstance(one, UserRef)]
        programs = [one.program for one in self._projector.index.compiled.values()] if users else []
        if programs:
            start, end = min(one.start for one in programs), max(one.end for one in programs)
            yield from self._store.actions_of_users(users, start, end)

    def _changes(self, fresh: Mapping[ActionKey, Action], again: Mapping[ActionKey, Action]) -> list[Change]:
        """What the books do not say yet. They are asked about all but what they can't know."""
        new = {key: action for key, action in fresh.items() if key not in again and self._is_new(action)}
        old = {**again, **{key: action for key, action in fresh.items() if key not in new}}
        changes = [
            Change(entry, None, False, cause_of(new[action_key(entry)]))
            for entry in self._projector.judge(new.values())
        ]
        if old:
            judged = list(self._projector.judge(old.values()))
            causes = {key: self._cause(key, action) for key, action in old.items()}
            own = {key: cause_of(fresh[key]) for key in old.keys() & fresh.keys()}
            changes += differences(self._entries(judged), judged, causes, _UNKNOWN, own)
        return changes

    def _is_new(self, action: Action) -> bool:
        """Whether no book can have an entry of it: it lies beyond all that was stored when we started."""
        position = action.position
        if position is None or self._stored is None:
            return False
        return position.offset > self._stored.get((position.topic, position.partition), -1)

    def _entries(self, judged: Sequence[Contribution]) -> Iterator[Contribution]:
        """What the books say of the slice: at the keys of what was judged, and under names that renames touch."""
        users = [one for one in self._touched if isinstance(one, UserRef)]
        renamed = self._projector.books_of(users) if users else set()
        keys = {entry_key(one) for one in judged if (one.program, one.user) not in renamed}
        yield from self._store.entries(keys)
        yield from self._store.entries_of_books(renamed)

    def _cause(self, key: ActionKey, action: Action) -> Cause:
        """What had an action judged: the late fact that touched it, or else the action itself."""
        touched = self._touched
        slices: tuple[Slice, ...] = (
            RevisionRef(key.wiki, key.rev_id),
            PageRef(key.wiki, action.title),
            UserRef(action.user or ""),
        )
        return next((touched[one] for one in slices if one in touched), cause_of(action))

    def _count(self, plan: Plan, changes: Sequence[Change], fresh: Mapping[ActionKey, Action], *, again: int) -> None:
        counted = sum(
            one.before is None and one.entry.verdict is Verdict.COUNTED and action_key(one.entry) in fresh
            for one in changes
        )
        self.figures.edits_judged += len(fresh)
        self.figures.contributions += counted
        self._metrics.count(m.JUDGED, len(fresh), outcome="seen")
        self._metrics.count(m.JUDGED, counted, outcome="counted")
        self._metrics.count(m.REPROJECTED, again)
        self._metrics.observe(m.BATCH_EVENTS, plan.events)
        self._metrics.observe(m.BATCH_SECONDS, perf_counter() - plan.started)
        for gap in plan.opened:
            self._metrics.count(m.GAP_OFFSETS, gap.last - gap.first + 1, topic=gap.topic)
        if plan.checkpoint.watermark is not None:
            self._metrics.set(m.WATERMARK, plan.checkpoint.watermark.timestamp())
        self._tell_wikis(plan.facts)

    def _tell_wikis(self, facts: Sequence[Fact]) -> None:
        newest: dict[str, datetime] = {}
        for fact in facts:
            newest[fact.wiki] = max(newest.get(fact.wiki, EVER), fact.emitted_at)
        for wiki, at in newest.items():
            if self._projector.index.tracks_wiki(wiki) and at > self._newest.get(wiki, EVER):
                self._newest[wiki] = at
                self._metrics.set(m.WIKI_WATERMARK, at.timestamp(), wiki=wiki)


_UNKNOWN = Cause("restart", "")


def _time(version: int) -> datetime:
    """When something of this version was written."""
    return datetime.fromtimestamp(version / 1_000_000, UTC)


def _key(action: Action) -> ActionKey:
    return ActionKey(action.wiki, action.kind, action.rev_id)


def _produced_at(event: RawEvent) -> datetime | None:
    """When an event that is no fact was produced: a canary says how far its topic has come."""
    seconds = event_time(event.data)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
