"""Alerts from the stream to the store, by the programs that know a page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from deploy.counting.worker import Worker
from ingest.tracking import PositionTracker
from processors.alerts.alerts import TAGS, AlertKind, AlertState
from processors.metrics import NoMetrics
from processors.ports.store import RawEvent
from processors.programs.commands import Join, Mute
from storage.clickhouse import ClickHouseStore
from tests.acceptance.little_wiki import USER, LittleWiki
from tests.acceptance.world import english
from tests.alerting import DISCUSSED, NOON, PROPOSED, SPEEDY, AlertWorld, log
from tests.alerting import PROGRAM as WOMEN
from tests.stores import log_of

TAGGED, UNTAGGED, DELETED = AlertState.TAGGED, AlertState.UNTAGGED, AlertState.DELETED
OPEN, CLOSED, RESTORED = AlertState.OPEN, AlertState.CLOSED, AlertState.RESTORED
PROGRAM = WOMEN + "goals: {edits: 3}\n"
PAGE = (*TAGS, AlertKind.DELETED, AlertKind.MOVED_OUT, AlertKind.PROTECTED)


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.fixture
def world(store: ClickHouseStore) -> AlertWorld:
    return AlertWorld.of(store, PROGRAM)


@pytest.fixture
def wiki(world: AlertWorld) -> LittleWiki:
    wiki = english(world)
    wiki.new("Ada", "Marie Curie", 1000, NOON)
    world.read()
    world.told()
    return wiki


def test_tag_untag_delete_restore_and_move_arrive_once_in_order(world: AlertWorld, wiki: LittleWiki) -> None:
    def tag(minute: int, *, removed: bool = False) -> None:
        wiki.edit("Zoe", "Marie Curie", 10, later(minute))
        wiki.categorize("Zoe", "Marie Curie", PROPOSED, later(minute), removed=removed)

    steps: list[Callable[[], None]] = [
        lambda: tag(1),
        lambda: tag(2, removed=True),
        lambda: wiki.delete("Admin", "Marie Curie", later(3), "no sources"),
        lambda: wiki.restore("Admin", "Marie Curie", later(4)),
        lambda: wiki.move("Zoe", "Marie Curie", "Draft:Marie Curie", later(5)),
        lambda: wiki.move("Ada", "Draft:Marie Curie", "Marie Skłodowska", later(6)),
    ]
    heard = []
    for step in steps:
        step()
        world.read()
        heard.append(world.told())
    draft, back = "Draft:Marie Curie", "Marie Skłodowska"
    assert heard == [
        [("women", AlertKind.PROPOSED, "Marie Curie", [TAGGED])],
        [("women", AlertKind.PROPOSED, "Marie Curie", [UNTAGGED])],
        [("women", AlertKind.DELETED, "Marie Curie", [DELETED])],
        [("women", AlertKind.DELETED, "Marie Curie", [RESTORED])],
        [("women", AlertKind.MOVED_OUT, draft, [OPEN])],
        [("women", AlertKind.MOVED_OUT, back, [CLOSED])],
    ]
    (tagged, deleted, moved) = world.alerts(*PAGE)
    assert {one.title for one in (tagged, deleted, moved)} == {back}
    assert tagged.users == ("Ada",)
    assert (deleted.steps[0].user, deleted.steps[0].detail) == ("Admin", "no sources")


def everything(wiki: LittleWiki) -> None:
    """A page's afternoon."""
    wiki.new("Ada", "A", 500, later(10))
    wiki.edit("Zoe", "A", 10, later(11))
    wiki.categorize("Zoe", "A", SPEEDY, later(11))
    wiki.move("Zoe", "A", "B", later(12))
    wiki.edit("Ben", "B", 10, later(13))
    wiki.move("Zoe", "B", "Draft:B", later(14))
    wiki.edit("Zoe", "Draft:B", 10, later(15))
    wiki.categorize("Zoe", "Draft:B", SPEEDY, later(15), removed=True)
    wiki.delete("Admin", "Draft:B", later(16))


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_alerts_do_not_depend_on_the_batches(world: AlertWorld, wiki: LittleWiki, at_once: int) -> None:
    everything(wiki)
    events = world.stream.take()
    for start in range(0, len(events), at_once):
        world.read_events(events[start : start + at_once])
    assert world.lines(*PAGE) == [
        (AlertKind.SPEEDY, "Draft:B", [TAGGED, UNTAGGED]),
        (AlertKind.MOVED_OUT, "Draft:B", [OPEN, CLOSED]),
        (AlertKind.DELETED, "Draft:B", [DELETED]),
    ]
    assert {one.users for one in world.alerts(*PAGE)} == {("Ada", "Ben")}


