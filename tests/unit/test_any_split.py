"""The outcome depends on the set of facts alone: not on their order, batching or repetition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from processors.facts import Categorized, Edit, Fact
from processors.programs import Program
from processors.projection import Contribution, Projector
from tests.histories import deliveries, histories, programs

Books = dict[tuple[str, str, int], Contribution]


def keep_books(programs: Iterable[Program], batches: Iterable[Sequence[Fact]]) -> Books:
    """What `deploy.worker` does, over a dict."""
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
        edits = [
            fact
            for fact in log.values()
            if isinstance(fact, Edit) and (fact.event_id in fresh or (fact.wiki, fact.title) in touched)
        ]
        books |= {(one.program, one.wiki, one.rev_id): one for one in projector.judge(edits)}
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
