"""Explanations over a real store: they agree with the books, and sums add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.answers.explaining import Explainer
from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from ingest.tracking import PositionTracker
from processors.facts.facts import ActionKind, Fact, PageChanged, Position, is_action
from processors.folds.people import People
from processors.judging.judge import Verdict
from processors.metrics import NoMetrics
from processors.ports.store import Gap
from processors.privacy.hiding import Redactions
from processors.programs.program import CategoryScope, Participant, Period, Program, Session
from processors.why.explain import Explanation
from processors.why.reconcile import Reconciliation
from processors.why.unseen import Missing, Unseen
from storage.clickhouse import ClickHouseStore
from tests.batches import take as take_decoded
from tests.conftest import NewStore
from tests.histories import (
    START,
    WIKI,
    categorized,
    common,
    deleted,
    edit,
    histories,
    moved,
    programs,
    renamed,
    uploaded,
)
from tests.stores import log_of

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PROGRAM = Program(
    slug="p",
    title="P",
    sessions=(
        Session(START, START + timedelta(hours=1)),
        Session(START + timedelta(days=7), START + timedelta(days=8)),
    ),
    wikis=(WIKI,),
    participants=(Participant("Ada"), Participant("Ben"), Participant("Zoë", hidden=True)),
)


def worker_over(store: ClickHouseStore) -> Worker:
    worker = Worker(store, log_of(store), PositionTracker("s", None), metrics=NoMetrics(), clock=lambda: NOW)
    worker.catch_up()
    return worker


def take(worker: Worker, facts: Sequence[Fact], gaps: Sequence[Gap] = ()) -> None:
    take_decoded(worker, facts, NOW, gaps=gaps)


def filled(store: ClickHouseStore, *facts: Fact, program: Program = PROGRAM) -> Worker:
    apply_programs(log_of(store), [program])
    worker = worker_over(store)
    take(worker, facts)
    return worker


def explainer(store: ClickHouseStore, slug: str = "p") -> Explainer:
    found = Explainer.of(store, slug)
    assert found is not None
    return found


def explained(store: ClickHouseStore, rev_id: int) -> Explanation:
    explanation = explainer(store).revision(WIKI, rev_id)
    assert isinstance(explanation, Explanation)
    return explanation


def adds_up(one: Reconciliation) -> bool:
    parts = [(part.edits, part.uploads, part.bytes_added) for part in one.sums]
    return tuple(map(sum, zip(*parts, strict=True))) == one.total if parts else one.total == (0, 0, 0)


@given(histories(), st.booleans())
@settings(max_examples=8, deadline=None)
def test_explanations_agree_with_the_books_and_sums_add_up(
    new_store: NewStore, facts: list[Fact], pending: bool
) -> None:
    new_store.start_over()
    store = new_store()
    if pending:
        take(worker_over(store), facts)
    apply_programs(log_of(store), programs())
    worker = worker_over(store)
    if not pending:
        take(worker, facts)
    people = People()
    for fact in store.renames():
        people.add(fact)  # type: ignore[arg-type]
    facts = Redactions().take(facts)
    actions = {(fact.kind, fact.rev_id): fact for fact in facts if is_action(fact) and fact.user}
    names = {people.current(fact.user or "", fact.occurred_at) for fact in actions.values()}
    for program in programs():
        ours = explainer(store, program.slug)
        users = {user for user, _ in store.entry_users(program.slug)}
        known = list(store.entries_of_books({(program.slug, user) for user in users}))
        for entry in known:
            if entry.kind is ActionKind.EDIT:
                explanation = ours.revision(entry.wiki, entry.rev_id)
                assert isinstance(explanation, Explanation)
                assert (explanation.verdict, explanation.title) == (entry.verdict, entry.title)
        counted = 0
        for name in names:
            one = ours.user(name)
            assert adds_up(one)
            if one.user == name:
                done = [fact for fact in actions.values() if people.current(fact.user or "", fact.occurred_at) == name]
                assert len(one.entries) == len(done)
                counted += one.counted.edits + one.counted.uploads
        assert counted == sum(entry.verdict is Verdict.COUNTED for entry in known)


def test_a_revision_is_explained_from_the_facts_of_its_page_alone(store: ClickHouseStore) -> None:
    filled(store, edit(1, "User:Ada/Draft"), moved(5, "User:Ada/Draft", "A"), edit(6, "C"), deleted(9, "A"))
    explanation = explained(store, 5001)
    assert (explanation.verdict, explanation.title) == (Verdict.PAGE_DELETED, "A")
    assert len(explanation.history) == 2
    assert explained(store, 5006).verdict is Verdict.COUNTED


def test_a_category_is_found_through_its_subcategories(store: ClickHouseStore) -> None:
    scope = (CategoryScope(WIKI, "Category:X", 1),)
    facts = categorized(0, "Category:X", "Category:Y"), categorized(1, "Category:Y", "A"), edit(3, "A"), edit(4, "B")
    filled(store, *facts, program=replace(PROGRAM, scope=scope))
    inside = explained(store, 5003)
    assert inside.verdict is Verdict.COUNTED
    assert any(check.detail.endswith("Category:Y in Category:X.") for check in inside.checks)
    assert explained(store, 5004).verdict is Verdict.OUT_OF_SCOPE


def missing(store: ClickHouseStore, rev_id: int, wiki: str = WIKI) -> Unseen:
    answer = explainer(store).revision(wiki, rev_id)
    assert isinstance(answer, Unseen)
    return answer


def test_a_revision_that_was_never_read_is_told_apart(store: ClickHouseStore) -> None:
    worker = filled(store, edit(3, "A"), edit(60, "A"))
    assert missing(store, 5001).missing is Missing.BEFORE_FIRST
    assert missing(store, 5070).missing is Missing.NOT_YET_READ
    assert missing(store, 5010).missing is Missing.NOT_IN_LOG
    nowhere = missing(store, 5003, "en.wikipedia.com")
    assert nowhere.missing is Missing.NO_SUCH_WIKI
    assert "Did you mean en.wikipedia.org?" in nowhere.detail

    take(worker, [moved(30, "B", "C")])
    assert "It may have come with this: Ada moved “B” to “C”" in missing(store, 5010).detail
    take(worker, [], [Gap("eqiad.mediawiki.recentchange", 0, 4, 6, START + timedelta(seconds=19))])
    gap = missing(store, 5010)
    assert gap.missing is Missing.IN_GAP
    assert "3 events of the stream are missing (offsets 4 to 6 of eqiad.mediawiki.recentchange)" in gap.detail


def test_a_revision_that_only_another_stream_tells_of_is_said_to_be_unreported(store: ClickHouseStore) -> None:
    change = PageChanged(
        **common(30, "C") | {"position": Position("eqiad.mediawiki.page_change.v1", 0, 1)},
        kind="move", page_id=1, rev_id=5030, parent_id=None, length_new=None, length_old=None, minor=False,
        is_redirect=False, prior_title="B", prior_namespace=0, user_central_id=None, user_registered_at=None,
    )  # fmt: skip
    filled(store, edit(3, "A"), change, edit(60, "A"))
    answer = missing(store, 5030)
    assert answer.missing is Missing.UNREPORTED
    assert answer.detail.startswith("It came with a move of “C”")


def test_all_that_somebody_did_is_listed_counted_or_not(store: ClickHouseStore) -> None:
    elsewhere = replace(edit(4, "A"), wiki="de.wikipedia.org")
    between = replace(edit(5, "A"), occurred_at=START + timedelta(days=2))
    before = replace(edit(6, "A"), occurred_at=START - timedelta(days=1))
    shrunk = edit(7, "A", old=50, new=10)
    filled(
        store, edit(1, "A"), edit(2, "User:Ada/Draft"), uploaded(3, "File:A.png"), elsewhere, between, before, shrunk
    )
    one = explainer(store).user("ada")
    assert [(part.verdict, part.edits, part.uploads, part.bytes_added) for part in one.sums] == [
        (Verdict.COUNTED, 2, 1, 20),
        (Verdict.AFTER_WINDOW, 1, 0, 20),
        (Verdict.WIKI_NOT_TRACKED, 1, 0, 20),
        (Verdict.NAMESPACE_NOT_TRACKED, 1, 0, 20),
    ]
    assert one.total == (5, 1, 80)
    assert one.standing is not None
    assert (one.standing.rank, one.standing.edits) == (1, 2)


def test_who_did_nothing_meanwhile_is_told_what_they_did_around(store: ClickHouseStore) -> None:
    before = replace(edit(1, "A"), occurred_at=START - timedelta(days=1))
    earlier = replace(edit(2, "A"), occurred_at=START - timedelta(days=2))
    after = replace(edit(3, "A"), occurred_at=START + timedelta(days=9))
    filled(store, before, earlier, after, edit(4, "A", "Ben"))
    one = explainer(store).user("Ada")
    assert one.entries == ()
    assert one.before is not None
    assert one.after is not None
    assert (one.before.rev_id, one.after.rev_id) == (5001, 5003)


def test_a_name_that_was_never_seen_gets_the_nearest_that_were(store: ClickHouseStore) -> None:
    filled(store, edit(1, "A", "Chén Xiǎomíng"), edit(2, "A", "Chan"))
    one = explainer(store).user("Chén Xiaoming")
    assert one.total == (0, 0, 0)
    assert one.nearest[0] == "Chén Xiǎomíng"


def test_the_renamed_are_explained_by_either_name(store: ClickHouseStore) -> None:
    filled(store, edit(1, "A"), renamed(4, "Ada", "Lovelace"), edit(9, "A", "Lovelace"))
    for name in ("Ada", "Lovelace"):
        one = explainer(store).user(name)
        assert (one.user, one.names, one.counted.edits) == ("Lovelace", ("Ada", "Lovelace"), 2)
        assert one.participant == Participant("Ada")


def test_books_that_are_behind_are_not_believed(store: ClickHouseStore) -> None:
    filled(store, edit(1, "A"), edit(2, "User:Ada/Draft"))
    apply_programs(log_of(store), [replace(PROGRAM, namespaces=(("default", None),))])
    Worker(store, log_of(store), PositionTracker("s", None), metrics=NoMetrics(), clock=lambda: NOW).load()
    ours = explainer(store)
    assert ours.pending
    assert ours.user("Ada").counted.edits == 2


def test_leaving_and_coming_back_is_explained_edit_by_edit(store: ClickHouseStore) -> None:
    periods = Period(None, START), Period(START + timedelta(seconds=1))
    program = replace(PROGRAM, participants=(Participant("Ada", periods=periods),))
    filled(store, edit(1, "A"), edit(4, "A"), program=program)
    one = explainer(store).user("Ada")
    assert [entry.verdict for entry in one.entries] == [Verdict.NOT_ENROLLED, Verdict.COUNTED]


@pytest.mark.parametrize("users", [1, 3])
def test_thousands_of_edits_take_seconds(store: ClickHouseStore, users: int) -> None:
    names = ["Ada", "Ben", "Zoë"][:users]
    made = [edit(number, f"Page {number % 999}", names[number % users]) for number in range(5000)]
    filled(store, *made)
    started = datetime.now(UTC)
    assert sum(explainer(store).user(name).total[0] for name in names) == 5000
    assert datetime.now(UTC) - started < timedelta(seconds=10)
