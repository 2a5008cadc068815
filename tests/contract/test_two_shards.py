"""Two shards are one store, whatever happens on the wikis and whoever is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.facts.facts import Fact
from processors.programs.definitions import dump_programs
from processors.programs.events import Changed, Defined
from processors.programs.program import Program
from storage.clickhouse import ClickHouseStore
from tests.conftest import store_on
from tests.contract.questions import tables
from tests.contract.seeded import Seeded
from tests.histories import deliveries, edit, histories, programs

Story = tuple[Sequence[Sequence[Fact]], Sequence[Program], Program]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Batches of a stream, some programs, and what one of them is changed to meanwhile."""
    facts = draw(histories())
    some = draw(st.lists(st.sampled_from(programs()), min_size=1, max_size=3, unique_by=lambda one: one.slug))
    return draw(deliveries(facts)), some, draw(st.sampled_from(programs()))


def lived(store: ClickHouseStore, story: Story) -> ClickHouseStore:
    batches, some, other = story
    one = Seeded(store)
    for program in some:
        one.decide(program.slug, Defined(dump_programs([program])))
    for number, batch in enumerate(batches):
        one.take(batch)
        if number == len(batches) // 2:
            one.decide(some[0].slug, Changed(dump_programs([replace(other, slug=some[0].slug)])))
            one.restart()
    return store


@given(stories())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_two_shards_hold_what_one_server_holds(request: pytest.FixtureRequest, story: Story) -> None:
    one, two = (lived(store_on(backend, request), story) for backend in ("embedded", "shards"))
    expected, found = tables(one), tables(two)
    for name, rows in expected.items():
        assert found[name] == rows, name


def test_both_shards_hold_a_share(request: pytest.FixtureRequest) -> None:
    """Otherwise the rest would show nothing."""
    store = store_on("shards", request)
    one = Seeded(store)
    (program, *_) = programs()
    one.decide(program.slug, Defined(dump_programs([program])))
    edits = [edit(number, "A", f"Editor {number}") for number in range(60)]
    one.take(
        [replace(each, event_id=f"elsewhere-{each.rev_id}", wiki=f"{each.rev_id}.wikipedia.org") for each in edits]
        + edits
    )
    for table in ("facts", "contributions", "ledger", "standings", "activity_minutes"):
        asked = f"SELECT count() FROM {table}_local"
        assert all(shard.statement(asked)[0][0][0] for shard in store.connections.shards()), table
