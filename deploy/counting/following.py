"""Following the programs: their events into the projector, and the slices of books that these events touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from deploy.counting.reprojecting import Piece, Reprojection
from processors.facts.facts import Fact
from processors.judging.affected import affected
from processors.judging.contributions import Cause, Touched
from processors.judging.ledger import Change
from processors.judging.projection import Projector
from processors.ports.store import EVER, ProgramLog
from processors.programs.events import Deleted, Expired, Merged, ProgramEvent, kind_of
from processors.programs.program import Program
from processors.programs.states import ProgramState, fold
from storage.clickhouse import ClickHouseStore

_log = structlog.get_logger()


NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Task:
    """A program's slice that is still to be judged."""

    reprojection: Reprojection
    version: int
    pieces: list[Piece] | None = None
    """What is left of it; None: not yet cut up."""
    changes: int = 0


@dataclass(slots=True)
class Progress:
    """How far the books have been brought up to date since there was last nothing to do."""

    done: int = 0
    left: int = 0
    """Pieces, as far as they are known; programs that have not been looked at count as one."""


@dataclass(slots=True)
class _Read:
    """What the log has told so far."""

    position: int = 0
    states: dict[str, ProgramState] = field(default_factory=dict)
    judged_by: dict[str, Program] = field(default_factory=dict)
    """By slug, the program as its books have it."""
    causes: dict[str, Cause] = field(default_factory=dict)


class Following:
    """What the log of program events says, taken into a projector; and what of the books is still to be judged.

    Args:
        touched: where it notes the slices that recalled facts touch, which are to be judged with the next batch.
    """

    def __init__(self, store: ClickHouseStore, log: ProgramLog, projector: Projector, touched: Touched) -> None:
        self._store = store
        self._program_log = log
        self._projector = projector
        self._touched = touched
        self._read: _Read | None = None
        self._recalled: set[str] = set()
        self._small: dict[str, _Task] = {}
        self._large: dict[str, _Task] = {}
        self._done = 0
        self.recalled = 0
        """Facts read back from the log, for whoever waits for it."""

    @property
    def progress(self) -> Progress:
        """How much is done and left."""
        tasks = (*self._small.values(), *self._large.values())
        return Progress(self._done, sum(1 if task.pieces is None else len(task.pieces) for task in tasks))

    @property
    def states(self) -> Mapping[str, ProgramState]:
        """All programs as they were when last taken up."""
        return self._read.states if self._read else {}

    def take_up(self, unjudged_since: datetime = NEVER) -> frozenset[str]:
        """Read what is new in the log; return the programs that changed.

        Args:
            unjudged_since: category changes from then on may have been stored without being judged.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        first = self._read is None
        before = self._read or _Read()
        events = self._program_log.read(before.position)
        if not events and not first:
            return frozenset()
        after = self._fold(before, events, self._store.books() if first else {})
        changed = frozenset(event.program for event in events)
        for slug in changed:
            if after.states[slug].active:
                self._projector.put(after.states[slug].program)
            else:
                self._projector.drop(slug)
        wikis = self._store.wikis_seen()
        self._recall(wikis, unjudged_since, first=first)
        self._store.write_programs([after.states[slug] for slug in sorted(changed)])
        self._plan({slug: after.states[slug] for slug in changed}, after, wikis)
        self._read = after
        return changed

    @staticmethod
    def _fold(before: _Read, events: Sequence[ProgramEvent], books: Mapping[str, int]) -> _Read:
        judged = [event for event in events if event.version <= books.get(event.program, 0)]
        later = [event for event in events if event.version > books.get(event.program, 0)]
        at_books = fold(judged, before.states)
        states = fold(later, at_books)
        judged_by = before.judged_by | {slug: at_books[slug].program for slug in books if slug in at_books}
        for slug in {event.program for event in events if isinstance(event.change, Deleted | Expired | Merged)}:
            # What happens while nobody judges by it is not in its books.
            if not states[slug].active or states[slug].version != books.get(slug):
                judged_by.pop(slug, None)
        causes = {event.program: Cause(f"program/{kind_of(event.change)}", event.event_id) for event in events}
        position = events[-1].position if events else before.position
        return _Read(position, states, judged_by, before.causes | causes)

    def _recall(self, wikis: list[str], unjudged_since: datetime, *, first: bool) -> None:
        """Absorb what the log holds of wikis and categories that are tracked only now."""
        projector, store = self._projector, self._store
        if first:
            projector.absorb(self._counted(store.renames()))
        self._recalled = {wiki for wiki in self._recalled if projector.index.tracks_wiki(wiki)}
        projector.forget_untracked()
        new = {wiki for wiki in wikis if projector.index.tracks_wiki(wiki)} - self._recalled
        if new:
            projector.absorb(self._counted(store.state_facts(new)))
            for wiki, namespace, title in store.namespace_examples():
                # A namespace may have been learned in the batch before a crash: its pages were not judged again.
                if wiki in new:
                    self._touched |= projector.learn_namespace(wiki, namespace, title)
            self._recalled |= new
        self.recall_categories(unjudged_since)

    def _counted(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        for fact in facts:
            self.recalled += 1
            yield fact

    def recall_categories(self, unjudged_since: datetime = EVER) -> None:
        """Absorb the earlier changes of categories that are followed only now.

        What they touch is in the books of programs that followed them before, but for the newest; and programs
        that are new are judged as a whole.
        """
        while wanted := self._projector.wanted:
            facts = list(self._store.categorized(wanted))
            self._projector.absorb(fact for fact in facts if fact.occurred_at < unjudged_since)
            self._touched |= self._projector.absorb(fact for fact in facts if fact.occurred_at >= unjudged_since)
            self._projector.recalled(wanted)

    def _plan(self, changed: dict[str, ProgramState], read: _Read, wikis: list[str]) -> None:
        complete: dict[str, int] = {}
        tasks: dict[str, _Task] = {}
        for slug, state in changed.items():
            if not state.active:
                continue
            slice_ = affected(read.judged_by.get(slug), state.program)
            if slice_ and wikis:
                reprojection = Reprojection(self._store, self._projector, slug, slice_, read.causes[slug], wikis)
                tasks[slug] = _Task(reprojection, state.version)
            else:
                complete[slug] = state.version
                read.judged_by[slug] = state.program
        self._store.close_books(complete)
        for slug in changed:
            self._small.pop(slug, None)
            self._large.pop(slug, None)
        for slug, task in tasks.items():
            (self._large if task.reprojection.affected.everything else self._small)[slug] = task

    def work(self, write: Callable[[list[Change]], object]) -> str | None:
        """Judge one piece of what is to be judged; return its program, None when nothing is left to do.

        Raises:
            StoreUnavailable: the store is away; the piece is still to be judged.
        """
        tasks = self._small or self._large
        if not tasks:
            self._done = 0
            return None
        slug, task = next(iter(tasks.items()))
        if task.pieces is None:
            task.pieces = task.reprojection.pieces()
        if task.pieces:
            changes = task.reprojection.changes(task.pieces[-1])
            write(changes)
            task.changes += len(changes)
            task.pieces.pop()
        if not task.pieces:
            self._finish(slug, task)
            del tasks[slug]
        self._done += 1
        return slug

    def _finish(self, slug: str, task: _Task) -> None:
        assert self._read is not None
        self._store.close_books({slug: task.version})
        self._read.judged_by[slug] = self._read.states[slug].program
        _log.info("program judged from the log", program=slug, version=task.version, changes=task.changes)
