"""The books of programs in ClickHouse: contributions, the ledger of their changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from processors.facts.facts import ActionKind, UserClass
from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import Change, EntryKey
from storage.connection import Connections, external
from storage.fact_rewriting import chunks
from storage.fact_rows import aware

_ENTRY = (
    "program", "user", "wiki", "kind", "rev_id", "verdict", "occurred_at", "title", "namespace", "byte_delta",
    "created", "user_class", "reverted", "action",
)  # fmt: skip
_CONTRIBUTION = (*_ENTRY, "version", "gone")
_LEDGER = (*_CONTRIBUTION, "before", "cause_kind", "cause")
_STANDING = ("program", "user", "wiki")
_STANDINGS_AT_ONCE = 10_000


def refresh_standings(connections: Connections, keys: Collection[tuple[str, str, str]], version: int) -> None:
    """As `Books.refresh_standings`."""
    for some in chunks(keys, _STANDINGS_AT_ONCE):
        connections.rows("refresh_standings", {"version": version}, [external("keys", _STANDING, some)])


class Books:
    """Every write may be repeated: the newest version of a row counts."""

    connections: Connections

    def newest_version(self) -> int:
        """The highest version that anything carries; newer rows must have a higher one."""
        ((version,),) = self.connections.rows("newest_version")
        return int(version)

    def write_changes(self, changes: Sequence[Change], version: int) -> None:
        """Enter changes in the ledger, then in the books. A repetition with the same causes keeps them once."""
        if not changes:
            return
        rows = [(*_row(change.entry), version, int(change.gone)) for change in changes]
        causes = [(change.before or "", change.cause.kind, change.cause.id) for change in changes]
        lines = [(*row, *cause) for row, cause in zip(rows, causes, strict=True)]
        self.connections.insert("ledger", _LEDGER, list(zip(*lines, strict=True)))
        self.connections.insert("contributions", _CONTRIBUTION, list(zip(*rows, strict=True)))

    def refresh_standings(self, keys: Collection[tuple[str, str, str]], version: int) -> None:
        """Recompute the standings of (program, user, wiki) keys from the books, of any number of them.

        Args:
            version: not below that of the entries; `finish_standings` takes what is below for undone.
        """
        refresh_standings(self.connections, keys, version)

    def finish_standings(self, version: int) -> None:
        """Recompute what a crash between `write_changes` and `refresh_standings` may have left as it was."""
        stale = [(program, user, wiki) for program, user, wiki in self.connections.rows("stale_standings")]
        self.refresh_standings(stale, version)

    def entries(self, keys: Collection[EntryKey]) -> Iterator[Contribution]:
        """What the books say at these keys; nothing where there is no entry."""
        if keys:
            types = ("String", "String", "String", "String", "Int64")
            table = external("keys", EntryKey._fields, keys, types)
            yield from self._entries("entries", tables=[table])

    def entries_of_books(self, keys: Collection[tuple[str, str]]) -> Iterator[Contribution]:
        """All that the books of these (program, user) say."""
        if keys:
            yield from self._entries("entries_of_books", tables=[external("keys", ("program", "user"), keys)])

    def entries_between(self, program: str, first: str, last: str) -> Iterator[Contribution]:
        """All that a program's books say of the users from `first` to `last` by name."""
        yield from self._entries("entries_between", {"program": program, "first": first, "last": last})

    def entry_users(self, program: str) -> list[tuple[str, int]]:
        """Who is in a program's books, and with how many entries; by name."""
        return [(user, count) for user, count in self.connections.rows("entry_users", {"program": program})]

    def _entries(
        self, name: str, params: Mapping[str, Any] | None = None, tables: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Contribution]:
        yield from map(entry_from_row, self.connections.records(name, params, tables))

    def books(self) -> dict[str, int]:
        """By slug, the version of the program that its books are complete for."""
        return dict(self.connections.rows("books"))

    def close_books(self, versions: Mapping[str, int]) -> None:
        """Say that the books of programs (slug to version) are complete."""
        if versions:
            self.connections.insert("books", ("slug", "version"), [list(versions), list(versions.values())])


def _row(entry: Contribution) -> tuple[Any, ...]:
    return (
        entry.program,
        entry.user,
        entry.wiki,
        str(entry.kind),
        entry.rev_id,
        str(entry.verdict),
        int(entry.occurred_at.timestamp()),
        entry.title,
        entry.namespace,
        entry.byte_delta,
        entry.created,
        str(entry.user_class),
        entry.reverted,
        entry.action,
    )


def entry_from_row(row: Mapping[str, Any]) -> Contribution:
    """The contribution that a row of `contributions`, `ledger` or `books_at` holds."""
    return Contribution(
        program=row["program"],
        user=row["user"],
        wiki=row["wiki"],
        kind=ActionKind(row["kind"]),
        rev_id=row["rev_id"],
        verdict=Verdict(row["verdict"]),
        occurred_at=aware(row["occurred_at"]),
        title=row["title"],
        namespace=row["namespace"],
        byte_delta=row["byte_delta"],
        created=bool(row["created"]),
        user_class=UserClass(row["user_class"]),
        reverted=bool(row["reverted"]),
        action=row["action"],
    )
