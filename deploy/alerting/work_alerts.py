"""Alerts about single contributions: reverted, hidden, and many reverted at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from deploy.alerting.known_programs import KnownPrograms
from deploy.alerting.telling import Telling, key_of
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.works import OURS, bursts, contribution_alert, with_steps
from processors.facts.facts import ActionKind, Fact, RevisionsHidden
from processors.judging.contributions import Contribution, PageRef, RevisionRef
from processors.judging.ledger import Change
from processors.privacy.hiding import USER
from storage.alerts import ClickHouseAlerts

_OPEN, _CLOSED = AlertState.OPEN, AlertState.CLOSED


class WorkAlerts:
    """Keeps alerts about contributions, from what changes in the books."""

    def __init__(self, store: ClickHouseAlerts, programs: KnownPrograms, telling: Telling) -> None:
        self._store = store
        self._programs = programs
        self._telling = telling

    def take(self, changes: Iterable[Change], facts: Sequence[Fact], version: int) -> None:
        """Tell what is reverted now and what is no more."""
        edits = [
            one
            for one in changes
            if one.entry.kind is ActionKind.EDIT
            and not one.gone
            # What was judged for the first time by its own edit carries no tag yet.
            and (one.before is not None or one.entry.reverted)
            and (one.entry.verdict in OURS or one.before in OURS)
            and one.entry.program in self._programs
        ]
        if edits:
            times = {fact.event_id: fact.occurred_at for fact in facts}
            self._revert([(one.entry, _step(one, times)) for one in edits], version)

    def _revert(self, edits: Sequence[tuple[Contribution, Step]], version: int) -> None:
        latest = {key_of(_alert(entry)): (_alert(entry), step) for entry, step in edits}
        stored = {key_of(one.alert): one.alert for one in self._store.alerts_of_ids(list(latest))}
        alerts = []
        for key, (alert, step) in latest.items():
            before = stored.get(key)
            found = with_steps(alert, before.steps if before else (), [step])
            if found is not None:
                alerts.append(found)
        self._telling.write(alerts, stored, version)
        self._burst({one.program for one in alerts if one.state is _OPEN and one != stored.get(key_of(one))}, version)

    def _burst(self, programs: Collection[str], version: int) -> None:
        kinds = (AlertKind.REVERTED, AlertKind.MASS_REVERTS)
        known = [one.alert for one in self._store.alerts_of_kinds(programs, kinds)]
        for slug in sorted(programs):
            of_program = [one for one in known if one.program == slug]
            stored = {key_of(one): one for one in of_program if one.kind is AlertKind.MASS_REVERTS}
            found = bursts(slug, [one for one in of_program if one.kind is AlertKind.REVERTED])
            kept = {key_of(one) for one in found}
            gone = [one for key, one in stored.items() if key not in kept]
            self._telling.write(found, stored, version, gone=gone)

    def hide(self, facts: Sequence[RevisionsHidden], version: int) -> None:
        """Tell what is hidden of contributions now, and what is to be seen again."""
        if not facts:
            return
        pages = {PageRef(one.wiki, one.title) for one in facts}
        slugs = {slug for page, slug in self._store.programs_of_pages(pages) if self._programs.follows(slug, page.wiki)}
        revisions = {RevisionRef(one.wiki, rev_id) for one in facts for rev_id in one.rev_ids}
        alerts = {
            (slug, revision): contribution_alert(slug, AlertKind.SUPPRESSED, *revision, title="", user="")
            for slug in slugs
            for revision in revisions
        }
        stored = {key_of(one.alert): one.alert for one in self._store.alerts_of_ids(list(map(key_of, alerts.values())))}
        works = {
            (one.program, one.revision): one
            for one in self._store.work_of_revisions(slugs, revisions)
            if one.verdict in OURS
        }
        found = []
        for pair, alert in alerts.items():
            before, work = stored.get(key_of(alert)), works.get(pair)
            if before is None and work is None:
                continue
            wiki, rev_id = pair[1]
            about = [one for one in facts if one.wiki == wiki and rev_id in one.rev_ids]
            steps = [_hidden(one, rev_id) for one in about]
            nameless = any(one.hidden & USER for one in about)
            users = () if nameless else before.users if before else (work.user,) if work else ()
            title = work.title if work else before.title if before else ""
            told = with_steps(replace(alert, title=title, users=users), before.steps if before else (), steps)
            if told is not None:
                found.append(told)
        self._telling.write(found, stored, version)


def _alert(entry: Contribution) -> Alert:
    return contribution_alert(
        entry.program, AlertKind.REVERTED, entry.wiki, entry.rev_id, title=entry.title, user=entry.user
    )


def _step(change: Change, times: Mapping[str, datetime]) -> Step:
    entry = change.entry
    state = _OPEN if entry.reverted else _CLOSED
    return Step(state, times.get(change.cause.id, entry.occurred_at), change.cause.id, rev_id=entry.rev_id)


_HIDDEN_PARTS = ((1, "text"), (2, "summary"), (4, "name"))


def _hidden(fact: RevisionsHidden, rev_id: int) -> Step:
    parts = ", ".join(word for bit, word in _HIDDEN_PARTS if fact.hidden & bit)
    state = _OPEN if fact.hidden else _CLOSED
    return Step(state, fact.occurred_at, fact.event_id, rev_id=rev_id, detail=f"hidden: {parts}" if parts else "")
