"""What page_change.v1 would have said beside a recording of recentchange: pages followed by ids of their own.

MediaWiki's page ids are in no recentchange event, so pages are numbered here as they come; titles are followed through
moves, deletions and restorations, which is what the ids of the real stream stand for. Revisions that recentchange does
not report (of moves, protections and uploads) have the numbers that no edit has, in order, as in `test_oracle.py`.
Shapes: mediawiki/page/change 1.2.0 and 1.12.0, as in the samples under tests/data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

Event = dict[str, Any]
_ROOTS = {"create": "insert", "undelete": "insert", "delete": "delete"}


@dataclass(slots=True)
class Page:
    """A page with its revisions, whoever made them."""

    page_id: int
    title: str
    namespace: int
    revisions: list[tuple[int, str, int]] = field(default_factory=list)
    """Number, author and size, oldest first."""
    edits: set[int] = field(default_factory=set)
    """Those that recentchange reports."""
    creator: str = ""
    """Of a page whose first revision recentchange reports."""
    is_redirect: bool = False
    deleted: bool = False


class Pages:
    """The pages of one wiki, as its recentchange events make them."""

    def __init__(self, events: Sequence[Event]) -> None:
        made = {event["revision"]["new"] for event in events if event["type"] in ("edit", "new")}
        self._spare = (number for number in range(min(made) - 1, max(made) + len(events)) if number not in made)
        next(self._spare)  # The main page's, made by the installer.
        self._live: dict[str, Page] = {}
        self.all: list[Page] = []

    @property
    def live(self) -> list[Page]:
        """Pages that can be read now."""
        return [page for page in self.all if not page.deleted]

    def follow(self, event: Event) -> Iterator[tuple[str, Page, Event]]:
        """Take an event in; yield the changes of pages: kind, page, and what is special about it."""
        if event["type"] == "new":
            page = self._make(event["title"], event["namespace"], event["revision"]["new"], event["user"])
            page.revisions[-1] = (event["revision"]["new"], event["user"], event["length"]["new"])
            page.edits.add(event["revision"]["new"])
            page.creator = event["user"]
            yield "create", page, {}
        elif event["type"] == "edit":
            page = self._live[event["title"]]
            prior = _revision(*page.revisions[-1])
            page.revisions.append((event["revision"]["new"], event["user"], event["length"]["new"]))
            page.edits.add(event["revision"]["new"])
            yield "edit", page, {"prior_state": {"revision": prior}}
        elif event["type"] == "log":
            yield from self._log(event)

    def _log(self, event: Event) -> Iterator[tuple[str, Page, Event]]:
        title, user = event["title"], event["user"]
        match event["log_type"], event["log_action"]:
            case "move", action:
                yield from self._move(event, over_redirect=action == "move_redir")
            case "delete", "delete":
                page = self._live.pop(title)
                page.deleted = True
                yield "delete", page, {}
            case "delete", "restore":
                page = next(one for one in reversed(self.all) if one.deleted and one.title == title)
                page.deleted = False
                self._live[title] = page
                yield "undelete", page, {}
            case "delete", "revision":
                for rev_id in event["log_params"]["ids"]:
                    page = self._live[title]
                    yield "visibility_change", page, {"revision": self._hidden(page, rev_id, event)}
            case ("protect", _) | ("upload", "overwrite") if title in self._live:
                page = self._live[title]
                prior = _revision(*page.revisions[-1])
                page.revisions.append((next(self._spare), user, page.revisions[-1][2]))
                yield "edit", page, {"prior_state": {"revision": prior}}
            case "upload", "upload":
                yield "create", self._make(title, event["namespace"], next(self._spare), user), {}

    def _move(self, event: Event, *, over_redirect: bool) -> Iterator[tuple[str, Page, Event]]:
        title, target, user = event["title"], event["log_params"]["target"], event["user"]
        if over_redirect:
            replaced = self._live.pop(target)
            replaced.deleted = True
            yield "delete", replaced, {}
        page = self._live.pop(title)
        prior = {
            "page": {"page_title": _underscored(title), "namespace_id": page.namespace},
            "revision": _revision(*page.revisions[-1]),
        }
        page.title = target
        # All moves of the recordings end in the main namespace, or stay in theirs.
        page.namespace = page.namespace if ":" in target else 0
        page.revisions.append((next(self._spare), user, page.revisions[-1][2]))
        self._live[target] = page
        if event["log_params"]["noredir"] == "1":
            yield "move", page, {"prior_state": prior}
            return
        redirect = self._make(title, event["namespace"], next(self._spare), user)
        redirect.is_redirect = True
        yield "move", page, {"prior_state": prior, "created_redirect_page": _page(redirect)}
        yield "create", redirect, {}

    def _make(self, title: str, namespace: int, rev_id: int, user: str) -> Page:
        page = Page(len(self.all) + 100, title, namespace, [(rev_id, user, 40)])
        self._live[title] = page
        self.all.append(page)
        return page

    @staticmethod
    def _hidden(page: Page, rev_id: int, event: Event) -> Event:
        (found,) = (one for one in page.revisions if one[0] == rev_id)
        bits = event["log_params"]["nfield"]
        shown = {"content": not bits & 1, "comment": not bits & 2, "editor": not bits & 4}
        revision = _revision(*found) | {f"is_{part}_visible": seen for part, seen in shown.items()}
        return revision if shown["editor"] else {key: value for key, value in revision.items() if key != "editor"}


def with_page_changes(events: Iterable[Event]) -> Iterator[Event]:
    """The events of one wiki's recentchange, each with those that page_change.v1 has of the same behind it."""
    events = list(events)
    pages = Pages(events)
    offset = 1_109_139_116
    for event in events:
        yield event
        for kind, page, special in pages.follow(event):
            yield _event(event, kind, page, special, offset)
            offset += 1


