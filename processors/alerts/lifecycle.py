"""What becomes of alerts: a page's story, or a user's blocks, folded into alerts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from processors.alerts.alerts import TAGS, Alert, AlertKind, AlertState, Step, alert_id
from processors.alerts.signals import Act, Signal
from processors.alerts.stories import Story

PAGE_KINDS = TAGS | {AlertKind.DELETED, AlertKind.MOVED_OUT, AlertKind.PROTECTED}
"""Kinds that `page_alerts` gives."""
_BLOCKS = frozenset({Act.BLOCKED, Act.UNBLOCKED})

Tracks = Callable[[str, int | None], bool]
"""Whether a program tracks the namespace of a title; given its number, or None: the title tells."""


@dataclass(slots=True)
class _Episode:
    """An alert under construction, of no program yet."""

    kind: AlertKind
    opening: Signal
    steps: list[Step] = field(default_factory=list)
    categories: set[str] = field(default_factory=set)
    """Of a tag: those that the page is in because of it."""

    @property
    def state(self) -> AlertState:
        return self.steps[-1].state


class _Fold:
    """All alerts of one page: taking its signals in order."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self.episodes: list[_Episode] = []

    def take(self, signal: Signal) -> None:
        match signal.act:
            case Act.TAGGED:
                self._tag(signal)
            case Act.UNTAGGED:
                self._untag(signal)
            case Act.DELETED:
                self._delete(signal)
            case Act.RESTORED:
                for one in self.episodes:
                    if one.state is AlertState.DELETED:
                        _step(one, AlertState.RESTORED, signal)
            case Act.MOVED:
                self._move(signal)
            case Act.PROTECTED | Act.BLOCKED:
                kind = AlertKind.PROTECTED if signal.act is Act.PROTECTED else AlertKind.BLOCKED
                if not self._open(kind, AlertState.OPEN):
                    self._begin(kind, AlertState.OPEN, signal)
            case Act.UNPROTECTED:
                self._close(AlertKind.PROTECTED, signal)
            case Act.UNBLOCKED:
                self._close(AlertKind.BLOCKED, signal)

    def _open(self, kind: AlertKind, state: AlertState) -> _Episode | None:
        return next((one for one in self.episodes if one.kind is kind and one.state is state), None)

    def _begin(self, kind: AlertKind, state: AlertState, signal: Signal) -> _Episode:
        episode = _Episode(kind, signal)
        _step(episode, state, signal)
        self.episodes.append(episode)
        return episode

    def _close(self, kind: AlertKind, signal: Signal) -> None:
        if episode := self._open(kind, AlertState.OPEN):
            _step(episode, AlertState.CLOSED, signal)

    def _tag(self, signal: Signal) -> None:
        assert signal.kind is not None
        episode = self._open(signal.kind, AlertState.TAGGED) or self._begin(signal.kind, AlertState.TAGGED, signal)
        if signal.category:
            episode.categories.add(signal.category)

    def _untag(self, signal: Signal) -> None:
        episode = self._open(signal.kind, AlertState.TAGGED) if signal.kind else None
        if episode is None:
            return
        episode.categories.discard(signal.category)
        # A page in another category of the kind is tagged still, whatever a summary says.
        if not episode.categories:
            kept = episode.kind is AlertKind.DISCUSSION
            _step(episode, AlertState.KEPT if kept else AlertState.UNTAGGED, signal)

    def _delete(self, signal: Signal) -> None:
        tagged = [one for one in self.episodes if one.kind in TAGS and one.state is AlertState.TAGGED]
        for one in tagged:
            _step(one, AlertState.DELETED, signal)
        for kind in (AlertKind.MOVED_OUT, AlertKind.PROTECTED):
            self._close(kind, signal)
        if not tagged and not any(one.state is AlertState.DELETED for one in self.episodes):
            self._begin(AlertKind.DELETED, AlertState.DELETED, signal)

    def _move(self, signal: Signal) -> None:
        before, after = self._tracks(signal.title, signal.namespace), self._tracks(signal.target, None)
        if after:
            self._close(AlertKind.MOVED_OUT, signal)
        elif before and not self._open(AlertKind.MOVED_OUT, AlertState.OPEN):
            self._begin(AlertKind.MOVED_OUT, AlertState.OPEN, signal)


def _step(episode: _Episode, state: AlertState, signal: Signal) -> None:
    detail = signal.category or signal.target or signal.detail
    episode.steps.append(
        Step(state, signal.order.occurred_at, signal.order.event_id, signal.user, signal.rev_id, detail)
    )


def page_alerts(program: str, story: Story, tracks: Tracks, users: Iterable[str]) -> list[Alert]:
    """All alerts that the page ever raised in a program that it belongs to.

    Args:
        tracks: which namespaces of the page's wiki the program tracks.
        users: who contributed to the page.
    """
    of_page = [one for one in story.signals if one.act not in _BLOCKS]
    return _alerts(program, story.wiki, story.title, _folded(of_page, tracks), users)


def block_alerts(program: str, wiki: str, user: str, signals: Iterable[Signal]) -> list[Alert]:
    """All alerts that the blocks of a participant on a wiki raised."""
    blocks = sorted({one for one in signals if one.act in _BLOCKS}, key=lambda one: one.order)
    return _alerts(program, wiki, "", _folded(blocks, lambda title, namespace: True), [user])


def _folded(signals: Iterable[Signal], tracks: Tracks) -> list[_Episode]:
    fold = _Fold(tracks)
    for signal in signals:
        fold.take(signal)
    return fold.episodes


def _alerts(program: str, wiki: str, title: str, episodes: Iterable[_Episode], users: Iterable[str]) -> list[Alert]:
    names = tuple(sorted(set(users)))
    return [
        Alert(
            program=program,
            alert_id=alert_id(program, one.kind, f"{wiki}/{one.opening.title}", one.opening.order.event_id),
            kind=one.kind,
            wiki=wiki,
            title=title,
            users=names,
            steps=tuple(one.steps),
        )
        for one in episodes
    ]
