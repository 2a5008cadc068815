"""Taking out of the store what a wiki has hidden, or who asked to be forgotten."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence

import orjson

from processors.facts.facts import Fact
from processors.privacy.hiding import (
    HIDDEN_NAME,
    USER,
    Hiding,
    about,
    hidings,
    mentions,
    needles,
    redact,
)
from storage.alert_privacy import hide_in_alerts
from storage.books import refresh_standings
from storage.connection import Connections, external
from storage.fact_rewriting import AT_ONCE, chunks, rewrite_facts
from storage.fact_rows import from_row
from storage.webhooks import drop_messages

_RESULTS_AT_ONCE = 20


class Privacy:
    """Every call may be broken off anywhere and repeated: what tells what is still to be done goes last."""

    connections: Connections

    def hidings(self) -> list[Hiding]:
        """Every revision whose author or summary was ever hidden, of all wikis."""
        return hidings(map(from_row, self.connections.records("hidings")))

    def purge(self, hidden: Sequence[Hiding], version: int) -> None:
        """Take out what is stored of authors and summaries that are hidden now.

        Call it when the facts that say so are stored, and before anything is judged again. What was counted for
        a hidden author is in no book any more, nor in the ledger; gone from the disk it is after `settle`.

        Args:
            version: of what is entered next; standings that are computed again have the one before it, so that
                a crash between these two and the next standings is seen.
        """
        for some in chunks(hidden, AT_ONCE):
            self._purge(some, version)

    def _purge(self, hidden: Sequence[Hiding], version: int) -> None:
        nameless = [one for one in hidden if one.bits & USER]
        table = external("revisions", ("wiki", "rev_id"), _keys(hidden), ("String", "Int64"))
        bits = {(one.wiki, one.rev_id): one.bits for one in hidden}

        def hide(fact: Fact) -> Fact:
            for rev_id in about(fact):
                fact = redact(fact, bits.get((fact.wiki, rev_id), 0))
            return fact

        found = list(self.connections.records("facts_about_revisions", tables=[table]))
        facts = [fact for fact in map(from_row, found) if fact.user is not None and hide(fact).user is None]
        names = {fact.user for fact in facts if fact.user is not None}
        self.drop_letters(hidden, names)
        drop_messages(self.connections, revisions=_keys(hidden))
        self._drop_registrations(names, [fact.event_id for fact in facts])
        if nameless:
            self._purge_books(nameless, version)
        hide_in_alerts(self.connections, hidden)
        rewrite_facts(self.connections, found, hide)

    def _purge_books(self, hidden: Sequence[Hiding], version: int) -> None:
        connections = self.connections
        revisions = external("revisions", ("wiki", "rev_id"), _keys(hidden), ("String", "Int64"))
        books = {(program, user, wiki) for program, user, wiki in connections.rows("purge_books", tables=[revisions])}
        if not books:
            return
        params = {"revisions": tuple(_keys(hidden)), "ids": tuple(one.rev_id for one in hidden)}
        connections.everywhere("purge_contributions", params)
        people = {(program, user) for program, user, _ in books}
        keys = external("keys", ("program", "user"), people)
        left = {(program, user, wiki) for program, user, wiki in connections.rows("purge_books_left", tables=[keys])}
        refresh_standings(connections, books & left, version - 1)
        self._drop_standings(books - left, people - {(program, user) for program, user, _ in left})
        connections.everywhere("purge_ledger", params)

    def _drop_registrations(self, names: Collection[str], ids: Collection[str]) -> None:
        """Of those of whom these facts are all that is known."""
        if names:
            rows = self.connections.rows("facts_elsewhere", {"users": tuple(names), "ids": tuple(ids)})
            if gone := set(names) - {user for (user,) in rows}:
                self.connections.everywhere("purge_registrations", {"users": tuple(gone)})

    def _drop_standings(self, books: Collection[tuple[str, str, str]], gone: Collection[tuple[str, str]]) -> None:
        """Those of empty books, and of whom a program has nothing left: their names go from its results too."""
        if not books:
            return
        names = {program: {user for slug, user in gone if slug == program} for program, _ in gone}
        if names:
            self.rewrite_results(names, lambda program, board: without_names(board, names[program], HIDDEN_NAME))
        # No list is empty in SQL.
        self.connections.everywhere("purge_standings", {"books": tuple(books), "gone": tuple(gone) or (("", ""),)})

    def rewrite_results(self, programs: Iterable[str], change: Callable[[str, object], object]) -> int:
        """Replace the boards of frozen results by what `change` makes of them; return how many it changed."""
        rows = []
        for program, name, board in self.connections.rows("results_of", {"programs": ("", *programs)}):
            before = orjson.loads(board)
            after = change(program, before)
            if after != before:
                rows.append(((program, name), orjson.dumps(after).decode()))
        for some in chunks(rows, _RESULTS_AT_ONCE):
            boards = [board for _, board in some]
            digests = [hashlib.sha256(board.encode()).hexdigest() for board in boards]
            keys = [key for key, _ in some]
            self.connections.everywhere("results_redact", {"keys": keys, "boards": boards, "digests": digests})
        return len(rows)

    def drop_letters(self, hidden: Sequence[Hiding], names: Collection[str]) -> int:
        """Drop the dead letters that tell of these revisions or these names; return how many."""
        wanted = needles(hidden, names)
        if not wanted:
            return 0
        found = [
            digest
            for digest, data in self.connections.rows("letters_with", {"needles": wanted})
            if mentions(bytes.fromhex(data), hidden, names)
        ]
        for digests in chunks(found, AT_ONCE):
            self.connections.everywhere("purge_letters", {"digests": digests})
        return len(found)

    def settle(self) -> None:
        """Begin to write anew, in the background, what has deleted rows in it: then they are off the disk.

        Deleting marks rows and is done in a moment; this rewrites whole parts (of 5 million facts in 12 seconds
        instead of 0.6), so that a purge between two batches does not wait for it.
        """
        for table in (
            "facts",
            "contributions",
            "ledger",
            "standings",
            "registrations",
            "participants",
            "dead_letters",
            "deliveries",
            "activity_minutes",
            "signals",
            "program_pages",
        ):
            self.connections.everywhere(f"settle_{table}")

    @property
    def unsettled(self) -> bool:
        """Whether the disk still holds something that is being written anew."""
        return any(count for (count,) in self.connections.everywhere("unsettled"))


def _keys(hidden: Iterable[Hiding]) -> list[tuple[str, int]]:
    return [(one.wiki, one.rev_id) for one in hidden]


def without_names(value: object, names: Collection[str], instead: str) -> object:
    """A JSON value in which every string that is one of the names is `instead`."""
    if isinstance(value, str):
        return instead if value in names else value
    if isinstance(value, list):
        return [without_names(one, names, instead) for one in value]
    if isinstance(value, dict):
        return {
            str(without_names(key, names, instead)): without_names(one, names, instead) for key, one in value.items()
        }
    return value
