"""What the log and the books say of a quiet program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from deploy.answers.explaining import Explainer
from processors.facts.wikis import nearest
from processors.judging.contributions import CategoryRef, Contribution
from processors.judging.judge import CompiledProgram, Verdict
from processors.programs.program import CategoryScope, Program
from processors.why.quiet import MOST_LAST, Evidence, quiet
from storage.clickhouse import ClickHouseStore

MOST_ACTIONS = 20_000
"""Of more, the newest are looked at."""
_KEPT = timedelta(seconds=10)


def quiet_evidence(store: ClickHouseStore, explainer: Explainer, clock: Callable[[], datetime]) -> Evidence:
    """Look at who did what, and at what was never seen."""
    program = explainer.program
    seen = store.wikis_seen()
    counts, active, last = _outcomes(store, explainer)
    compiled = CompiledProgram(program)
    tracked = [wiki for wiki in seen if compiled.tracks_wiki(wiki)]
    return Evidence(
        asked_at=clock(),
        freshness=store.freshness(clock),
        first_seen=store.first_fact_at(),
        active=active,
        counted=counts.pop(Verdict.COUNTED, 0),
        reasons=tuple((reason, counts[reason]) for reason in Verdict if counts[reason]),
        last=last,
        seen=store.count_actions(tracked, program.start, program.end) if program.open else 0,
        unseen_wikis=tuple(
            (wiki, nearest(wiki, seen)) for wiki in program.wikis if not wiki.startswith("*") and wiki not in seen
        ),
        unseen_categories=_unseen_categories(store, program),
        pending=explainer.pending,
    )


def _outcomes(store: ClickHouseStore, explainer: Explainer) -> tuple[Counter[Verdict], int, list[Contribution]]:
    """Actions by verdict, how many participants acted, and the last action of each."""
    program = explainer.program
    if program.open or not program.participants:
        return Counter(store.verdict_counts(program.slug)), 0, []
    names = explainer.names_of(program.participants)
    done = explainer.judged(store.last_actions_between(names, program.start, program.end, MOST_ACTIONS))
    counts = Counter(one.verdict for one in done)
    if program.hashtags:
        counts = Counter(store.verdict_counts(program.slug)) | counts
    newest: dict[str, Contribution] = {}
    for one in explainer.judged(store.last_actions(names, MOST_LAST)):
        known = newest.get(one.user)
        if known is None or known.occurred_at < one.occurred_at:
            newest[one.user] = one
    return counts, len({one.user for one in done}), [newest[user] for user in sorted(newest)]


def _unseen_categories(store: ClickHouseStore, program: Program) -> tuple[str, ...]:
    wanted = {
        CategoryRef(scope.wiki, scope.category) for scope in program.scope or () if isinstance(scope, CategoryScope)
    }
    missing = wanted - store.categories_seen(wanted)
    return tuple(f"{one.category} of {one.wiki}" for one in sorted(missing))


class QuietSentences:
    """Why boards are empty, for everybody who looks at them: looked up again after some seconds."""

    def __init__(self, store: ClickHouseStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, tuple[datetime, Program, tuple[str, ...]]] = {}

    def of(self, program: Program) -> tuple[str, ...]:
        """Why the board of an active program is empty."""
        now = self._clock()
        self._known = {slug: known for slug, known in self._known.items() if abs(now - known[0]) < _KEPT}
        known = self._known.get(program.slug)
        if known is not None and known[1] is program:
            return known[2]
        explainer = Explainer.of(self._store, program.slug)
        if explainer is None:
            return ()
        sentences = tuple(quiet(program, quiet_evidence(self._store, explainer, self._clock)))
        self._known[program.slug] = now, program, sentences
        return sentences
