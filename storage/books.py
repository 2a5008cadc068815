"""The books of programs in ClickHouse: contributions, the ledger of their changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from processors.facts.facts import ActionKind, UserClass
from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger import Change, EntryKey
from processors.ports.store import Share
from storage.connection import Connections, external
from storage.fact_rewriting import chunks
from storage.fact_rows import aware
from storage.shares import share_params

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
    share: Share

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
        rows = self.connections.rows("stale_standings", share_params(self.share))
        stale = [(program, user, wiki) for program, user, wiki in rows]
        self.refresh_standings(stale, version)

    def entries(self, keys: Collection[EntryKey]) -> Iterator[Contribution]:
        """What the books say at these keys; nothing where there is no entry."""
        if keys:
            types = ("String", "String", "String", "String", "Int64")
            table = external("keys", EntryKey._fields, keys, types)
            yield from self._entries("entries", tables=[table])

    def entries_of_books(self, keys: Collection[tuple[str, str]]) -> Iterator[Contribution]:
        """All that the books of these (program, user) say of our wikis."""
        if keys:
            table = external("keys", ("program", "user"), keys)
            yield from self._entries("entries_of_books", share_params(self.share), [table])

    def entries_between(self, program: str, first: str, last: str) -> Iterator[Contribution]:
        """All that a program's books say of our wikis and of the users from `first` to `last` by name."""
        params = {"program": program, "first": first, "last": last}
        yield from self._entries("entries_between", params | share_params(self.share))

    def entry_users(self, program: str) -> list[tuple[str, int]]:
        """Who is in a program's books, and with how many entries of our wikis; by name."""
        params = {"program": program} | share_params(self.share)
        return [(user, count) for user, count in self.connections.rows("entry_users", params)]

    def _entries(
        self, name: str, params: Mapping[str, Any] | None = None, tables: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Contribution]:
        yield from map(entry_from_row, self.connections.records(name, params, tables))

    def books(self) -> dict[str, int]:
        """By slug, the version of the program that its books are complete for, as far as our wikis are concerned."""
        judged: defaultdict[str, defaultdict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
        for slug, of, partition, version in self.connections.rows("books"):
            judged[slug][of][partition] = version
        versions = {slug: complete_for(self.share, by_division) for slug, by_division in judged.items()}
        return {slug: version for slug, version in versions.items() if version}

    def close_books(self, versions: Mapping[str, int]) -> None:
        """Say that the books of programs (slug to version) are complete for our wikis."""
        rows = [
            (slug, self.share.of, partition, version)
            for slug, version in versions.items()
            for partition in self.share.partitions
        ]
        if rows:
            self.connections.insert("judged", ("slug", "of", "partition", "version"), list(zip(*rows, strict=True)))


def complete_for(share: Share, judged: Mapping[int, Mapping[int, int]]) -> int:
    """The version that a program's books are complete for on the wikis of a share.

    Args:
        judged: versions by partition, for each number of partitions that wikis have been divided into. Where all
            partitions of a division are there, the least of them holds for every wiki, however they are divided now.
    """
    everywhere = max((min(all_.values()) for of, all_ in judged.items() if len(all_) == of), default=0)
    own = judged.get(share.of, {})
    return min((max(own.get(one, 0), everywhere) for one in share.partitions), default=everywhere)


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
