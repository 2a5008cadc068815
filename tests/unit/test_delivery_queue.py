"""Which message is sent next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from deploy.delivering.queue import MOST_DOUBTFUL, MOST_IN_FLIGHT, MOST_IN_MEMORY, Queue
from processors.alerts.delivery import OPEN_AFTER, SCHEDULE, Delivery, DeliveryState, Outcome, given_up, replayed
from processors.alerts.payloads import example

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TAKEN, FAILED = Outcome(200), Outcome(500, "http_500")


def delivery(name: str, number: int, alert: str = "a") -> Delivery:
    notice = replace(example(name, "wir", NOW), alert_id=alert)
    return Delivery(name, f"msg_{number}", notice, NOW, NOW, number)


def all_due(queue: Queue, now: datetime = NOW) -> list[Delivery]:
    return list(iter(lambda: queue.take(now), None))


def test_an_endpoint_is_told_one_thing_at_a_time_and_others_beside_it() -> None:
    queue = Queue()
    queue.add([delivery("s", 1), delivery("s", 2), delivery("t", 3)])
    assert [one.message_id for one in all_due(queue)] == ["msg_1", "msg_3"]
    queue.done(delivery("s", 1), TAKEN, NOW, 0.0)
    assert [one.message_id for one in all_due(queue)] == ["msg_2"]
    assert (len(queue), queue.in_flight) == (2, 2)


def test_messages_about_an_alert_wait_for_the_one_that_failed_and_others_do_not() -> None:
    queue = Queue()
    queue.add([delivery("s", 1), delivery("s", 2), delivery("s", 3, "b")])
    (first,) = all_due(queue)
    queue.done(first, FAILED, NOW, 0.0)
    (other,) = all_due(queue)
    assert other.message_id == "msg_3"
    queue.done(other, TAKEN, NOW, 0.0)
    assert all_due(queue) == []
    assert queue.next_at() == NOW + SCHEDULE[0]
    (again,) = all_due(queue, NOW + SCHEDULE[0])
    assert (again.message_id, again.attempts) == ("msg_1", 1)


def test_a_step_that_is_queued_again_after_a_later_one_is_still_told_before_it() -> None:
    queue = Queue()
    one, two = delivery("s", 1), delivery("s", 2)
    two = replace(two, notice=replace(two.notice, at=NOW + timedelta(seconds=1)))
    queue.add([two, replace(one, queued_at=NOW + timedelta(minutes=1))])
    assert [each.message_id for each in all_due(queue, NOW + timedelta(minutes=1))] == ["msg_1"]


def test_the_store_brings_nothing_back_that_is_done_with_until_it_is_replayed() -> None:
    queue = Queue()
    one = delivery("s", 1)
    queue.add([one])
    after = queue.done(all_due(queue)[0], TAKEN, NOW, 0.0)
    queue.add([one])
    assert all_due(queue) == []
    again = replayed(after, NOW)
    queue.add([again])
    assert all_due(queue) == [again]


def test_bad_endpoints_never_take_all_the_room() -> None:
    queue = Queue()
    bad = [delivery(f"bad {number}", number) for number in range(100)]
    queue.add(bad)
    first = all_due(queue)
    assert len(first) == MOST_IN_FLIGHT
    for one in first:
        queue.done(one, FAILED, NOW, 0.0)
    for one in all_due(queue):
        queue.done(one, FAILED, NOW, 0.0)
    later = NOW + timedelta(minutes=1)
    assert len(all_due(queue, later)) == MOST_DOUBTFUL
    good = [delivery(f"good {number}", 1000 + number) for number in range(MOST_IN_FLIGHT)]
    queue.add(good)
    assert len(all_due(queue, later)) == MOST_IN_FLIGHT - MOST_DOUBTFUL


def test_an_endpoint_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    queue = Queue()
    queue.add([delivery("s", number, str(number)) for number in range(20)])
    for _ in range(OPEN_AFTER):
        assert not queue.open_circuits()
        queue.done(all_due(queue)[0], FAILED, NOW, 0.0)
    assert all_due(queue) == []
    assert queue.open_circuits() == ["s"]
    opens = queue.next_at()
    assert opens is not None
    probe = all_due(queue, opens)
    assert len(probe) == 1
    assert queue.open_circuits() == ["s"]
    queue.done(probe[0], TAKEN, opens, 0.0)
    assert not queue.open_circuits()
    assert len(all_due(queue, opens)) == 1


def test_an_endpoint_that_nothing_is_held_for_any_more_is_not_said_to_be_left_alone() -> None:
    queue = Queue()
    queue.add([delivery("s", number, str(number)) for number in range(OPEN_AFTER)])
    for _ in range(OPEN_AFTER):
        queue.done(all_due(queue)[0], FAILED, NOW, 0.0)
    assert queue.open_circuits() == ["s"]
    for one in queue.of("s"):
        queue.settle(given_up(one, NOW))
    assert not queue.open_circuits()


def test_what_failed_while_an_endpoint_was_away_is_sent_as_soon_as_it_is_back() -> None:
    queue = Queue()
    queue.add([delivery("s", number, str(number)) for number in range(OPEN_AFTER)])
    now = NOW
    while (opens := queue.next_at()) is not None and opens < NOW + timedelta(hours=1):
        now = opens
        queue.done(all_due(queue, now)[0], FAILED, now, 0.0)
    assert opens is not None
    new = replace(delivery("s", 99, "new"), queued_at=now, next_at=now)
    queue.add([new])
    back = now + timedelta(minutes=10)
    assert any(one.next_at > back for one in queue.of("s"))
    told: list[Delivery] = []
    while due := all_due(queue, back):
        told += due
        queue.done(due[0], TAKEN, back, 0.0)
    assert len(told) == OPEN_AFTER + 1
    assert len(queue) == 0


def test_what_does_not_fit_is_left_in_the_store_and_fetched_in_order() -> None:
    queue = Queue()
    stored = [delivery("s", number) for number in range(MOST_IN_MEMORY * 2)]
    queue.add(stored[:MOST_IN_MEMORY])
    queue.add(stored[MOST_IN_MEMORY : MOST_IN_MEMORY + 50])
    told = []
    while due := all_due(queue):
        told += due
        done = queue.done(due[0], TAKEN, NOW, 0.0)
        stored = [one for one in stored if one.message_id != done.message_id]
        queue.add(stored[-1:])
        for name in list(queue.wanting()):
            queue.refill(name, stored[:MOST_IN_MEMORY])
    assert [one.message_id for one in told] == [f"msg_{number}" for number in range(MOST_IN_MEMORY * 2)]
    assert not queue.wanting()


def test_what_is_given_up_makes_room_for_the_next() -> None:
    queue = Queue()
    queue.add([delivery("s", 1), delivery("s", 2)])
    queue.settle(given_up(queue.of("s")[0], NOW, "ended"))
    assert [one.message_id for one in all_due(queue)] == ["msg_2"]


happenings = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([TAKEN, FAILED, Outcome(410, "http_410")])), max_size=60
)
messages = st.lists(st.tuples(st.sampled_from("stu"), st.sampled_from("ab")), min_size=1, max_size=12)


@given(messages, happenings)
def test_whatever_happens_nothing_is_lost_and_an_alerts_messages_stay_in_order(
    queued: list[tuple[str, str]], happens: list[tuple[int, Outcome]]
) -> None:
    queue, now = Queue(), NOW
    stored = {one.key: one for one in (delivery(name, n, alert) for n, (name, alert) in enumerate(queued))}
    queue.add(stored.values())
    order: dict[tuple[str, str], list[int]] = {}
    for seconds, outcome in happens:
        now += timedelta(seconds=seconds * 400)
        queue.add(one for one in stored.values() if one.state is DeliveryState.PENDING)
        due = all_due(queue, now)
        assert len({one.subscription for one in due}) == len(due)
        for one in due:
            after = queue.done(one, outcome, now, 0.5)
            stored[one.key] = after
            if after.state is not DeliveryState.PENDING:
                order.setdefault((one.subscription, one.notice.alert_id), []).append(one.place)
    assert all(places == sorted(places) for places in order.values())
    finished = sum(map(len, order.values()))
    assert finished + len(queue) == len(queued)
    assert queue.in_flight == 0
