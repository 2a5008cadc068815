"""The log of facts in ClickHouse: appended in batches, read back in slices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from processors.facts.facts import Action, Edit, Fact, Uploaded
from processors.facts.tags import RELEVANT_PATTERN
from processors.judging.contributions import CategoryRef, PageRef, RevisionRef, UserRef
from processors.ports.store import Share
from storage.connection import Connections, external
from storage.fact_rows import COLUMNS, as_columns, from_row
from storage.shares import share_params


class Facts:
    """What the wikis did. Slices come in no order, and what was appended twice may come twice."""

    connections: Connections
    share: Share

    def append(self, facts: Sequence[Fact], received_at: datetime) -> None:
        """Store facts, durable on return; appending one twice keeps it once."""
        if facts:
            self.connections.insert("facts", COLUMNS, as_columns(facts, received_at))

    def actions_of_pages(self, pages: Collection[PageRef]) -> Iterator[Action]:
        """Actions at these titles."""
        if pages:
            yield from self._actions("actions_of_pages", tables=[external("pages", ("wiki", "title"), pages)])

    def actions_of_revisions(self, revisions: Collection[RevisionRef]) -> Iterator[Action]:
        """The edits that made these revisions."""
        if revisions:
            table = external("revisions", ("wiki", "rev_id"), revisions, ("String", "Int64"))
            yield from self._actions("actions_of_revisions", tables=[table])

    def actions_of_users(self, users: Collection[UserRef], start: datetime, end: datetime) -> Iterator[Action]:
        """What was done under these names on our wikis in `[start, end)`."""
        if users:
            params = _window(start, end) | share_params(self.share)
            yield from self._actions("actions_of_users", params, [external("users", ("user",), users)])

    def acting_users(
        self, start: datetime, end: datetime, wikis: Collection[str], users: Collection[str] | None
    ) -> list[tuple[str, int]]:
        """Who acted on `wikis` in `[start, end)`, of `users` (None: of all), and how often at most; by name."""
        return [
            (user, count)
            for user, count in self.connections.rows(
                "acting_users", self._who(start, end, users), self._where(wikis, users)
            )
        ]

    def actions_between(
        self,
        start: datetime,
        end: datetime,
        wikis: Collection[str],
        users: Collection[str] | None,
        first: str,
        last: str,
    ) -> Iterator[Action]:
        """Actions on `wikis` in `[start, end)` of those of `users` (None: of all) from `first` to `last` by name."""
        params = {**self._who(start, end, users), "first": first, "last": last}
        yield from self._actions("actions_between", params, self._where(wikis, users))

    @staticmethod
    def _who(start: datetime, end: datetime, users: Collection[str] | None) -> dict[str, Any]:
        return {**_window(start, end), "everyone": int(users is None)}

    @staticmethod
    def _where(wikis: Collection[str], users: Collection[str] | None) -> list[Mapping[str, Any]]:
        return [
            external("wikis", ("wiki",), ((wiki,) for wiki in wikis)),
            external("users", ("user",), ((user,) for user in users or [""])),
        ]

    def _actions(
        self, name: str, params: Mapping[str, Any] | None = None, tables: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Action]:
        for fact in self._facts(name, params, tables):
            if isinstance(fact, Edit | Uploaded):
                yield fact

    def _facts(
        self, name: str, params: Mapping[str, Any] | None = None, tables: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Fact]:
        yield from map(from_row, self.connections.records(name, params, tables))

    def state_facts(self, wikis: Collection[str]) -> Iterator[Fact]:
        """What the folds of these wikis need: moves, deletions, restorations, visibility and tags that matter."""
        if wikis:
            yield from self._facts("state_facts", {"wikis": tuple(wikis), "tags": RELEVANT_PATTERN})

    def state_facts_of_titles(self, wiki: str, titles: Collection[str]) -> Iterator[Fact]:
        """The same of some titles of a wiki only, moves to them included."""
        if titles:
            table = external("pages", ("title",), ((title,) for title in titles))
            yield from self._facts("state_facts_of_titles", {"wiki": wiki}, [table])

    def renames(self) -> Iterator[Fact]:
        """Who was renamed, on any wiki."""
        yield from self._facts("renames")

    def renames_since(self, received_at: datetime) -> Iterator[Fact]:
        """Who was renamed, on any wiki, as far as some worker received it since then."""
        yield from self._facts("renames_since", {"since": int(received_at.timestamp() * 1000)})

    def categorized(self, categories: Collection[CategoryRef]) -> Iterator[Fact]:
        """Category changes of these categories."""
        if categories:
            yield from self._facts("categorized", tables=[external("pages", ("wiki", "title"), categories)])

    def wikis_seen(self) -> list[str]:
        """Wikis of ours of which there are facts."""
        return [wiki for (wiki,) in self.connections.rows("wikis_seen", share_params(self.share))]

    def namespace_examples(self) -> list[tuple[str, int, str]]:
        """(wiki, namespace, a title in it) for every namespace seen."""
        return [(wiki, namespace, title) for wiki, namespace, title in self.connections.rows("namespace_examples")]

    def stored_offsets(self) -> dict[tuple[str, int], int]:
        """By topic and partition, the last offset of which there is a fact, checkpoint or not."""
        return {(topic, partition): offset for topic, partition, offset in self.connections.rows("stored_offsets")}


def _window(start: datetime, end: datetime) -> dict[str, Any]:
    return {"start": int(start.timestamp()), "end": int(end.timestamp())}


def latest(actions: Iterable[Action]) -> list[Action]:
    """Each action once."""
    return list({(one.wiki, one.kind, one.rev_id): one for one in actions}.values())