def encoded(events: Iterable[Event]) -> list[bytes]:
    """As the stream sends them."""
    return [orjson.dumps(event) for event in events]


def _event(event: Event, kind: str, page: Page, special: Event, offset: int) -> Event:
    at = datetime.fromtimestamp(event["timestamp"], UTC).isoformat().replace("+00:00", "Z")
    rev_id, user, size = page.revisions[-1]
    performer = {"user_text": event["user"], "is_bot": event["bot"], "is_temp": False, "is_system": False}
    meta = {
        **event["meta"],
        "stream": "mediawiki.page_change.v1",
        "id": str(uuid5(NAMESPACE_URL, f"page_change/{event['wiki']}/{offset}")),
        "topic": f"eqiad.mediawiki.page_change.v1.{event['wiki']}",
        "partition": 0,
        "offset": offset,
        "key": {"wiki_id": event["wiki"], "page_id": page.page_id},
    }
    return {
        "$schema": "/mediawiki/page/change/1.12.0",
        "meta": meta,
        "changelog_kind": _ROOTS.get(kind, "update"),
        "page_change_kind": kind,
        "dt": at,
        "wiki_id": event["wiki"],
        "page": _page(page),
        "performer": performer,
        "comment": event["comment"],
        "revision": {**_revision(rev_id, user, size), "rev_dt": at},
        **special,
    }


def _page(page: Page) -> Event:
    return {
        "page_id": page.page_id,
        "page_title": _underscored(page.title),
        "namespace_id": page.namespace,
        "is_redirect": page.is_redirect,
    }


def _revision(rev_id: int, user: str, size: int) -> Event:
    return {
        "rev_id": rev_id,
        "rev_size": size,
        "is_minor_edit": False,
        "is_content_visible": True,
        "is_comment_visible": True,
        "is_editor_visible": True,
        "editor": {"user_text": user},
    }


def _underscored(title: str) -> str:
    return title.replace(" ", "_")
