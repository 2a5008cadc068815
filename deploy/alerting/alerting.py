"""From a batch's facts and changes of the books to alerts. Called by whoever counts, before the checkpoint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

from deploy.alerting.known_programs import KnownPrograms
from deploy.alerting.numbers import NumberAlerts
from deploy.alerting.page_alerts import Known, PageAlerts
from deploy.alerting.telling import Telling, key_of
from deploy.alerting.work_alerts import WorkAlerts
from processors.alerts.changes import AlertChange
from processors.alerts.lifecycle import PAGE_KINDS, block_alerts
from processors.alerts.rules import AlertRules
from processors.alerts.signals import Act, Signal, signals
from processors.alerts.timed import Limits
from processors.alerts.works import OURS
from processors.facts.facts import Categorized, Edit, Fact, Logged, RevisionsHidden
from processors.judging.contributions import PageRef
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.metrics import Metrics
from processors.ports.boards import Freshness
from processors.programs.states import ProgramState
from storage.alerts import ClickHouseAlerts
from storage.clickhouse import ClickHouseStore

_MOST_SEEN = 200_000
"""So many (program, page) are known to have been looked at."""
_CHANGES_AT_ONCE = 10_000
_SPEAKING = (Edit, Categorized, Logged)
_PAGE_VERDICTS = OURS | {Verdict.NAMESPACE_NOT_TRACKED}


class Alerting:
    """
    Keeps the alerts of all programs, and says what changed about them.

    Nothing that anybody is to be told is lost: what `take` returns it returns again until `told` is called, and after a
    crash what was written since the newest checkpoint.

    Args:
        states: all programs as the log has them, by slug; asked at every call.
        rules: asked at every call, so that they may change.
        since: all that was written up to this version was told of; None: up to the newest checkpoint.
    """

    def __init__(
        self,
        store: ClickHouseStore,
        states: Callable[[], Mapping[str, ProgramState]],
        *,
        rules: Callable[[], AlertRules],
        metrics: Metrics,
        limits: Limits | None = None,
        since: int | None = None,
    ) -> None:
        self._store = ClickHouseAlerts(store.connections, store.share)
        self._since = since
        self._states = states
        self._rules = rules
        self._programs = KnownPrograms()
        self._telling = Telling(self._store, metrics)
        self._pages = PageAlerts(self._store, self._programs, self._telling)
        self._works = WorkAlerts(self._store, self._programs, self._telling)
        self._numbers = NumberAlerts(self._store, self._programs, self._telling, limits or Limits())
        self._seen: set[tuple[str, PageRef]] = set()
        self._begun = False

    def before_purge(self, facts: Sequence[Fact], version: int) -> None:
        """Note which contributions these facts hide, while the books still say whose they are.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        hidings = [one for one in facts if isinstance(one, RevisionsHidden)]
        if hidings:
            self._programs.take_up(self._states())
            self._works.hide([one for one in hidings if self._programs.tracks_wiki(one.wiki)], version)

    def take(self, facts: Sequence[Fact], changes: Sequence[Change], version: int) -> tuple[AlertChange, ...]:
        """Bring alerts up to date with facts that are stored and changes that are in the books and the standings.

        Returns all that has not been `told` yet; also, whatever was told, every alert with a step that one of these
        facts brought. Repeat it as a whole when it raises: ids tell repetitions.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        self._programs.take_up(self._states())
        if not self._begun:
            self._begin(version)
            self._begun = True
        if hidings := [one for one in facts if isinstance(one, RevisionsHidden)]:
            self.before_purge(hidings, version)
        found = self._signals(facts)
        self._store.write_signals(found)
        self._take_blocks(found, {one.event_id for one in facts}, version)
        self._take(facts, found, hidings, changes, version)
        return self._news(version)

    def _take(
        self,
        facts: Sequence[Fact],
        found: Sequence[Signal],
        hidings: Sequence[RevisionsHidden],
        changes: Sequence[Change],
        version: int,
    ) -> None:
        entering = self._entering(changes)
        self._take_pages(found, hidings, changes, entering, {one.event_id for one in facts}, version)
        self._works.take(changes, facts, version)
        self._numbers.take(changes, version)
        self._seen |= entering

    def told(self) -> None:
        """Say that all that `take` and `check_time` returned is kept elsewhere."""
        self._telling.told()

    def check_time(self, now: datetime, freshness: Freshness, version: int) -> tuple[AlertChange, ...]:
        """Open and close alerts that time brings; returns as `take` does.

        Raises:
            StoreUnavailable: the store is away; call it again.
        """
        self._programs.take_up(self._states())
        self._numbers.check_time(now, freshness, version)
        return self._news(version)

    def _news(self, version: int) -> tuple[AlertChange, ...]:
        """What is untold of programs that are active, but for what they do not want to be told."""
        at, states = datetime.fromtimestamp(version / 1_000_000, UTC), self._states()
        return tuple(
            one
            for one in self._telling.untold
            if one.alert.program in self._programs and not states[one.alert.program].alerts.muted(one.alert, at)
        )

    def _begin(self, version: int) -> None:
        """Take what a crash may have left untold, or in the books without having been looked at."""
        self._pages.alerted = self._store.alerted_pages(PAGE_KINDS)
        since = self._store.newest_checkpoint() if self._since is None else self._since
        self._telling.tell_again(self._store.alerts_since(since))
        changes = self._store.changes_since(since)
        while some := list(islice(changes, _CHANGES_AT_ONCE)):
            self._take((), (), (), some, version)

    def _signals(self, facts: Iterable[Fact]) -> list[Signal]:
        rules = self._rules()
        return [one for fact in facts if isinstance(fact, _SPEAKING) for one in signals(fact, rules.of(fact.wiki))]

    def _entering(self, changes: Iterable[Change]) -> set[tuple[str, PageRef]]:
        """(program, page) that were not looked at before."""
        if len(self._seen) > _MOST_SEEN:
            self._seen.clear()
        pairs = {
            (one.entry.program, PageRef(one.entry.wiki, one.entry.title))
            for one in changes
            if not one.gone and one.entry.verdict in _PAGE_VERDICTS
        }
        return pairs - self._seen

    def _take_pages(
        self,
        found: Iterable[Signal],
        hidings: Iterable[RevisionsHidden],
        changes: Iterable[Change],
        entering: Collection[tuple[str, PageRef]],
        causes: Collection[str],
        version: int,
    ) -> None:
        self._store.write_program_pages([(page, slug) for slug, page in entering])
        known: Known = defaultdict(set)
        for slug, page in {*entering, *self._concerned(changes)}:
            if self._programs.follows(slug, page.wiki):
                known[page].add(slug)
        pages = {PageRef(one.wiki, title) for one in found if one.act not in _OF_USERS for title in one.titles}
        pages |= {PageRef(one.wiki, one.title) for one in hidings}
        self._pages.look_up({page for page in pages if self._programs.tracks_wiki(page.wiki)}, known)
        if known:
            self._pages.refold(known, causes, version)

    def _concerned(self, changes: Iterable[Change]) -> Iterable[tuple[str, PageRef]]:
        """Pages with alerts that somebody worked on, or where names changed."""
        for one in changes:
            pair = one.entry.program, PageRef(one.entry.wiki, one.entry.title)
            if pair in self._pages.alerted:
                yield pair

    def _take_blocks(self, found: Iterable[Signal], causes: Collection[str], version: int) -> None:
        blocks = [one for one in found if one.act in _OF_USERS and self._programs.tracks_wiki(one.wiki)]
        if not blocks:
            return
        blocked = {(one.wiki, one.title.partition(":")[2]): PageRef(one.wiki, one.title) for one in blocks}
        users = {user for _, user in blocked}
        books = {(slug, user) for slug, _, user in self._store.programs_of_users(users)}
        books |= {(slug, user) for user in users for slug in self._programs.enrolling(user)}
        concerned = [
            (slug, wiki, user) for wiki, user in blocked for slug, name in books
            if name == user and self._programs.follows(slug, wiki)
        ]  # fmt: skip
        if not concerned:
            return
        told = self._store.signals_of_pages(set(blocked.values()))
        alerts = []
        for slug, wiki, user in sorted(concerned):
            of_user = [one for one in told if PageRef(one.wiki, one.title) == blocked[wiki, user]]
            alerts += block_alerts(slug, wiki, user, of_user)
        written = self._store.alerts_of_ids([key_of(one) for one in alerts])
        for one in alerts:
            self._telling.tell(one, [step for step in one.steps if step.cause in causes])
        self._telling.write(alerts, {key_of(one.alert): one.alert for one in written}, version)


_OF_USERS = frozenset({Act.BLOCKED, Act.UNBLOCKED})
