"""What `wikitally doctor` says of Kafka, of whoever puts events in and of whoever works on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.render import behind
from deploy.cli.findings import Finding, State
from deploy.clock import now
from deploy.ingesting import kafka_target, quiet_kafka, topic_plan
from deploy.settings import Settings
from ingest.kafka_group import STABLE, LogSeen, Member, look_at_log
from ingest.topics import Change, Topic
from processors.errors import InvalidInput, LogUnavailable
from processors.ports.store import log_streams
from storage.clickhouse import ClickHouseStore
from storage.owners import Owners
from storage.positions import LogPosition

_LATE = timedelta(minutes=5)
_SILENT = timedelta(minutes=1)
"""Ingest says how far it is every second."""
_MUCH = 10_000
"""Messages: three minutes of Wikimedia's streams."""
_SKEWED = timedelta(seconds=2)
_MOST_SHOWN = 6
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store says of the log."""

    positions: Mapping[int, LogPosition]
    """By partition of facts."""
    owners: Mapping[int, str]
    """By partition of facts, the worker that took it last."""
    ahead: timedelta
    """How far the clock of the server is ahead of ours."""


def stored_of(store: ClickHouseStore, settings: Settings) -> Stored:
    """Ask the store about the log."""
    topic = topic_plan(settings).name(Topic.FACTS)
    owners = Owners(store.connections)
    before = now()
    there = owners.now()
    between = before + (now() - before) / 2
    return Stored(store.positions_in_log(log_streams(topic), topic), owners.holders(topic), there - between)


def log_findings(settings: Settings, stored: Stored | None) -> Iterator[Finding]:
    """Look at Kafka; `stored` is None where there is no store, and then nothing is said of what is judged."""
    quiet_kafka()
    try:
        target = kafka_target(settings)
        seen = look_at_log(target, topic_plan(settings))
    except (InvalidInput, LogUnavailable) as error:
        yield Finding(State.BROKEN, "Kafka", f"{error}; ingest and workers wait until it answers")
    else:
        yield brokers(seen, target.shown)
        yield from findings_of(seen, stored, now())
    if stored is not None:
        yield clock(stored)


def findings_of(seen: LogSeen, stored: Stored | None, at: datetime) -> Iterator[Finding]:
    """What a look at the log comes to."""
    yield _topics(seen)
    yield _ingest(seen, at)
    if not seen.ends:
        return
    yield _workers(seen, stored)
    if seen.group.state == STABLE:
        yield from _without_worker(seen)
        if stored is not None:
            yield from _not_taken(seen, stored)
    yield _lag(seen, stored)
    if stored is not None:
        yield from _lost(seen, stored)
        yield _judged(seen, stored, at)


def brokers(seen: LogSeen, shown: str) -> Finding:
    """Whether there are as many as copies are wanted."""
    wanted = max(topic.replication for topic in seen.topics)
    said = f"{shown}: {_count(seen.brokers, 'broker')}"
    if seen.brokers < wanted:
        return Finding(State.NOTE, "Kafka", f"{said}, and topics want {wanted} copies: is a broker down?")
    return Finding(State.OK, "Kafka", said)


def _topics(seen: LogSeen) -> Finding:
    found = seen.differences
    if not found:
        return Finding(State.OK, "topics", f"{len(seen.topics)}, as they should be")
    mend = "`wikitally topics apply` mends it"
    if any(one.change is Change.NONE for one in found):
        mend = "`wikitally topics apply` mends what it can, the rest is by hand"
    missing = any(one.change is Change.CREATE for one in found)
    said = "; ".join(f"{one.topic.name}: {one.text}" for one in found)
    return Finding(State.BROKEN if missing else State.NOTE, "topics", f"{said}. {mend}")


def _ingest(seen: LogSeen, at: datetime) -> Finding:
    if not seen.said:
        return Finding(State.NOTE, "ingest", "has put nothing into Kafka yet; `wikitally ingest` does")
    newest = max(seen.said, key=lambda one: one.checkpoint.watermark or _UNKNOWN)
    watermark = newest.checkpoint.watermark
    until = f"up to {_time(watermark)}, {_ago(at - watermark)} behind" if watermark else "nothing with a time"
    said = f"{newest.checkpoint.streams}: {until}"
    if at - newest.at > _SILENT:
        silent = f"it has said nothing for {_ago(at - newest.at)}: does `wikitally ingest` run, and is the stream open?"
        return Finding(State.NOTE, "ingest", f"{said}; {silent}")
    late = watermark is not None and at - watermark > _LATE
    return Finding(State.NOTE if late else State.OK, "ingest", said + ("; it is catching up" if late else ""))


def _workers(seen: LogSeen, stored: Stored | None) -> Finding:
    group = seen.group
    rows = [{"host": one.host, "partitions": sorted(one.partitions)} for one in group.members]
    if not group.there:
        ever = bool(group.committed or (stored and stored.positions))
        said = "none: nothing in Kafka is judged until `wikitally work` runs"
        return Finding(State.BROKEN if ever else State.NOTE, "workers", said)
    if group.state != STABLE:
        said = f"{_count(len(group.members), 'worker')}; Kafka gives partitions out anew ({group.state})"
        return Finding(State.NOTE, "workers", f"{said}. If that lasts, one of them comes and goes: see its log", rows)
    idle = sum(not one.partitions for one in group.members)
    said = f"{len(group.members)}: " + ", ".join(map(_member, group.members))
    if idle:
        said += f". {idle} of them can do nothing: facts have {_count(len(seen.ends), 'partition')}"
    return Finding(State.NOTE if idle else State.OK, "workers", said, rows)


def _member(member: Member) -> str:
    return f"{member.host} with {numbers(member.partitions)}" if member.partitions else f"{member.host} with none"


def _without_worker(seen: LogSeen) -> Iterator[Finding]:
    free = seen.ends.keys() - {one for member in seen.group.members for one in member.partitions}
    if free:
        said = f"{numbers(free)} without a worker. New ones are seen within 15 seconds; else start a worker again"
        yield Finding(State.BROKEN, "partitions", said)


def _not_taken(seen: LogSeen, stored: Stored) -> Iterator[Finding]:
    """Whoever has been given partitions says so in the store before it judges anything."""
    waiting: set[int] = set()
    for member in seen.group.members:
        holders = {stored.owners.get(one) for one in member.partitions}
        theirs = {one for one, holder in stored.owners.items() if holder in holders}
        if len(holders) > 1 or None in holders or theirs - member.partitions:
            waiting |= member.partitions
    rows = [{"partition": one, "holder": holder} for one, holder in sorted(stored.owners.items())]
    if waiting:
        said = f"{numbers(waiting)} not taken over yet by the worker that Kafka gave them to"
        yield Finding(State.NOTE, "owners", f"{said}: it waits for the store or for Kafka", rows)
    else:
        yield Finding(State.OK, "owners", _count(len(set(stored.owners.values())), "worker"), rows)


def _lag(seen: LogSeen, stored: Stored | None) -> Finding:
    """From what is stored, not from what is committed: workers go on from there."""
    following = _next(seen, stored)
    lags = {one: max(0, end - max(following.get(one, 0), seen.begins.get(one, 0))) for one, end in seen.ends.items()}
    total = sum(lags.values())
    rows = [
        {
            "partition": one,
            "begin": seen.begins.get(one),
            "end": end,
            "next": following.get(one),
            "committed": seen.group.committed.get(one),
            "lag": lags[one],
        }
        for one, end in sorted(seen.ends.items())
    ]
    most = sorted((one for one in lags if lags[one]), key=lambda one: -lags[one])[:_MOST_SHOWN]
    where = ", ".join(f"{one}: {lags[one]:,}" for one in most)
    said = f"{_count(total, 'message')} still to be judged" + (f", by partition {where}" if where else "")
    if total <= _MUCH:
        return Finding(State.OK, "log", said, rows)
    return Finding(State.NOTE, "log", f"{said}. If it grows, more workers help, up to {len(lags)}", rows)


def _next(seen: LogSeen, stored: Stored | None) -> dict[int, int]:
    """By partition, the offset that is judged next."""
    if stored is None:
        return dict(seen.group.committed)
    return {one: position.reached.offset + 1 for one, position in stored.positions.items()}


def _lost(seen: LogSeen, stored: Stored) -> Iterator[Finding]:
    following = _next(seen, stored)
    deleted = {
        one: begin - following[one] for one, begin in seen.begins.items() if one in following and begin > following[one]
    }
    if deleted:
        said = f"{_count(sum(deleted.values()), 'message')} of {numbers(deleted)} deleted before they were judged"
        advice = "workers go on behind them and write the gap down; WIKITALLY_KAFKA_RETAIN_FACTS_DAYS is too short"
        yield Finding(State.BROKEN, "retention", f"{said}: {advice}")
    beyond = {one for one, end in seen.ends.items() if following.get(one, 0) > end}
    if beyond:
        said = f"{numbers(beyond)}: the store has read further than Kafka has messages. Was the topic made anew?"
        advice = "Start the workers again: they read all of it then"
        yield Finding(State.BROKEN, "positions", f"{said} {advice}")


def _judged(seen: LogSeen, stored: Stored, at: datetime) -> Finding:
    """Freshness: the partition that is least far decides."""
    filled = {one for one, end in seen.ends.items() if end}
    times = {one: position.watermark for one, position in stored.positions.items() if position.watermark > _UNKNOWN}
    if missing := filled - times.keys():
        return Finding(State.NOTE, "judged", f"of {numbers(missing)} nothing yet, so that no time holds for all")
    if not filled:
        return Finding(State.NOTE, "judged", "nothing: there are no messages")
    least = min(filled, key=lambda one: times[one])
    lag = at - times[least]
    said = f"up to {_time(times[least])}, {_ago(lag)} behind"
    late = f"{said}; partition {least} is least far"
    return Finding(State.NOTE, "judged", late) if lag > _LATE else Finding(State.OK, "judged", said)


def clock(stored: Stored) -> Finding:
    """How far the clocks of the server and of this machine are apart."""
    ahead = stored.ahead.total_seconds()
    said = f"ClickHouse's is {abs(ahead):.1f} s {'ahead of' if ahead >= 0 else 'behind'} this machine's"
    if abs(stored.ahead) > _SKEWED:
        return Finding(State.NOTE, "clock", f"{said}: times and lags that pages show are wrong by that; set up NTP")
    return Finding(State.OK, "clock", said)


def numbers(partitions: Iterable[int]) -> str:
    """`partition 3`, `partitions 0-5, 8`."""
    given = sorted(partitions)
    runs: list[list[int]] = []
    for one in given:
        if runs and runs[-1][-1] == one - 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    said = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"partition{'' if len(given) == 1 else 's'} {said}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _ago(span: timedelta) -> str:
    return behind(max(0.0, span.total_seconds()))
