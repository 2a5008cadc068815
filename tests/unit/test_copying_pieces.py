"""How the buckets of a table are put together to be copied."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from storage.copying import PIECE_BUCKETS, PIECE_ROWS, pieces
from storage.copying_tables import in_order


@given(st.dictionaries(st.text(), st.integers(1, 2 * PIECE_ROWS)))
def test_every_bucket_is_copied_once_and_in_order(buckets: dict[str, int]) -> None:
    assert [bucket for piece in pieces(buckets) for bucket in piece] == list(buckets)


@given(st.dictionaries(st.text(), st.integers(1, 2 * PIECE_ROWS)))
def test_no_piece_is_larger_than_it_must_be_and_none_could_be_joined_to_the_one_before(buckets: dict[str, int]) -> None:
    found = [[buckets[bucket] for bucket in piece] for piece in pieces(buckets)]
    assert all(len(piece) == 1 or sum(piece) <= PIECE_ROWS for piece in found)
    assert all(sum(one) + other[0] > PIECE_ROWS for one, other in pairwise(found))


def test_a_piece_touches_only_so_many_partitions() -> None:
    assert [len(piece) for piece in pieces(dict.fromkeys(map(str, range(1200)), 1))] == [
        PIECE_BUCKETS,
        PIECE_BUCKETS,
        1200 - 2 * PIECE_BUCKETS,
    ]


@given(
    st.lists(st.sampled_from(["facts", "program_events", "contributions", "ledger", "checkpoints", "new"]), unique=True)
)
def test_what_is_derived_is_read_before_what_it_is_derived_from(names: list[str]) -> None:
    found = in_order(names)
    assert sorted(found) == sorted(names)
    order = ["checkpoints", "contributions", "ledger", "new", "program_events", "facts"]
    assert found == [name for name in order if name in names]
