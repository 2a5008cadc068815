"""Every question that can be asked of a store, with its answer in a form that two stores can be compared by."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from datetime import timedelta
from itertools import cycle
from typing import Any

from deploy.answers.boards import StoreBoards
from deploy.answers.reasons import StoreReasons
from processors.judging.contributions import CategoryRef, PageRef, RevisionRef, UserRef
from processors.judging.ledger import entry_key
from processors.numbers.numbers import By, Division, Metric
from processors.ports.boards import Moment
from processors.ports.store import Share
from processors.programs.program import Visibility
from storage.alerts import ClickHouseAlerts
from storage.changes import ClickHouseChanges
from storage.clickhouse import ClickHouseStore
from storage.layouts import SHARDING
from storage.listings import ClickHouseListings
from storage.owners import Owners
from storage.previews import ClickHousePreviews
from storage.statistics import Cut
from storage.tokens import ClickHouseTokens
from storage.views import view_texts
from tests.contract.seeded import CATEGORY, DAY, FORGOTTEN, HIDDEN_EDITOR, LATER, NOW, PROGRAMS, STREAMS, Seeded
from tests.histories import START, WIKI, edit
from tests.stores import log_of

SLUGS = [program.slug for program in PROGRAMS]
USERS = [FORGOTTEN, "Bob the Builder", "Chén Xiǎomíng", "CleanerBot", "Ada", "Lovelace", HIDDEN_EDITOR, "Admin"]
WIKIS = [WIKI, "de.wikipedia.org", "commons.wikimedia.org"]
REVISIONS = [(WIKI, 10), (WIKI, 100), (WIKI, 5001), (WIKI, 5002), (WIKI, 5040), ("de.wikipedia.org", 60), (WIKI, 99999)]
PUBLIC = [Visibility.PUBLIC]
TABLES = (
    *SHARDING, "program_events", "programs", "participants", "judged", "results", "checkpoints", "gaps", "dead_letters",
    "tokens", "listings",
)  # fmt: skip
"""All but the digests of the forgotten, which are salted at random, and what belongs to migrating."""


def bag(found: Iterable[Hashable]) -> frozenset[Hashable]:
    """What comes in no order, and perhaps twice."""
    return frozenset(found)


def answers(one: Seeded) -> dict[str, Any]:
    """By question."""
    store = one.store
    asked = _facts(store) | _books(store) | _positions(store) | _people(store) | _why(store)
    return asked | _statistics(store) | _boards(store) | tables(store) | {"swept": one.swept}


def _facts(store: ClickHouseStore) -> dict[str, Any]:
    window = (NOW - DAY, NOW)
    small = (START, START + DAY)
    pages = {PageRef(WIKI, title) for title in ("A", "B", "C", "Marie Curie", "File:A.png")}
    return {
        "actions_of_pages": bag(store.actions_of_pages(pages)),
        "actions_of_revisions": bag(store.actions_of_revisions({RevisionRef(*key) for key in REVISIONS})),
        "actions_of_users": bag(store.actions_of_users({UserRef(user) for user in USERS}, START, NOW)),
        "acting_users": store.acting_users(*window, WIKIS, None),
        "acting_users of some": store.acting_users(*window, WIKIS, set(USERS)),
        "actions_between": bag(store.actions_between(*window, WIKIS, None, "A", "Z")),
        "actions_between of some": bag(store.actions_between(*small, [WIKI], set(USERS), "A", "Z")),
        "state_facts": bag(store.state_facts(WIKIS)),
        "state_facts_of_titles": bag(store.state_facts_of_titles(WIKI, {"A", "C"})),
        "renames": bag(store.renames()),
        "renames_since": bag(store.renames_since(START)),
        "shares": [_of_share(store.shared(Share(frozenset({one}), 2))) for one in (0, 1)],
        "categorized": bag(store.categorized({CATEGORY, CategoryRef(WIKI, "Category:X")})),
        "wikis_seen": sorted(store.wikis_seen()),
        "namespace_examples": sorted(each[:2] for each in store.namespace_examples()),
        "namespace_examples_of": sorted(each[:2] for each in store.namespace_examples_of(WIKIS)),
        "stored_offsets": store.stored_offsets(),
        "first_fact_at": store.first_fact_at(),
        "facts_by_id": bag(store.facts_by_id({"event-0003", "event-0010", "event-0020", "event-0030"}).items()),
    }


def _of_share(store: ClickHouseStore) -> dict[str, Any]:
    users = {UserRef(user) for user in USERS}
    return {
        "wikis_seen": sorted(store.wikis_seen()),
        "actions_of_users": bag(store.actions_of_users(users, START, NOW)),
        "entries_between": {slug: bag(store.entries_between(slug, "", "\U0010ffff")) for slug in SLUGS},
        "entries_of_books": bag(store.entries_of_books({(slug, user) for slug in SLUGS for user in USERS})),
        "entry_users": {slug: store.entry_users(slug) for slug in SLUGS},
        "books": store.books(),
    }


def _owners(store: ClickHouseStore) -> Any:
    owners = Owners(store.connections)
    owners.take("log", [0, 1], "one")
    owners.take("log", [1, 2], "other")
    before = owners.now()
    return owners.lost("log", [0, 1], "one"), owners.lost("log", [1, 2, 3], "other"), owners.now() > before


def _books(store: ClickHouseStore) -> dict[str, Any]:
    entries = {slug: list(store.entries_between(slug, "", "\U0010ffff")) for slug in SLUGS}
    keys = sorted(entry_key(entry) for some in entries.values() for entry in some)[::7]
    previews = ClickHousePreviews(store.connections)
    pages = {PageRef(WIKI, title) for title in ("A", "C", "Marie Curie")}
    return {
        "newest_version": store.newest_version(),
        "entries_between": {slug: bag(some) for slug, some in entries.items()},
        "entries": bag(store.entries(keys)),
        "entries_of_books": bag(store.entries_of_books({(slug, user) for slug in SLUGS for user in USERS})),
        "entry_users": {slug: store.entry_users(slug) for slug in SLUGS},
        "books": store.books(),
        "definitions": store.definitions(),
        "definitions that all may see": store.definitions(PUBLIC),
        "program events": log_of(store).read(),
        "preview amounts": {slug: previews.amounts(slug) for slug in SLUGS},
        "preview by_user": {slug: previews.by_user(slug, USERS) for slug in SLUGS},
        "preview by_page": {slug: previews.by_page(slug, pages) for slug in SLUGS},
    }


def _positions(store: ClickHouseStore) -> dict[str, Any]:
    tokens, changes = ClickHouseTokens(store.connections), ClickHouseChanges(store.connections)
    gaps = sorted(store.open_gaps(), key=repr)
    return {
        "checkpoint": store.checkpoint(STREAMS),
        "open_gaps": gaps,
        "owners": _owners(store),
        "newest_checkpoint": ClickHouseAlerts(store.connections).newest_checkpoint(),
        "positions_in_log": store.positions_in_log(STREAMS, "eqiad.mediawiki.recentchange"),
        "freshness": store.freshness(lambda: NOW),
        "dead_letter_count": store.dead_letter_count(),
        "stretches": [store.stretch(gap) for gap in gaps],
        "tokens": bag(tokens.all()),
        "token": [tokens.find(letter * 64) for letter in "abc"],
        "table_sizes": bag(name for name, _, _ in store.table_sizes()),
        "listings": ClickHouseListings(store.connections).all(),
        "changed books": bag(program for program, _ in changes.books(0)),
        "newest changed books": changes.newest_version(),
        "changed programs": bag(changes.decisions(0)),
        "changed programs that are shown": changes.shown(SLUGS),
    }


def _people(store: ClickHouseStore) -> dict[str, Any]:
    again = [edit(1, "A"), edit(2, "B", HIDDEN_EDITOR), edit(8, "D", FORGOTTEN)]
    return {
        "redactions": store.redactions().take(again),
        "hidings": bag(store.hidings()),
        "aliases": {user: store.aliases(user) for user in USERS},
        "counts_of": {
            user: {name for name, rows in store.counts_of(store.aliases(user)).items() if rows} for user in USERS
        },
    }


def _why(store: ClickHouseStore) -> dict[str, Any]:
    window = (NOW - timedelta(hours=6), NOW - timedelta(hours=5))
    causes = [line.change.cause.id for slug in SLUGS for line in store.ledger(slug, 100_000)]
    return {
        "actions_around": [store.actions_around([user], *window) for user in USERS],
        "last_actions": bag(store.last_actions(USERS, 1)),
        "last_actions_between": bag(store.last_actions_between(USERS[3:4], START, NOW, 1000)),
        "users_beginning": bag(store.users_beginning("A")),
        "change_of_revision": [store.change_of_revision(*key) for key in REVISIONS],
        "revisions_around": [store.revisions_around(*key) for key in REVISIONS],
        "logs_between": bag(store.logs_between(WIKI, START, START + DAY)),
        "verdict_counts": {slug: store.verdict_counts(slug) for slug in SLUGS},
        "categories_seen": store.categories_seen({CATEGORY, CategoryRef(WIKI, "Category:None")}),
        "count_actions": store.count_actions(WIKIS, NOW - DAY, NOW),
        "ledger": {slug: bag(store.ledger(slug, 100_000)) for slug in SLUGS},
        "ledger of a user": bag(store.ledger("small", 100, user="Lovelace")),
        "ledger of a revision": bag(store.ledger("everyone", 100, revision=(WIKI, 100))),
        "ledger without somebody": bag(store.ledger("three", 100_000, without=[FORGOTTEN])),
        "decisions": bag(store.decisions(causes).items()),
    }


def _statistics(store: ClickHouseStore) -> dict[str, Any]:
    cuts = {
        "now": Cut(tuple(Visibility), "everyone", timezone="Asia/Kathmandu", newcomers=USERS[:3]),
        "as of a moment": Cut(tuple(Visibility), "three", as_of=LATER, teams={FORGOTTEN: "blue"}),
        "of a campaign": Cut(PUBLIC, campaign="autumn", sessions=PROGRAMS[0].sessions),
    }
    return {
        "parts": {
            by: bag(store.parts(cut, by)) for cut, by in zip(cycle(cuts.values()), (*By, *Division), strict=False)
        },
        "whole": {name: store.whole(cut) for name, cut in cuts.items()},
        "standings": {slug: bag(store.standings(slug)) for slug in SLUGS},
        "totals": {slug: store.totals(slug, newcomers=USERS[:2]) for slug in SLUGS},
        "contributors": {slug: store.contributors(slug) for slug in SLUGS},
        "registrations": bag(store.registrations(START - DAY, NOW, USERS)),
        "registrations of a program": bag(store.registrations(START - DAY, NOW, (), program="everyone")),
        "campaign_programs": [store.campaign_programs(), store.campaign_programs("autumn", PUBLIC)],
        "program_history": {slug: store.program_history(slug) for slug in SLUGS},
        "results": {slug: store.results(slug) for slug in SLUGS},
        "a result": store.results("everyone", "final", PUBLIC),
        "results_shown": {slug: store.results_shown(slug) for slug in SLUGS},
        "result_names": {slug: sorted(store.result_names(slug)) for slug in SLUGS},
    }  # fmt: skip


def _boards(store: ClickHouseStore) -> dict[str, Any]:
    boards, reasons = StoreBoards(store, lambda: NOW), StoreReasons(store, lambda: NOW)
    moments = (Moment(as_of=LATER), Moment(session="1"), Moment(last_minutes=90))
    return {
        "boards": [boards.read_board(slug, Metric.EDITS, by=by) for slug, by in zip(SLUGS, By, strict=True)],
        "boards of moments": [boards.read_board("everyone", Metric.BYTES_NET, moment=moment) for moment in moments],
        "statistics": [boards.read_statistics("small", by) for by in (Division.SESSION, Division.TEAM)],
        "frozen": [boards.read_results(slug) for slug in SLUGS],
        "comparison": boards.read_comparison("everyone", "final"),
        "campaigns": boards.list_campaigns(),
        "campaign board": boards.read_campaign_board("autumn", Metric.EDITS),
        "programs": [boards.read_program(slug) for slug in SLUGS],
        "rules": reasons.read_rules("small"),
        "explanations": [reasons.read_revision("everyone", *key, names=True) for key in REVISIONS[1::2]],
        "participants": [reasons.read_participant("three", user, names=True) for user in USERS[1:3]],
        "quiet": reasons.read_quiet("three"),
    }


def tables(store: ClickHouseStore) -> dict[str, Any]:
    """All that is in every table and in every view."""
    analytics = store.connections.target.analytics
    views = {name: f"SELECT * {_but(name)}FROM {analytics}.{name}" for name in view_texts()}
    return {
        **{f"table {name}": _rows(store, f"SELECT * {_but(name)}FROM {name} {_final(name)}") for name in TABLES},
        **{f"view {name}": _rows(store, sql) for name, sql in views.items()},
    }


_BY_THE_CLOCK = {"freshness": "lag_seconds", "program_events": "stored_at", "results": "redacted_at"}
"""By table and view, what the clock of the server says."""


def _but(name: str) -> str:
    return f"EXCEPT ({_BY_THE_CLOCK[name]}) " if name in _BY_THE_CLOCK else ""


def _final(table: str) -> str:
    return "" if table == "program_events" else "FINAL"


def _rows(store: ClickHouseStore, sql: str) -> list[tuple[Any, ...]]:
    rows, _ = store.connections.statement(sql)
    return sorted((tuple(map(_plain, row)) for row in rows), key=repr)


def _plain(value: object) -> object:
    """Sets come as arrays in any order."""
    return tuple(sorted(value, key=repr)) if isinstance(value, list) else value


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> Collection[str]:
    """Questions that two stores answer differently."""
    return {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