def test_a_batch_that_is_read_again_is_told_again_and_stored_once(world: AlertWorld, wiki: LittleWiki) -> None:
    everything(wiki)
    events = world.stream.take()
    world.read_events(events)
    before, first = world.alerts(*PAGE), world.told()
    world.restart()
    world.told()
    world.read_events(events)
    assert world.alerts(*PAGE) == before
    assert {one[:3] for one in world.told() if one[1] in PAGE} == {one[:3] for one in first if one[1] in PAGE}


def test_what_is_not_told_yet_is_returned_until_it_is(world: AlertWorld, wiki: LittleWiki) -> None:
    wiki.delete("Admin", "Marie Curie", later(1))
    plan = world.worker.read([RawEvent(event) for event in world.stream.take()])
    world.store.append(plan.facts, plan.received_at)
    version = world.worker._next_version()
    first = world.alerting.take(plan.facts, (), version)
    assert [one.alert.kind for one in first] == [AlertKind.DELETED]
    assert world.alerting.take((), (), version + 1) == first
    world.alerting.told()
    assert world.alerting.take((), (), version + 2) == ()
    assert world.alerting.take(plan.facts, (), version + 3) == first


def test_pages_of_no_program_raise_nothing(world: AlertWorld, wiki: LittleWiki) -> None:
    wiki.edit("Zoe", "Elsewhere", 10, later(1))
    wiki.categorize("Zoe", "Elsewhere", SPEEDY, later(1))
    wiki.delete("Admin", "Elsewhere", later(2))
    world.read()
    assert (world.told(), world.alerts(*PAGE)) == ([], [])


def test_a_page_that_enters_later_brings_its_live_alerts_and_its_past(world: AlertWorld, wiki: LittleWiki) -> None:
    wiki.edit("Zoe", "Old", 10, later(1))
    wiki.categorize("Zoe", "Old", PROPOSED, later(1))
    wiki.categorize("Zoe", "Old", PROPOSED, later(2), removed=True)
    wiki.categorize("Zoe", "Old", DISCUSSED, later(3))
    world.read()
    assert world.told() == []
    wiki.edit("Ben", "Old", 10, later(4))
    world.read()
    assert [one for one in world.told() if one[1] in PAGE] == [("women", AlertKind.DISCUSSION, "Old", [TAGGED])]
    assert world.lines(*PAGE) == [
        (AlertKind.PROPOSED, "Old", [TAGGED, UNTAGGED]),
        (AlertKind.DISCUSSION, "Old", [TAGGED]),
    ]
    assert world.alerts(*PAGE)[0].opened_at == later(1)


def test_whoever_is_enrolled_late_brings_the_alerts_of_their_pages(world: AlertWorld, wiki: LittleWiki) -> None:
    wiki.new("Eve", "Rosalind Franklin", 500, later(1))
    wiki.categorize("Zoe", "Rosalind Franklin", SPEEDY, later(2))
    world.read()
    assert world.told() == []
    world.decide(Join("women", "Eve"))
    assert ("women", AlertKind.SPEEDY, "Rosalind Franklin", [TAGGED]) in world.told()


def test_a_listed_page_is_watched_before_anybody_edits_it(world: AlertWorld) -> None:
    world.apply(PROGRAM.replace("women", "listed") + "scope: {titles: [Ada Lovelace]}\n")
    wiki = english(world)
    wiki.edit("Zoe", "Ada Lovelace", 10, later(1))
    wiki.categorize("Zoe", "Ada Lovelace", SPEEDY, later(1))
    world.read()
    assert world.told() == [("listed", AlertKind.SPEEDY, "Ada Lovelace", [TAGGED])]


def test_a_block_of_a_participant_is_told(world: AlertWorld, wiki: LittleWiki) -> None:
    for user in ("Ada", "Stranger"):
        log(wiki, "Admin", f"User:{user}", later(1), "block", "block")
    world.read()
    (found,) = world.alerts(AlertKind.BLOCKED)
    assert (found.users, found.title, found.state) == (("Ada",), "", OPEN)
    log(wiki, "Admin", "User:Ada", later(2), "block", "unblock")
    world.read()
    assert world.alerts(AlertKind.BLOCKED)[0].state is CLOSED


def test_protection_is_told(world: AlertWorld, wiki: LittleWiki) -> None:
    log(wiki, "Admin", "Marie Curie", later(1), "protect", "protect")
    world.read()
    assert world.told() == [("women", AlertKind.PROTECTED, "Marie Curie", [OPEN])]


