"""The same life of a store, wherever it is: a recorded day, decisions, late facts, hidings, somebody forgotten, age."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from deploy.cli.forgetting import forget
from deploy.counting.worker import Worker
from ingest.tracking import PositionTracker
from processors.facts.facts import Direction, Fact
from processors.folds.listing import Listing
from processors.judging.contributions import CategoryRef
from processors.metrics import NoMetrics
from processors.ports.store import Checkpoint, Gap, RawEvent
from processors.programs.definitions import dump_programs
from processors.programs.events import (
    Change,
    Changed,
    Defined,
    Deleted,
    Frozen,
    Joined,
    Left,
    NameHidden,
    NewEvent,
    RevisionExcluded,
)
from processors.programs.program import (
    CategoryScope,
    Exclusions,
    Membership,
    Participant,
    PrefixScope,
    Program,
    Session,
    TitlesScope,
    Visibility,
)
from processors.programs.tokens import Role, Token
from storage.clickhouse import ClickHouseStore
from storage.listings import ClickHouseListings
from storage.tokens import ClickHouseTokens
from tests.batches import take
from tests.histories import START, WIKI, categorized, deleted, edit, hidden, moved, renamed, restored, tagged, uploaded
from tests.purging import page_change
from tests.recorders import EVENTSTREAMS
from tests.stores import log_of

STREAMS = "mediawiki.recentchange"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = NOW + timedelta(seconds=1)
"""Than all that is written."""
RECORDED = (EVENTSTREAMS / "mediawiki_1_39" / "recentchange.ndjson").read_bytes().splitlines()
HIDDEN_EDITOR, FORGOTTEN = "Ben", "Aïcha Benali"
CATEGORY = CategoryRef(WIKI, "Category:Women scientists")

_DAY = (Session(datetime(2026, 11, 23, tzinfo=UTC), NOW, "the day"),)
_SMALL = (Session(START, START + timedelta(hours=1), "first"), Session(START + DAY, START + 2 * DAY))
_ALL = (("default", None),)
_OPEN = Program(
    slug="everyone", title="Everyone", sessions=_DAY, wikis=("*",), namespaces=_ALL, open=True, campaigns=("autumn",),
    exclude=Exclusions(bots=False), points=(("edit", 1.0), ("article_created", 100.0)), timezone="Asia/Kathmandu",
)  # fmt: skip
_THREE = replace(
    _OPEN, slug="three", title="Three", open=False, namespaces=(),
    participants=(Participant(FORGOTTEN, team="blue"), Participant("Bob the Builder"), Participant("Chén Xiǎomíng")),
)  # fmt: skip
PROGRAMS = (
    _OPEN,
    _THREE,
    replace(_OPEN, slug="women", title="Women", scope=(CategoryScope(WIKI, CATEGORY.category),), campaigns=()),
    replace(_OPEN, slug="secret", title="Secret", visibility=Visibility.PRIVATE, wikis=("*.wikipedia.org",)),
    replace(
        _THREE, slug="small", title="Small", sessions=_SMALL, wikis=(WIKI,), namespaces=_ALL, membership=Membership.NOW,
        participants=(Participant("Ada", team="red"), Participant("Ben"), Participant("Eve")),
        scope=(TitlesScope(frozenset({"A", "C"})), PrefixScope("User:Ada/"), CategoryScope(WIKI, "Category:X", 1)),
    ),
)  # fmt: skip


@dataclass(slots=True)
class Seeded:
    """A store and whoever reads and judges over it. The clock stands still, so that everything comes out equal."""

    store: ClickHouseStore
    worker: Worker = field(init=False)
    swept: set[str] = field(default_factory=set)
    """Of what something went. How many rows went depends on which were merged before."""

    def __post_init__(self) -> None:
        self.worker = self._worker()

    def _worker(self) -> Worker:
        tracker = PositionTracker(STREAMS, self.store.checkpoint(STREAMS), self.store.open_gaps())
        log = log_of(self.store)
        return Worker(self.store, log, tracker, metrics=NoMetrics(), clock=lambda: NOW)

    def restart(self) -> None:
        """As a process does that begins on a store which is there."""
        self.store.migrate()
        self.worker = self._worker()
        self.worker.catch_up()

    def decide(self, program: str, *changes: Change, at: datetime = NOW) -> None:
        """Append to the log under ids that are told from the place, and let the books follow."""
        log = log_of(self.store)
        after = log.last_position()
        version = sum(one.program == program for one in log.read())
        events = [
            NewEvent(
                event_id=f"{program}-{version + number}",
                program=program,
                version=version + number,
                recorded_at=at,
                actor="Olga",
                reason="so it is",
                change=change,
            )
            for number, change in enumerate(changes, start=1)
        ]
        log.append(events, after=after)
        self.worker.catch_up()

    def take(self, facts: Sequence[Fact]) -> None:
        """Read facts as one batch of the stream."""
        take(self.worker, facts, NOW, checkpoint=Checkpoint(STREAMS, {}))

    def read(self, events: Sequence[bytes]) -> None:
        self.worker.commit(self.worker.read([RawEvent(event, None, STREAMS) for event in events]))


def counted(one: Seeded) -> None:
    """A day is read, with a hole, a repetition and some nonsense; one program comes late."""
    tokens, listings = ClickHouseTokens(one.store.connections), ClickHouseListings(one.store.connections)
    tokens.add(Token("bot", Role.ORGANISER, "a" * 64, NOW, "Olga", frozenset({"three"}), frozenset({"autumn"})))
    tokens.add(Token("gone", Role.VIEWER, "b" * 64, NOW - DAY, expires=NOW + DAY))
    tokens.revoke(tokens.all()[0], NOW)
    listings.write(Listing(CATEGORY, 2, 7, NOW, NOW))
    listings.write(Listing(CATEGORY, 2, 0, NOW + DAY, NOW, "http_429"))
    for program in PROGRAMS[1:]:
        one.decide(program.slug, Defined(dump_programs([program])), at=NOW - DAY)
    broken = RECORDED[7].replace(b'"type":"', b'"type":"no ', 1)
    one.read([*RECORDED[:300], broken, b"nonsense about Ben", b"nonsense"])
    one.read(RECORDED[250:600])
    one.restart()
    one.read(RECORDED[600:])
    missing = [Gap("t", 0, 10, 12, NOW), Gap("t", 0, 20, 20, NOW)]
    one.store.write_gaps(missing, [], 1)
    one.store.write_gaps([], missing[:1], 2)
    one.decide("everyone", Defined(dump_programs([_OPEN])), Frozen("empty", NOW - timedelta(hours=1)), at=NOW - DAY)
    first, second = edit(1, "A"), edit(2, "B", "Ben", old=None)
    small = [
        first, second, edit(4, "User:Ada/Draft"), edit(5, "Talk:A", "Ben"), uploaded(6, "File:A.png"),
        edit(40, "C", "Ben"), edit(41, f"User:{FORGOTTEN}/Draft"), page_change(5001, "Ada"),
        edit(42, "C", "Eve"), replace(page_change(5042, "Eve"), event_id="event-of-eve"),
        categorized(7, "Category:X", "B", Direction.LISTED),
    ]  # fmt: skip
    one.take(small)


def decided(one: Seeded) -> None:
    """Organisers change their minds, and facts come late."""
    first, second = edit(1, "A"), edit(2, "B", "Ben", old=None)
    one.take(
        [
            moved(10, "B", "C"),
            deleted(11, "A"),
            restored(12, "A"),
            tagged(13, second, "mw-reverted"),
            categorized(14, "Category:X", "A"),
            categorized(15, "Category:X", "A", Direction.REMOVED),
            renamed(20, "Ada", "Lovelace"),
            tagged(21, first, "mobile edit"),
        ]
    )
    one.decide("three", Left("Bob the Builder"), NameHidden("Chén Xiǎomíng"), Joined("Jürgen Müßig", "blue", None, NOW))
    narrower = replace(_OPEN, namespaces=(("default", frozenset({0, 1})),), exclude=Exclusions(bots=True, minor=True))
    one.decide("everyone", Changed(dump_programs([narrower])), RevisionExcluded(WIKI, 100), Frozen("final", LATER))
    one.decide("women", Deleted())
    one.restart()


def kept_back(one: Seeded) -> None:
    """A wiki hides authors, one of them everywhere, and the disk is cleared of the name."""
    one.take([hidden(30, "C", 5002, 4), hidden(31, "C", 5040, 5), hidden(32, "C", 5042, 4)])
    one.store.purge(one.store.hidings(), one.store.newest_version() + 2)
    one.store.settle()
    one.restart()


def forgotten(one: Seeded) -> None:
    """Somebody who took part asks to be forgotten."""
    forget(one.store, log_of(one.store), one.store.aliases(FORGOTTEN), NOW)
    one.restart()


def aged(one: Seeded) -> None:
    """Time goes by, and what is old goes."""
    store = one.store
    rows = {
        "facts": store.drop_facts(NOW - timedelta(hours=4, minutes=42)),
        "letters": store.drop_old_letters(NOW + DAY),
        "activity": store.drop_activity(NOW - timedelta(hours=4, minutes=42)),
        "ledger": store.drop_ledger(NOW + DAY),
    }
    store.settle()
    while store.unsettled:
        time.sleep(0.05)
    one.swept = {name for name, count in rows.items() if count}


STAGES: dict[str, Sequence[Callable[[Seeded], None]]] = {
    "counted": (counted, decided),
    "taken out": (kept_back, forgotten),
    "aged": (aged,),
}
"""What happens, until everything is asked again."""
