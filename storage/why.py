"""What explanations ask the store: single revisions, what surrounds them, people, the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from processors.facts.facts import Action, Edit, Fact, PageChanged, Uploaded
from processors.judging.contributions import CategoryRef, Cause
from processors.judging.judge import Verdict
from processors.judging.ledger import Change
from processors.judging.ledger_words import Decided, LedgerLine
from processors.ports.store import Gap
from processors.why.unseen import MissingStretch, Neighbour
from storage.books import entry_from_row
from storage.connection import Connections, external
from storage.fact_rows import EPOCH, aware, from_row

_MOST_LOGS = 5


class Why:
    """Questions that are asked now and then: some look through the whole log."""

    connections: Connections

    def actions_around(
        self, users: Collection[str], start: datetime, end: datetime
    ) -> tuple[Action | None, Action | None]:
        """The last action under these names before `start`, and the first one from `end` on."""
        params = {"start": int(start.timestamp()), "end": int(end.timestamp())}
        found = list(self._asked("actions_around_users", params, users))
        before = next((one for one in found if one.occurred_at < start), None)
        return before, next((one for one in found if one.occurred_at >= end), None)

    def last_actions(self, users: Collection[str], most: int) -> list[Action]:
        """The last action under each of these names, whenever it was."""
        return list(self._asked("last_actions", {"most": most}, users))

    def last_actions_between(self, users: Collection[str], start: datetime, end: datetime, most: int) -> list[Action]:
        """The newest actions under these names in `[start, end)`."""
        params = {"start": int(start.timestamp()), "end": int(end.timestamp()), "most": most}
        return list(self._asked("last_actions_between", params, users))

    def _asked(self, name: str, params: dict[str, int], users: Collection[str]) -> Iterator[Action]:
        if users:
            table = external("users", ("user",), ((user,) for user in users))
            for row in self.connections.records(name, params, [table]):
                fact = from_row(row)
                if isinstance(fact, Edit | Uploaded):
                    yield fact

    def users_beginning(self, prefix: str) -> list[str]:
        """Names that were seen and begin so; many, not all."""
        return [user for (user,) in self.connections.rows("users_beginning", {"prefix": prefix})]

    def change_of_revision(self, wiki: str, rev_id: int) -> PageChanged | None:
        """What page_change says of a revision."""
        for row in self.connections.records("changes_of_revision", {"wiki": wiki, "rev_id": rev_id}):
            fact = from_row(row)
            if isinstance(fact, PageChanged):
                return fact
        return None

    def revisions_around(self, wiki: str, rev_id: int) -> tuple[Neighbour | None, Neighbour | None]:
        """The revisions of that wiki before and behind one, of those that were read."""
        params = {"wiki": wiki, "rev_id": rev_id}
        ((before, earlier, after, later),) = self.connections.rows("revisions_around", params)
        return (
            Neighbour(before[0], aware(before[1])) if earlier else None,
            Neighbour(after[0], aware(after[1])) if later else None,
        )

    def logs_between(self, wiki: str, start: datetime, end: datetime) -> list[Fact]:
        """Log entries of that wiki from `start` to `end` that bring revisions with them; a few."""
        params = {"wiki": wiki, "start": int(start.timestamp()), "end": int(end.timestamp()), "most": _MOST_LOGS}
        return [from_row(row) for row in self.connections.records("logs_between", params)]

    def stretch(self, gap: Gap) -> MissingStretch:
        """From when to when a gap reaches."""
        params = {"topic": gap.topic, "partition": gap.partition, "offset": gap.first}
        ((known,),) = self.connections.rows("event_before", params)
        since = aware(known)
        return MissingStretch(gap.topic, gap.first, gap.last, since if since > EPOCH else None, gap.seen_at)

    def namespace_examples_of(self, wikis: Collection[str]) -> list[tuple[str, int, str]]:
        """As `namespace_examples`, of some wikis."""
        table = external("wikis", ("wiki",), ((wiki,) for wiki in wikis))
        rows = self.connections.rows("namespace_examples_of", tables=[table])
        return [(wiki, namespace, title) for wiki, namespace, title in rows]

    def first_fact_at(self) -> datetime | None:
        """When the first thing that was read happened."""
        ((first,),) = self.connections.rows("first_fact")
        return aware(first) if aware(first) > EPOCH else None

    def verdict_counts(self, program: str) -> dict[Verdict, int]:
        """How many entries of a program's books have each verdict."""
        return {Verdict(name): count for name, count in self.connections.rows("verdict_counts", {"program": program})}

    def categories_seen(self, categories: Collection[CategoryRef]) -> set[CategoryRef]:
        """Those of which any change was read."""
        if not categories:
            return set()
        rows = self.connections.rows("categories_seen", tables=[external("pages", ("wiki", "title"), categories)])
        return {CategoryRef(wiki, title) for wiki, title in rows}

    def count_actions(self, wikis: Collection[str], start: datetime, end: datetime) -> int:
        """How much was done by accounts on these wikis in `[start, end)`."""
        table = external("wikis", ("wiki",), ((wiki,) for wiki in wikis))
        params = {"start": int(start.timestamp()), "end": int(end.timestamp())}
        ((count,),) = self.connections.rows("actions_count", params, [table])
        return int(count)

    def ledger(
        self,
        program: str,
        most: int,
        *,
        user: str = "",
        revision: tuple[str, int] = ("", 0),
        without: Collection[str] = (),
    ) -> list[LedgerLine]:
        """The newest lines of a program's ledger, newest first; of one user or one revision (wiki, rev_id) if asked.

        Args:
            without: names whose lines are left out.
        """
        table = external("kept", ("user",), ((name,) for name in without or [""]))
        params = {"program": program, "user": user, "wiki": revision[0], "rev_id": revision[1], "most": most}
        return [
            LedgerLine(
                at=EPOCH + timedelta(microseconds=row["version"]),
                change=Change(
                    entry=entry_from_row(row),
                    before=Verdict(row["before"]) if row["before"] else None,
                    gone=bool(row["gone"]),
                    cause=Cause(row["cause_kind"], row["cause"]),
                ),
            )
            for row in self.connections.records("ledger", params, [table])
        ]

    def facts_by_id(self, ids: Collection[str]) -> dict[str, Fact]:
        """Facts by their ids, but for edits."""
        if not ids:
            return {}
        table = external("ids", ("event_id",), ((one,) for one in ids))
        return {row["event_id"]: from_row(row) for row in self.connections.records("facts_by_id", tables=[table])}

    def decisions(self, ids: Collection[str]) -> dict[str, Decided]:
        """Who decided what, by the ids of program events."""
        if not ids:
            return {}
        table = external("ids", ("event_id",), ((one,) for one in ids))
        return {
            row[0]: Decided(row[0], row[1], row[2], row[3], row[4], aware(row[5]))
            for row in self.connections.rows("program_events_by_id", tables=[table])
        }