def test_reverts_are_told_one_by_one_and_a_burst_once(world: AlertWorld, wiki: LittleWiki) -> None:
    revisions = [wiki.edit("Ada", "Marie Curie", 5, later(minute)) for minute in range(6)]
    world.read()
    for number, revision in enumerate(revisions):
        wiki.tag(revision, "mw-reverted", at=later(10 + number))
    world.read()
    assert [len(world.lines(kind)) for kind in (AlertKind.REVERTED, AlertKind.MASS_REVERTS)] == [6, 1]
    wiki.tag(revisions[0], at=later(20), before=("mw-reverted",))
    world.read()
    assert sorted(one.state for one in world.alerts(AlertKind.REVERTED)) == [CLOSED, *[OPEN] * 5]


def test_a_hidden_contribution_is_told_without_a_name(world: AlertWorld, wiki: LittleWiki) -> None:
    text, name = (wiki.edit("Ada", "Marie Curie", 5, later(minute)) for minute in (1, 2))
    wiki.edit("Ben", "Other", 5, later(3))
    world.read()
    wiki.hide("Admin", text, 1, later(4))
    wiki.suppress(name, USER, later(5))
    world.read()
    first, second = world.alerts(AlertKind.SUPPRESSED)
    assert (first.users, first.steps[0].detail) == (("Ada",), "hidden: text")
    assert (second.users, second.title, second.steps[0].detail) == ((), "Marie Curie", "hidden: name")


def test_milestones_and_goals_are_told_once(world: AlertWorld, wiki: LittleWiki) -> None:
    wiki.edit("Ben", "Marie Curie", 5, later(1))
    wiki.edit("Ben", "Marie Curie", 5, later(2))
    world.read()
    assert [one[1] for one in world.told()] == [AlertKind.GOAL]
    details = {one.steps[0].detail for one in world.alerts(AlertKind.MILESTONE)}
    assert details == {"1 edits", "1 articles created", "1,000 bytes added"}
    wiki.delete("Admin", "Marie Curie", later(3))
    world.read()
    assert world.alerts(AlertKind.GOAL)[0].state is CLOSED


def test_lag_silence_and_gaps_are_told_while_a_session_is_on(world: AlertWorld, wiki: LittleWiki) -> None:
    def check(minutes: float) -> set[AlertKind]:
        now = later(minutes)
        freshness = world.store.freshness(lambda: now)
        world.alerting.check_time(now, freshness, world.worker._next_version())
        world.alerting.told()
        return {one.kind for one in world.alerts(AlertKind.LAG, AlertKind.SILENT) if one.state is OPEN}

    assert check(1) == set()
    assert check(30) == {AlertKind.LAG}
    assert check(40) == {AlertKind.LAG}
    wiki.edit("Zoe", "Elsewhere", 1, later(90))
    world.read()
    assert check(90.1) == {AlertKind.SILENT}
    wiki.edit("Ada", "Marie Curie", 1, later(91))
    world.read()
    assert check(91.1) == set()
    assert len(world.alerts(AlertKind.LAG)) == 1


def test_muted_alerts_are_kept_and_not_told(world: AlertWorld, wiki: LittleWiki) -> None:
    world.decide(Mute("women", kind="speedy"))
    wiki.categorize("Zoe", "Marie Curie", SPEEDY, later(1))
    wiki.categorize("Zoe", "Marie Curie", PROPOSED, later(1))
    world.read()
    assert [one[1] for one in world.told()] == [AlertKind.PROPOSED]
    assert len(world.lines(AlertKind.SPEEDY)) == 1


def test_a_crash_before_the_checkpoint_loses_nothing(world: AlertWorld, wiki: LittleWiki) -> None:
    wiki.edit("Ben", "Old", 10, later(1))
    wiki.categorize("Zoe", "Old", SPEEDY, later(2))
    world.read()
    world.told()
    versions = world.store.newest_version()
    rows = world.alerting._store.alerts_of_kinds(["women"], [AlertKind.SPEEDY])
    world.alerting._store.write_alerts([(rows[0].alert, 1)], [], versions + 500)
    world.restart()
    world.told()
    world.read()
    assert world.told() == [("women", AlertKind.SPEEDY, "Old", [TAGGED])]


def test_books_that_nobody_kept_alerts_of_are_looked_at_by_whoever_starts(world: AlertWorld, wiki: LittleWiki) -> None:
    """As when an organiser enrols somebody by the command line while nothing runs."""
    wiki.new("Eve", "Late", 500, later(1))
    wiki.categorize("Zoe", "Late", SPEEDY, later(2))
    wiki.new("Eve", "Quiet", 500, later(3))
    world.read()
    alone = Worker(
        world.store, log_of(world.store), PositionTracker("", None), metrics=NoMetrics(), clock=lambda: later(60)
    )
    world.commands.carry_out([Join("women", "Eve")], actor="Olga")
    alone.catch_up()
    world.told()
    world.restart()
    world.read()
    assert [one for one in world.told() if one[1] in PAGE] == [("women", AlertKind.SPEEDY, "Late", [TAGGED])]
