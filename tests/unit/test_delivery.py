"""When messages are tried again and when endpoints are left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.delivery import (
    FIRST_REST,
    JITTER,
    LONGEST_LIFE,
    LONGEST_REST,
    MOST_ASKED,
    OPEN_AFTER,
    SCHEDULE,
    Circuit,
    Delivery,
    DeliveryState,
    Outcome,
    after_attempt,
    after_outcome,
    given_up,
    replayed,
    too_old,
)
from processors.alerts.payloads import example

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TAKEN = Outcome(200)
FAILED = Outcome(500, "http_500")
NEW = Delivery("s", "msg_1", example("s", "wir", NOW), NOW, NOW)

jitters = st.floats(0, 1, exclude_max=True)
waits = st.one_of(st.none(), st.timedeltas(timedelta(0), timedelta(days=400)))
outcomes = st.one_of(
    st.just(TAKEN),
    st.builds(Outcome, st.sampled_from([0, 301, 400, 429, 500, 503]), st.just("x"), st.floats(0, 60), waits),
)


def test_attempts_follow_the_schedule_of_the_specification() -> None:
    delivery, now, made = NEW, NOW, []
    while delivery.state is DeliveryState.PENDING:
        delivery = after_attempt(delivery, FAILED, now, 0.0)
        made.append(now - NOW)
        now = delivery.next_at
    hours = [one.total_seconds() / 3600 for one in made]
    assert len(made) == len(SCHEDULE) + 1 == 10
    assert [round(one, 2) for one in hours] == [0, 0, 0.08, 0.58, 2.58, 7.58, 17.58, 31.58, 51.58, 75.58]
    assert delivery.state is DeliveryState.DEAD


@given(st.lists(st.tuples(outcomes, jitters), min_size=1, max_size=12))
def test_whatever_happens_attempts_end_and_revisions_grow(happens: list[tuple[Outcome, float]]) -> None:
    delivery, now = NEW, NOW
    for outcome, jitter in happens:
        if delivery.state is not DeliveryState.PENDING:
            break
        after = after_attempt(delivery, outcome, now, jitter)
        assert (after.revision, after.attempts) == (delivery.revision + 1, delivery.attempts + 1)
        assert after.key == delivery.key
        assert after.next_at >= now
        if after.state is DeliveryState.PENDING:
            asked = min(outcome.retry_after or timedelta(0), MOST_ASKED)
            least = max(SCHEDULE[delivery.attempts], asked)
            assert least <= after.next_at - now <= least * (1 + JITTER)
        delivery, now = after, after.next_at
    assert delivery.attempts <= len(SCHEDULE) + 1
    assert (delivery.state is DeliveryState.DELIVERED) == delivery.last.delivered


def test_gone_is_a_dead_letter_at_once_and_ends_the_subscription() -> None:
    gone = Outcome(410, "http_410")
    assert gone.ends_subscription
    assert after_attempt(NEW, gone, NOW, 0.5).state is DeliveryState.DEAD


def test_a_server_that_asks_for_a_year_is_not_obeyed() -> None:
    asked = Outcome(429, "http_429", retry_after=timedelta(days=365))
    assert after_attempt(NEW, asked, NOW, 0.0).next_at == NOW + MOST_ASKED
    assert after_outcome(Circuit(), asked, NOW, 0.0).open_until == NOW + MOST_ASKED


def test_what_is_replayed_begins_anew_under_its_old_id() -> None:
    dead = given_up(NEW, NOW, "too_old")
    later = NOW + timedelta(days=9)
    again = replayed(dead, later)
    assert (again.message_id, again.state, again.attempts) == (NEW.message_id, DeliveryState.PENDING, 0)
    assert again.revision > dead.revision > NEW.revision
    assert not too_old(again, later)


def test_what_nobody_could_try_for_days_is_too_old() -> None:
    assert not too_old(NEW, NOW + LONGEST_LIFE)
    assert too_old(NEW, NOW + LONGEST_LIFE + timedelta(seconds=1))


def test_an_endpoint_is_left_alone_after_some_failures_in_a_row_and_then_probed() -> None:
    circuit = Circuit()
    for _ in range(OPEN_AFTER - 1):
        circuit = after_outcome(circuit, FAILED, NOW, 0.0)
        assert circuit.allows(NOW)
    circuit = after_outcome(circuit, FAILED, NOW, 0.0)
    assert not circuit.allows(NOW)
    assert circuit.allows(NOW + FIRST_REST)
    assert after_outcome(circuit, TAKEN, NOW + FIRST_REST, 0.0) == Circuit()
    assert after_outcome(circuit, FAILED, NOW + FIRST_REST, 0.0).open_until == NOW + 3 * FIRST_REST


@given(st.lists(st.tuples(outcomes, jitters), max_size=60))
def test_an_endpoint_is_never_left_alone_for_ever(happens: list[tuple[Outcome, float]]) -> None:
    circuit = Circuit()
    for outcome, jitter in happens:
        circuit = after_outcome(circuit, outcome, NOW, jitter)
        longest = max(LONGEST_REST * (1 + JITTER), outcome.retry_after or timedelta(0))
        assert circuit.allows(NOW + min(longest, MOST_ASKED))
        assert circuit.doubtful or outcome.delivered
        assert circuit.failures == 0 or not outcome.delivered


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_to_slow_down_is_told_nothing_else_meanwhile(status: int) -> None:
    circuit = after_outcome(Circuit(), Outcome(status, "x", retry_after=timedelta(minutes=3)), NOW, 0.0)
    assert not circuit.allows(NOW + timedelta(minutes=2))
    assert circuit.allows(NOW + timedelta(minutes=3))


def test_slow_endpoints_are_doubtful_although_they_take_everything() -> None:
    assert after_outcome(Circuit(), replace(TAKEN, seconds=9.0), NOW, 0.0).doubtful
