"""Little wikis that write events as Wikimedia's do: one stream for all of them, times given by whoever plays."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import orjson

from tests.recorders import EVENTSTREAMS

RECENTCHANGE = "mediawiki.recentchange"
TAGS_CHANGE = "mediawiki.revision-tags-change"
VISIBILITY_CHANGE = "mediawiki.revision-visibility-change"
TEXT, COMMENT, USER = 1, 2, 4
"""What of a revision can be hidden."""
_NAMESPACES = {
    "Talk": 1,
    "User": 2,
    "User talk": 3,
    "Project": 4,
    "File": 6,
    "Template": 10,
    "Category": 14,
    "Special": -1,
}
_DELAY = timedelta(seconds=1, milliseconds=600)
"""From what happens on a wiki to its event."""


class Stream:
    """What EventStreams would send, each event with its place in its topic."""

    def __init__(self) -> None:
        self._unread: list[bytes] = []
        self._offsets: Counter[str] = Counter()

    def send(self, stream: str, server: str, title: str, at: datetime, event: Mapping[str, Any]) -> None:
        """Publish an event of a wiki."""
        topic = f"eqiad.{stream}"
        offset = 6_581_317_780 + self._offsets[topic]
        self._offsets[topic] += 1
        meta = {
            "uri": f"https://{server}/wiki/{_in_address(title)}",
            "request_id": str(uuid5(NAMESPACE_URL, f"request/{topic}/{offset}")),
            "id": str(uuid5(NAMESPACE_URL, f"{topic}/{offset}")),
            "domain": server,
            "stream": stream,
            "dt": (at + _DELAY).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "topic": topic,
            "partition": 0,
            "offset": offset,
        }
        self._unread.append(orjson.dumps({"meta": meta, **event}))

    def lose(self, number: int) -> None:
        """Let the next events of recentchange never arrive."""
        self._offsets[f"eqiad.{RECENTCHANGE}"] += number

    def take(self) -> list[bytes]:
        """What was published since the last time."""
        taken, self._unread = self._unread, []
        return taken


@dataclass(slots=True)
class _Page:
    page_id: int
    length: int
    revisions: list[int]


@dataclass(slots=True)
class LittleWiki:
    """One wiki. A page that nobody made was there before and has 1,000 bytes."""

    stream: Stream
    server: str
    dbname: str
    namespaces: Mapping[str, int] = field(default_factory=dict)
    """Numbers by prefix, beside the English ones."""
    language: str = "en"
    _pages: dict[str, _Page] = field(default_factory=dict)
    _archive: dict[str, _Page] = field(default_factory=dict)
    _titles: dict[int, str] = field(default_factory=dict)
    """Of revisions, where they were made."""
    _rcid: int = 3_487_449_515
    """Real ids of recent changes need more than 32 bits; so do Wikidata's revisions."""
    _rev_id: int = 2_552_956_996
    _log_id: int = 171_000_000
    _page_id: int = 96_000_000
    _user_id: int = 47_019_178

    def new(self, user: str | None, title: str, length: int, at: datetime, **more: Any) -> int:
        """Create a page; return the revision."""
        rev_id = self._next_revision(title)
        self._page_id += 1
        self._pages[title] = _Page(self._page_id, length, [rev_id])
        sizes = {"length": {"new": length}, "revision": {"new": rev_id}}
        self._change("new", user, title, at, {**sizes, "minor": False, "patrolled": False}, more)
        return rev_id

    def edit(self, user: str | None, title: str, added: int, at: datetime, **more: Any) -> int:
        """Add so many bytes to a page; return the revision."""
        page = self._page(title)
        parent, before = page.revisions[-1], page.length
        rev_id = self._next_revision(title)
        page.length += added
        page.revisions.append(rev_id)
        sizes = {"length": {"old": before, "new": page.length}, "revision": {"old": parent, "new": rev_id}}
        self._change("edit", user, title, at, {**sizes, "minor": False}, more)
        return rev_id

    def categorize(self, user: str, title: str, category: str, at: datetime, *, removed: bool = False) -> None:
        """Say that the newest revision of a page put it into a category, or took it out."""
        words = _sentences(self.language)["removed" if removed else "added"].replace("$1", title)
        rev_id = self._page(title).revisions[-1]
        address = f"https://{self.server}/w/index.php?diff={rev_id}&oldid=0"
        self._change("categorize", user, category, at, {"notify_url": address}, {"comment": words})

    def move(self, user: str, title: str, target: str, at: datetime, *, redirect: bool = True) -> None:
        """Move a page; what stays behind is a redirect of which recentchange says nothing."""
        page = self._page(title)
        page.revisions.append(self._next_revision(target))
        self._pages[target] = page
        del self._pages[title]
        if redirect:
            self._page_id += 1
            self._pages[title] = _Page(self._page_id, 40, [self._next_revision(title)])
        self._log(user, title, at, "move", "move", {"target": target, "noredir": "0" if redirect else "1"})

    def delete(self, user: str, title: str, at: datetime, comment: str = "") -> None:
        """Delete a page."""
        self._archive[title] = self._pages.pop(title)
        self._log(user, title, at, "delete", "delete", [], comment=comment)

    def restore(self, user: str, title: str, at: datetime, comment: str = "") -> None:
        """Bring a deleted page back, with all its revisions."""
        page = self._pages[title] = self._archive.pop(title)
        count = {"revisions": len(page.revisions), "files": 0}
        self._log(user, title, at, "delete", "restore", {"count": count}, comment=comment)

    def upload(self, user: str, title: str, at: datetime, *, overwrite: bool = False) -> int:
        """Upload a file, whose page comes without an event; return the log entry."""
        if not overwrite:
            self._page_id += 1
            self._pages[title] = _Page(self._page_id, 500, [self._next_revision(title)])
        params = {"img_sha1": "nnewqadoilr87z94y2qu19wv0ysozgu", "img_timestamp": f"{at:%Y%m%d%H%M%S}"}
        return self._log(user, title, at, "upload", "overwrite" if overwrite else "upload", params)

    def newuser(self, name: str, at: datetime) -> None:
        """Let somebody make an account."""
        self._user_id += 1
        self._log(name, f"User:{name}", at, "newusers", "create", {"userid": self._user_id})

    def rename(self, old: str, new: str, at: datetime) -> None:
        """Let a steward rename an account."""
        params = {"olduser": old, "newuser": new, "edits": 12}
        self._log("Steward", f"User:{old}", at, "renameuser", "renameuser", params)

    def hide(self, user: str, rev_id: int, bits: int, at: datetime) -> None:
        """Hide parts of a revision, or show them again, as administrators do: recentchange tells of it."""
        params = {"type": "revision", "ids": [rev_id], "ofield": 0, "nfield": bits}
        self._log(user, self._titles[rev_id], at, "delete", "revision", params)

    def suppress(self, rev_id: int, bits: int, at: datetime) -> None:
        """Hide parts of a revision as oversighters do: only revision-visibility-change tells of it."""
        shown = {"text": not bits & TEXT, "comment": not bits & COMMENT, "user": not bits & USER}
        before = {"visibility": {"text": True, "comment": True, "user": True}}
        self._revision_event(VISIBILITY_CHANGE, rev_id, at, {"visibility": shown, "prior_state": before})

    def tag(self, rev_id: int, *tags: str, at: datetime, before: tuple[str, ...] = ()) -> None:
        """Let a revision carry these tags from now on."""
        self._revision_event(TAGS_CHANGE, rev_id, at, {"tags": list(tags), "prior_state": {"tags": list(before)}})

    def _next_revision(self, title: str) -> int:
        self._rev_id += 1
        self._titles[self._rev_id] = title
        return self._rev_id

    def _page(self, title: str) -> _Page:
        if title not in self._pages:
            self._page_id += 1
            self._pages[title] = _Page(self._page_id, 1000, [self._next_revision(title)])
        return self._pages[title]

    def _namespace(self, title: str) -> int:
        return {**_NAMESPACES, **self.namespaces}.get(title.partition(":")[0], 0)

    def _log(
        self, user: str, title: str, at: datetime, log_type: str, action: str, params: Any, *, comment: str = ""
    ) -> int:
        self._log_id += 1
        entry = {"log_id": self._log_id, "log_type": log_type, "log_action": action, "log_params": params}
        self._change("log", user, title, at, {**entry, "log_action_comment": ""}, {"comment": comment})
        return self._log_id

    def _change(
        self, kind: str, user: str | None, title: str, at: datetime, what: dict[str, Any], more: dict[str, Any]
    ) -> None:
        self._rcid += 1
        event = {
            "$schema": "/mediawiki/recentchange/1.0.0",
            "id": self._rcid,
            "type": kind,
            "namespace": self._namespace(title),
            "title": title,
            "title_url": f"https://{self.server}/wiki/{_in_address(title)}",
            "comment": "",
            "timestamp": int(at.timestamp()),
            "user": user,
            "bot": False,
            **what,
            "server_url": f"https://{self.server}",
            "server_name": self.server,
            "server_script_path": "/w",
            "wiki": self.dbname,
            "parsedcomment": "",
            **more,
        }
        if user is None:
            del event["user"]
        self.stream.send(RECENTCHANGE, self.server, title, at, event)

    def _revision_event(self, stream: str, rev_id: int, at: datetime, what: dict[str, Any]) -> None:
        title = self._titles[rev_id]
        event = {
            "$schema": f"/{stream.replace('.revision-', '/revision/')}/1.0.0",
            "database": self.dbname,
            "page_id": self._page(title).page_id,
            "page_title": title.replace(" ", "_"),
            "page_namespace": self._namespace(title),
            "page_is_redirect": False,
            "rev_id": rev_id,
            "rev_timestamp": at.isoformat(),
            **what,
        }
        self.stream.send(stream, self.server, title, at, event)


def _in_address(title: str) -> str:
    return quote(title.replace(" ", "_"), safe="():@;,/")


@cache
def _sentences(language: str) -> dict[str, str]:
    """What a wiki of that language says of categories, in MediaWiki's own words."""
    messages = json.loads((EVENTSTREAMS / "categorize_messages_i18n.json").read_text(encoding="utf-8"))
    words = messages[language]
    return {
        "added": words["recentchanges-page-added-to-category"],
        "removed": words["recentchanges-page-removed-from-category"],
    }
