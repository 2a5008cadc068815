"""`wikitally doctor`: what is configured, reachable, lagging and on disk."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version

import aiohttp

from api.render import behind
from deploy.cli.findings import Finding, State
from deploy.cli.log_findings import Stored, log_findings, stored_of
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import err, out
from deploy.clock import now
from deploy.opening import OpenStore
from deploy.settings import Settings
from ingest.eventstreams import build_user_agent
from processors.errors import InvalidInput, WikitallyError

_LITTLE_SPACE = 2 << 30
_LATE_SECONDS = 300
_STREAM_SECONDS = 10


def doctor(settings: Settings, *, as_json: bool) -> None:
    """Print all findings; exit with 1 when something is broken."""
    findings: list[Finding] = []
    with err.status("Looking ..."):
        for finding in _look(settings):
            findings.append(finding)
            if not as_json:
                _show(finding)
    if as_json:
        print_json([finding.as_json() for finding in findings])
    if any(finding.state is State.BROKEN for finding in findings):
        sys.exit(1)


def _show(finding: Finding) -> None:
    style = {State.OK: "green", State.NOTE: "yellow", State.BROKEN: "bold red"}[finding.state]
    out.print(f"[{style}]{finding.state:>6}[/]  {finding.what}: ", end="")
    out.print(finding.detail, markup=False, soft_wrap=True)


def _look(settings: Settings) -> Iterator[Finding]:
    yield Finding(
        State.OK,
        "software",
        f"wikitally {version('wikitally')}, Python {platform.python_version()}, "
        f"ClickHouse from chdb-core {version('chdb-core')}",
    )
    yield _contact(settings)
    yield from _disk(settings)
    stored: Stored | None = None
    try:
        with opened_store(settings) as opened:
            yield from _store(opened)
            if settings.kafka_url is not None:
                stored = stored_of(opened.store, settings)
    except InvalidInput as error:
        yield Finding(State.NOTE, "store", str(error))
    except WikitallyError as error:
        yield Finding(State.BROKEN, "store", str(error))
    if settings.kafka_url is not None:
        yield from log_findings(settings, stored)
    yield asyncio.run(_stream(settings))


def _contact(settings: Settings) -> Finding:
    try:
        return Finding(State.OK, "User-Agent", build_user_agent(settings.contact))
    except InvalidInput as error:
        return Finding(State.BROKEN, "User-Agent", str(error))


def _disk(settings: Settings) -> Iterator[Finding]:
    if settings.clickhouse_url is not None or not settings.data.is_dir():
        return
    free = shutil.disk_usage(settings.data).free
    state = State.OK if free > _LITTLE_SPACE else State.BROKEN
    yield Finding(state, "disk", f"{settings.data} has {free / (1 << 30):.1f} GiB free")


def _store(opened: OpenStore) -> Iterator[Finding]:
    store = opened.store
    whose = "opened for this look" if opened.server is not None else "run by somebody else"
    yield Finding(State.OK, "store", f"ClickHouse {store.connections.ping()}, {whose}")
    sizes = ", ".join(f"{name} {rows:,} ({size / (1 << 20):.1f} MiB)" for name, rows, size in store.table_sizes())
    yield Finding(State.OK, "tables", sizes)
    programs = store.definitions()
    known = f"{len(programs):,}" if programs else "none; `wikitally programs apply FILE` adds some"
    yield Finding(State.OK if programs else State.NOTE, "programs", known)
    freshness = store.freshness(now)
    if freshness.as_of is None or freshness.lag_seconds is None:
        yield Finding(State.NOTE, "stream position", "nothing read yet")
    else:
        late = freshness.lag_seconds > _LATE_SECONDS
        detail = f"as of {freshness.as_of:%Y-%m-%d %H:%M:%S} UTC, {behind(freshness.lag_seconds)} behind"
        yield Finding(State.NOTE if late else State.OK, "stream position", detail)
    yield Finding(State.NOTE if freshness.gaps else State.OK, "gaps", f"{freshness.gaps} open")
    letters = store.dead_letter_count()
    yield Finding(State.NOTE if letters else State.OK, "dead letters", f"{letters:,}")


async def _stream(settings: Settings) -> Finding:
    try:
        agent = build_user_agent(settings.contact)
    except InvalidInput:
        return Finding(State.NOTE, "stream", "not asked: it wants a contact in the User-Agent")
    url = f"{settings.stream_url.rstrip('/')}/v2/stream/{','.join(settings.streams)}"
    timeout = aiohttp.ClientTimeout(total=_STREAM_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers={"User-Agent": agent}) as session,
            session.get(url) as response,
        ):
            state = State.OK if response.status == 200 else State.BROKEN
            return Finding(state, "stream", f"{url} answers {response.status} {response.reason or ''}".rstrip())
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Finding(State.BROKEN, "stream", f"{url}: {error or type(error).__name__}")
