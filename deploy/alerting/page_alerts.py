"""Alerts about pages: their stories are read and folded again whenever something happens to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from deploy.alerting.known_programs import KnownPrograms
from deploy.alerting.telling import Key, Telling, key_of
from processors.alerts.alerts import LIVE, Alert
from processors.alerts.lifecycle import PAGE_KINDS, Tracks, page_alerts
from processors.alerts.signals import Act, Signal
from processors.alerts.stories import Story, stories
from processors.alerts.works import OURS
from processors.judging.contributions import PageRef
from processors.judging.judge import Verdict
from storage.alerts import ClickHouseAlerts, PageWork

_MOST_MOVES = 20
"""So many moves back and forth are followed."""

Known = dict[PageRef, set[str]]
"""Programs by the pages that they may know."""


class PageAlerts:
    """Reads pages' stories and keeps the alerts about them."""

    def __init__(self, store: ClickHouseAlerts, programs: KnownPrograms, telling: Telling) -> None:
        self._store = store
        self._programs = programs
        self._telling = telling
        self.alerted: set[tuple[str, PageRef]] = set()
        """(program, page) of which there are alerts."""

    def refold(self, known: Known, causes: Collection[str], version: int) -> None:
        """Bring the alerts about these pages up to date.

        Args:
            causes: ids of the facts that had it done; a step that one of them brought is told of, new or not.
        """
        told = list(stories(self._signals(known)))
        titles = {PageRef(one.wiki, title) for one in told for title in one.titles}
        self.look_up(titles - known.keys(), known)
        self._follow_moves(told, known)
        programs = {slug for page in titles for slug in known.get(page, ()) if slug in self._programs}
        by_page: defaultdict[PageRef, list[PageWork]] = defaultdict(list)
        for work in self._store.work_on_pages(programs, titles):
            by_page[work.page].append(work)
        stored = {key_of(one.alert): one.alert for one in self._store.alerts_of_pages(programs, titles)}
        alerts = [alert for story in told for alert in self._alerts(story, known, by_page, stored)]
        self._write(alerts, stored, causes, version)

    def look_up(self, pages: Collection[PageRef], known: Known) -> None:
        """Add the programs that may know these pages."""
        for page, slug in self._store.programs_of_pages(pages):
            if self._programs.follows(slug, page.wiki):
                known.setdefault(page, set()).add(slug)
        for page in pages:
            if listing := self._programs.listing(page):
                known.setdefault(page, set()).update(listing)

    def _signals(self, known: Known) -> list[Signal]:
        """All that happened to the pages, under whatever titles."""
        found: list[Signal] = []
        seen: set[PageRef] = set()
        wanted = set(known)
        for _ in range(_MOST_MOVES):
            found += (signals := self._store.signals_of_pages(wanted))
            seen |= wanted
            moves = [one for one in signals if one.act is Act.MOVED]
            wanted = {PageRef(one.wiki, title) for one in moves for title in one.titles} - seen
            if not wanted:
                break
        return found

    def _follow_moves(self, told: Iterable[Story], known: Known) -> None:
        """Let programs know pages by the titles that they were moved to."""
        pages = []
        for story in told:
            of_story = [PageRef(story.wiki, title) for title in story.titles]
            slugs = set().union(*(known.get(page, ()) for page in of_story))
            for page in of_story:
                pages += [(page, slug) for slug in sorted(slugs - known.get(page, set()))]
                known.setdefault(page, set()).update(slugs)
        self._store.write_program_pages(pages)

    def _alerts(
        self, story: Story, known: Known, by_page: Mapping[PageRef, Sequence[PageWork]], stored: Mapping[Key, Alert]
    ) -> Iterable[Alert]:
        pages = [PageRef(story.wiki, title) for title in story.titles]
        listing = set().union(*map(self._programs.listing, pages))
        work = [one for page in pages for one in by_page.get(page, ()) if story.covers(one.occurred_at)]
        for slug in sorted(set().union(*(known.get(page, ()) for page in pages))):
            if not self._programs.follows(slug, story.wiki):
                continue
            tracks = self._programs.tracks(slug, story.wiki)
            users = [one.user for one in work if one.program == slug and _ours(one, story, tracks)]
            found = page_alerts(slug, story, tracks, users)
            # Whoever contributed may have been taken out of the books since: what was told stays.
            if users or slug in listing or any(key_of(one) in stored for one in found):
                yield from found

    def _write(self, alerts: list[Alert], stored: dict[Key, Alert], causes: Collection[str], version: int) -> None:
        quiet = set()
        for alert in alerts:
            ours = [one for one in alert.steps if one.cause in causes]
            self._telling.tell(alert, ours)
            if key_of(alert) not in stored and not ours and alert.state not in LIVE:
                # The page has come to the program when this was over.
                quiet.add(key_of(alert))
        kept = {key_of(one) for one in alerts}
        # Of pages alone: contributions' alerts are about the same titles.
        gone = [
            one
            for key, one in stored.items()
            if key not in kept and one.kind in PAGE_KINDS and self._programs.follows(one.program, one.wiki)
        ]
        self._telling.write(alerts, stored, version, quiet=quiet, gone=gone)
        self.alerted |= {(one.program, PageRef(one.wiki, one.title)) for one in alerts}


def _ours(work: PageWork, story: Story, tracks: Tracks) -> bool:
    """Whether it counts, or would but for what became of the page later."""
    if work.verdict is not Verdict.NAMESPACE_NOT_TRACKED:
        return work.verdict in OURS
    moved = any(one.act is Act.MOVED for one in story.signals)
    return moved and tracks(story.title_at(work.occurred_at), None)
