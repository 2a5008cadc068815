"""How far the stream may be said to be read while messages are on their way."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ingest.kafka_outstanding import Limits, Outstanding
from processors.ports.store import Checkpoint, Reached


def behind(offset: int) -> Checkpoint:
    return Checkpoint("s", {("t", 0): Reached(offset, offset)})


def test_a_checkpoint_holds_once_its_batch_is_acknowledged() -> None:
    out = Outstanding(Limits())
    batch = out.begin()
    out.sent(batch, 10)
    out.sent(batch, 20)
    out.end(batch, behind(2))
    assert (out.messages, out.size) == (2, 30)
    out.acknowledged(batch, 10)
    assert out.take_checkpoint() is None
    out.acknowledged(batch, 20)
    assert out.take_checkpoint() == behind(2)
    assert out.take_checkpoint() is None
    assert (out.messages, out.size, out.arrived) == (0, 0, 2)


def test_a_later_batch_waits_for_the_ones_before() -> None:
    out = Outstanding(Limits())
    first, second = out.begin(), out.begin()
    for number in (first, second):
        out.sent(number, 1)
        out.end(number, behind(number))
    out.acknowledged(second, 1)
    assert out.take_checkpoint() is None
    out.acknowledged(first, 1)
    assert out.take_checkpoint() == behind(second)


def test_a_batch_that_is_still_being_sent_has_no_checkpoint() -> None:
    out = Outstanding(Limits())
    batch = out.begin()
    out.sent(batch, 1)
    out.acknowledged(batch, 1)
    assert out.take_checkpoint() is None
    out.end(batch, behind(1))
    assert out.take_checkpoint() == behind(1)


def test_a_batch_without_messages_moves_the_checkpoint_too() -> None:
    out = Outstanding(Limits())
    out.end(out.begin(), behind(1))
    assert out.take_checkpoint() == behind(1)


def test_both_limits_hold_but_one_message_may_always_go() -> None:
    out = Outstanding(Limits(messages=2, size=100))
    assert out.has_room(1, 1000)
    batch = out.begin()
    out.sent(batch, 60)
    assert out.has_room(1, 40)
    assert not out.has_room(1, 41)
    assert not out.has_room(2, 2)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_checkpoint_never_passes_a_message_that_is_not_acknowledged(sizes: list[int], draw: random.Random) -> None:
    """Whatever order acknowledgements come in; and when all have come, the last one holds."""
    out = Outstanding(Limits())
    waiting: list[int] = []
    for size in sizes:
        number = out.begin()
        for _ in range(size):
            out.sent(number, 1)
            waiting.append(number)
        out.end(number, behind(number))
    draw.shuffle(waiting)
    reached = -1
    while True:
        checkpoint = out.take_checkpoint()
        if checkpoint is not None:
            assert checkpoint.reached["t", 0].offset > reached
            reached = checkpoint.reached["t", 0].offset
        assert reached < min(waiting, default=len(sizes))
        if not waiting:
            break
        out.acknowledged(waiting.pop(), 1)
    assert reached == len(sizes) - 1
