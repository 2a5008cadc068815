"""The store: facts, projections and positions in ClickHouse, over clickhouse-driver."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from typing import Any

from clickhouse_migrations.clickhouse_cluster import ClickhouseCluster

from processors.facts import Edit, Fact
from processors.ports import Checkpoint, DeadLetter, Freshness, Gap, Reached, Standing, Totals
from processors.programs import Program, Visibility
from processors.projection import CategoryRef, Contribution, PageRef
from storage.connection import Connections, Target
from storage.fact_rows import COLUMNS, as_columns, aware, from_row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_CONTRIBUTION_COLUMNS = (
    "program", "user", "wiki", "rev_id", "verdict", "occurred_at", "title", "namespace", "byte_delta", "created",
    "version",
)  # fmt: skip


class ClickHouseStore:
    """Everything that lasts. Synchronous and safe to share between threads; call it off the event loop.

    Every write may be repeated: what is written twice is kept once, and the newest version of a row counts.
    All methods raise `StoreUnavailable` when the server is away; nothing may be assumed of that call then.
    """

    def __init__(self, target: Target) -> None:
        self.connections = Connections(target)

    def migrate(self) -> None:
        """Bring the schema up to this version of wikitally; does nothing when it is."""
        target = self.connections.target
        # Its progress is one line per migration that is already applied: nobody's news.
        logging.getLogger().setLevel(logging.WARNING)
        cluster = ClickhouseCluster(
            db_host=target.host,
            db_port=str(target.port),
            db_user=target.user,
            db_password=target.password,
            secure=target.secure,
        )
        with resources.as_file(resources.files("storage").joinpath("migrations")) as folder:
            cluster.migrate(target.database, folder)

    def close(self) -> None:
        """Close the idle connections."""
        self.connections.close()

    # facts

    def append(self, facts: Sequence[Fact], received_at: datetime) -> None:
        """Store facts, durable on return; appending one twice keeps it once."""
        if facts:
            self.connections.insert("facts", COLUMNS, as_columns(facts, received_at))

    def edits_of(self, pages: Collection[PageRef]) -> Iterator[Edit]:
        """Edits that were made at these titles, in no order."""
        if pages:
            yield from self._edits("edits_of_pages", tables=[_pairs("pages", ("wiki", "title"), pages)])

    def edits_between(
        self, start: datetime, end: datetime, wikis: Collection[str], users: Collection[str] | None
    ) -> Iterator[Edit]:
        """Edits on `wikis` in `[start, end)` by `users` (None: by all), in no order."""
        yield from self._edits(
            "edits_between",
            {"start": int(start.timestamp()), "end": int(end.timestamp()), "everyone": int(users is None)},
            [_column("wikis", "wiki", wikis), _column("users", "user", users or [""])],
        )

    def _edits(
        self, name: str, params: Mapping[str, Any] | None = None, tables: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[Edit]:
        for fact in map(from_row, self.connections.records(name, params, tables)):
            if isinstance(fact, Edit):
                yield fact

    def page_facts(self, wikis: Collection[str]) -> Iterator[Fact]:
        """What the page log folds: moves, deletions, restorations and hidden revisions."""
        if wikis:
            yield from map(from_row, self.connections.records("page_facts", {"wikis": tuple(wikis)}))

    def categorized(self, categories: Collection[CategoryRef]) -> Iterator[Fact]:
        """Category changes of these categories."""
        if categories:
            tables = [_pairs("pages", ("wiki", "title"), categories)]
            yield from map(from_row, self.connections.records("categorized", tables=tables))

    def wikis_seen(self) -> list[str]:
        """Wikis of which there are facts."""
        return [wiki for (wiki,) in self.connections.rows("wikis_seen")]

    def namespace_examples(self) -> list[tuple[str, int, str]]:
        """(wiki, namespace, a title in it) for every namespace seen."""
        return [(wiki, namespace, title) for wiki, namespace, title in self.connections.rows("namespace_examples")]

    # projections

    def newest_version(self) -> int:
        """The highest version that anything carries; newer rows must have a higher one."""
        ((version,),) = self.connections.rows("newest_version")
        return int(version)

    def write_contributions(self, entries: Iterable[Contribution], version: int) -> None:
        """Enter judged edits in the books, replacing what an older version says of them."""
        rows = [
            (
                one.program,
                one.user,
                one.wiki,
                one.rev_id,
                str(one.verdict),
                int(one.occurred_at.timestamp()),
                one.title,
                one.namespace,
                one.byte_delta,
                one.created,
                version,
            )
            for one in entries
        ]
        if rows:
            self.connections.insert("contributions", _CONTRIBUTION_COLUMNS, list(zip(*rows, strict=True)))

    def refresh_standings(self, keys: Collection[tuple[str, str]], version: int) -> None:
        """Recompute the standings of (program, user) keys from the books."""
        if keys:
            tables = [_pairs("keys", ("program", "user"), keys)]
            self.connections.rows("refresh_standings", {"version": version}, tables)

    def prune(self, slugs: Collection[str], version: int) -> None:
        """Take out of the programs' books and standings what is older than `version`."""
        if slugs:
            params = {"programs": tuple(slugs), "version": version}
            self.connections.rows("prune_contributions", params)
            self.connections.rows("prune_standings", params)

    # programs

    def save_programs(self, definitions: Sequence[tuple[Program, str]], version: int, applied_at: datetime) -> None:
        """Add a version of programs' definitions (canonical YAML)."""
        rows = [
            (program.slug, version, definition, str(program.visibility), int(applied_at.timestamp() * 1000))
            for program, definition in definitions
        ]
        if rows:
            columns = ("slug", "version", "definition", "visibility", "applied_at")
            self.connections.insert("programs", columns, list(zip(*rows, strict=True)))

    def definitions(self, visibilities: Collection[Visibility] = tuple(Visibility)) -> dict[str, tuple[int, str]]:
        """Version and text of the newest definition by slug, of programs of these visibilities."""
        rows = self.connections.rows("programs", {"visibilities": tuple(map(str, visibilities))})
        return {slug: (version, definition) for slug, version, definition in rows}

    def programs_edition(self) -> tuple[int, int]:
        """Differs whenever a program was added or changed since."""
        ((count, newest),) = self.connections.rows("programs_edition")
        return count, newest

    def books(self) -> dict[str, int]:
        """By slug, the version of its definition that the books are complete for."""
        return dict(self.connections.rows("books"))

    def close_books(self, versions: Mapping[str, int]) -> None:
        """Say that the books of programs (slug to version of the definition) are complete."""
        if versions:
            self.connections.insert("books", ("slug", "version"), [list(versions), list(versions.values())])

    def definition(self, slug: str, visibilities: Collection[Visibility] = tuple(Visibility)) -> str | None:
        """The newest definition of one program; None when there is none of these visibilities."""
        rows = self.connections.rows("program", {"slug": slug, "visibilities": tuple(map(str, visibilities))})
        return rows[0][0] if rows else None

    def standings(self, slug: str) -> list[Standing]:
        """Everybody with a contribution, without team, in no order."""
        return [
            Standing(
                user=user,
                team="",
                edits=edits,
                bytes_added=added,
                bytes_removed=removed,
                articles_created=created,
                articles_edited=edited,
                last_edit_at=_time(last),
            )
            for user, edits, added, removed, created, edited, last in self.connections.rows(
                "standings", {"program": slug}
            )
        ]

    def totals(self, slug: str, participants: int | None) -> Totals:
        """The program's numbers as a whole. `participants` None: as many as have contributed."""
        ((editors, edits, added, removed, created, edited, last),) = self.connections.rows("totals", {"program": slug})
        return Totals(
            participants=editors if participants is None else participants,
            editors=editors,
            edits=edits,
            bytes_added=added,
            bytes_removed=removed,
            articles_created=created,
            articles_edited=edited,
            last_edit_at=_time(last),
        )

    # positions

    def checkpoint(self, streams: str) -> Checkpoint | None:
        """The resume position of a list of streams; None when it was never read."""
        rows = self.connections.rows("checkpoint", {"streams": streams})
        if not rows:
            return None
        watermark = max(aware(row[4]) for row in rows)
        return Checkpoint(
            streams=streams,
            reached={
                (topic, partition): Reached(offset, timestamp_ms) for topic, partition, offset, timestamp_ms, _ in rows
            },
            watermark=watermark if watermark > _EPOCH else None,
        )

    def save_checkpoint(self, checkpoint: Checkpoint, version: int) -> None:
        """Store a resume position. Call it when all that was read up to it is durable, never before."""
        if not checkpoint.reached:
            return
        watermark = int((checkpoint.watermark or _EPOCH).timestamp() * 1000)
        rows = [
            (checkpoint.streams, topic, partition, reached.offset, reached.timestamp_ms, watermark, version)
            for (topic, partition), reached in checkpoint.reached.items()
        ]
        columns = ("streams", "topic", "partition", "offset", "timestamp_ms", "watermark", "version")
        self.connections.insert("checkpoints", columns, list(zip(*rows, strict=True)))

    def write_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Keep events that could not be understood, each once."""
        if not letters:
            return
        rows = [
            (
                hashlib.md5(letter.event.data, usedforsecurity=False).digest(),
                letter.event.position.topic if letter.event.position else "",
                letter.event.position.partition if letter.event.position else 0,
                letter.event.position.offset if letter.event.position else -1,
                letter.event.source,
                letter.reason,
                letter.detail,
                letter.event.data,
                int(letter.received_at.timestamp() * 1000),
            )
            for letter in letters
        ]
        columns = ("digest", "topic", "partition", "offset", "source", "reason", "detail", "data", "received_at")
        self.connections.insert("dead_letters", columns, list(zip(*rows, strict=True)))

    def write_gaps(self, opened: Sequence[Gap], closed: Sequence[Gap], version: int) -> None:
        """Record gaps as missing or as filled since."""
        rows = [
            (gap.topic, gap.partition, gap.first, gap.last, int(gap.seen_at.timestamp() * 1000), done, version + done)
            for gaps, done in ((opened, False), (closed, True))
            for gap in gaps
        ]
        if rows:
            columns = ("topic", "partition", "first", "last", "seen_at", "closed", "version")
            self.connections.insert("gaps", columns, list(zip(*rows, strict=True)))

    def open_gaps(self) -> list[Gap]:
        """What is known to be missing."""
        return [
            Gap(topic, partition, first, last, aware(seen_at))
            for topic, partition, first, last, seen_at in self.connections.rows("open_gaps")
        ]

    def freshness(self, now: Callable[[], datetime]) -> Freshness:
        """Watermark, lag and open gaps."""
        ((watermark, gaps),) = self.connections.rows("freshness")
        as_of = aware(watermark) if watermark is not None else _EPOCH
        if as_of <= _EPOCH:
            return Freshness(None, None, gaps)
        return Freshness(as_of, max(0.0, (now() - as_of).total_seconds()), gaps)

    def dead_letter_count(self) -> int:
        """How many events could not be understood."""
        ((count,),) = self.connections.rows("dead_letter_count")
        return int(count)

    def table_sizes(self) -> list[tuple[str, int, int]]:
        """(table, rows, bytes on disk)."""
        return [(name, rows, size) for name, rows, size in self.connections.rows("counts")]


def _time(value: datetime) -> datetime | None:
    at = aware(value)
    return at if at > _EPOCH else None


def _pairs(name: str, columns: tuple[str, str], rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    first, second = columns
    return {
        "name": name,
        "structure": [(first, "String"), (second, "String")],
        "data": [{first: one, second: other} for one, other in rows],
    }


def _column(name: str, column: str, values: Iterable[str]) -> dict[str, Any]:
    return {"name": name, "structure": [(column, "String")], "data": [{column: value} for value in values]}
