"""The outcome depends on the set of facts alone: not on their order, batching or repetition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.facts.facts import Action, Categorized, Fact, is_action
from processors.judging.contributions import Contribution, PageRef, RevisionRef, Touched, UserRef
from processors.judging.ledger import ActionKey, action_key
from processors.judging.projection import Projector
from processors.programs.program import Program
from tests.histories import deliveries, histories, programs

Books = dict[ActionKey, list[Contribution]]


def judged(projector: Projector, actions: Iterable[Action]) -> Books:
    """The entries of each action, in all books."""
    books: Books = {ActionKey(one.wiki, one.kind, one.rev_id): [] for one in actions}
    for entry in projector.judge(actions):
        books[action_key(entry)].append(entry)
    return books


def in_slices(action: Action, touched: Touched) -> bool:
    """Whether a late fact touched the action."""
    slices = (PageRef(action.wiki, action.title), RevisionRef(action.wiki, action.rev_id), UserRef(action.user or ""))
    return any(one in touched for one in slices)


def keep_books(programs: Iterable[Program], batches: Iterable[Sequence[Fact]]) -> Books:
    """What `deploy.counting.worker` does, over a dict."""
    projector = Projector(programs)
    log: dict[str, Fact] = {}
    books: Books = {}
    for batch in batches:
        fresh = {fact.event_id: fact for fact in batch if fact.event_id not in log}
        touched = projector.absorb(fresh.values())
        log |= fresh
        while wanted := projector.wanted:
            touched |= projector.absorb(
                fact for fact in log.values() if isinstance(fact, Categorized) and (fact.wiki, fact.title) in wanted
            )
            projector.recalled(wanted)
        actions = [
            fact for fact in log.values() if is_action(fact) and (fact.event_id in fresh or in_slices(fact, touched))
        ]
        books |= judged(projector, actions)
    return books


@st.composite
def history_and_delivery(draw: st.DrawFn) -> tuple[list[Fact], list[list[Fact]]]:
    facts = draw(histories())
    return facts, draw(deliveries(facts))


@given(history_and_delivery())
@settings(max_examples=400, deadline=None)
def test_any_delivery_keeps_the_books_that_one_batch_would(drawn: tuple[list[Fact], list[list[Fact]]]) -> None:
    facts, batches = drawn
    at_once = keep_books(programs(), [facts])
    delivered = keep_books(programs(), batches)
    assert delivered == at_once
