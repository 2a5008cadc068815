"""Previews: a changed program judged from the log beside its books, without writing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deploy.counting.reprojecting import Reprojection
from processors.judging.affected import affected
from processors.judging.contributions import Cause
from processors.judging.preview import Amounts, Half, Preview, Sums, warnings
from processors.judging.projection import Projector
from processors.programs.program import Program
from processors.programs.states import ProgramState
from storage.clickhouse import ClickHouseStore
from storage.previews import ClickHousePreviews

_CAUSE = Cause("preview", "")


@dataclass(frozen=True, slots=True)
class Step:
    """How far a preview has come: pieces done, of so many."""

    done: int
    total: int


def preview(
    store: ClickHouseStore,
    program: Program,
    state: ProgramState | None,
    on_step: Callable[[Step], object] = lambda step: None,
) -> Preview:
    """What the numbers of a program would be, were it as given instead of as in `state` (None: there is none yet).

    Raises:
        StoreUnavailable: the store is away.
    """
    slug = program.slug
    numbers = ClickHousePreviews(store.connections)
    judged, notes = _judged_by(store, slug, state)
    slice_, wikis = affected(judged, program), store.wikis_seen()
    now = Amounts() if state is None else numbers.amounts(slug)
    plus = minus = Half()
    if slice_ and wikis:
        reprojection = Reprojection(store, recall(store, program, wikis), slug, slice_, _CAUSE, wikis)
        sums = Sums()
        pieces = reprojection.pieces()
        for done, piece in enumerate(pieces):
            on_step(Step(done, len(pieces)))
            sums.take(reprojection.changes(piece))
        on_step(Step(len(pieces), len(pieces)))
        plus, minus = sums.halves(numbers.by_user(slug, sums.users), numbers.by_page(slug, sums.pages))
    return Preview(
        program=slug,
        now=now,
        plus=plus,
        minus=minus,
        warnings=warnings(program, None if state is None else state.program),
        notes=notes,
    )


def _judged_by(store: ClickHouseStore, slug: str, state: ProgramState | None) -> tuple[Program | None, tuple[str, ...]]:
    """The program that its books are complete for; None: judge all of it."""
    if state is None:
        return None, ()
    if not state.active:
        return None, ("the program is not active now; what its books hold comes back with it",)
    if store.books().get(slug) == state.version:
        return state.program, ()
    return None, ("its books are not up to date yet; what is still to be judged is in these numbers",)


def recall(store: ClickHouseStore, program: Program, wikis: list[str]) -> Projector:
    """A projector of one program that has absorbed what the log holds for it."""
    projector = Projector([program])
    projector.absorb(store.renames())
    tracked = {wiki for wiki in wikis if projector.index.tracks_wiki(wiki)}
    if tracked:
        projector.absorb(store.state_facts(tracked))
        for wiki, namespace, title in store.namespace_examples():
            projector.learn_namespace(wiki, namespace, title)
    while wanted := projector.wanted:
        projector.absorb(store.categorized(wanted))
        projector.recalled(wanted)
    return projector
