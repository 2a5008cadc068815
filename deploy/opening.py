"""Opening a store: the embedded server, one that another wikitally runs, or any other by its URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import stamina
import structlog
from pydantic import SecretStr

from deploy.settings import Settings
from processors.errors import InvalidInput, StoreUnavailable
from processors.ports.store import ProgramLog
from storage.clickhouse import ClickHouseStore
from storage.connection import Connections
from storage.embedded import Address, EmbeddedServer, attach
from storage.http_target import HttpTarget
from storage.program_log import ClickHouseProgramLog
from storage.target import Target

_log = structlog.get_logger()
_Result = TypeVar("_Result")

PATIENCE = 60.0
"""Seconds for a store to come that is away while all of it starts."""


def patiently(call: Callable[[], _Result], revive: Callable[[], object] = lambda: None) -> _Result:
    """What `call` gives; where the store is away it is called again for a minute.

    Raises:
        StoreUnavailable: the store stays away.
    """
    for attempt in stamina.retry_context(
        on=StoreUnavailable, attempts=None, timeout=PATIENCE, wait_initial=0.1, wait_max=5.0
    ):
        with attempt:
            if attempt.num == 2:
                _log.warning("the store does not answer; starting waits for it", seconds=PATIENCE)
            if attempt.num > 1:
                revive()
            return call()
    raise AssertionError("unreachable")


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store, ready to use."""

    store: ClickHouseStore
    log: ProgramLog
    """What was decided about programs."""
    analyst: Connections
    """For the SQL of whoever has the machine: on the embedded server an account that can only read."""
    owned: bool
    """No other wikitally writes to it while we have it open."""
    revive: Callable[[], object]
    """Bring the server back if it is ours and has died; call it off the event loop."""
    server: EmbeddedServer | None = None
    others: HttpTarget | None = None
    """The account for SQL of others; None: there is none."""
    exports: HttpTarget | None = None
    """The account for exports, which reads all programs; None: there are none."""


@contextmanager
def owned_store(settings: Settings, *, migrate: bool = True) -> Iterator[OpenStore]:
    """Open the store for the one process that writes projections: `run`, `replay`, `demo`.

    Raises:
        InvalidInput: another wikitally has this directory.
        StoreUnavailable: the server named by WIKITALLY_CLICKHOUSE_URL does not answer.
    """
    if settings.clickhouse_url is not None:
        with _remote(settings, settings.clickhouse_url, owned=True, migrate=migrate) as opened:
            yield opened
        return
    with EmbeddedServer(settings.data) as server:
        address = server.start()
        store = ClickHouseStore(Target.parse(address.url))
        log = ClickHouseProgramLog(store.connections)
        analyst = Connections(Target.parse(address.operator_url))
        try:
            if migrate:
                store.migrate()
            server.announce()
            others, exports = HttpTarget.parse(address.analyst_url), HttpTarget.parse(address.exports_url)
            yield OpenStore(
                store, log, analyst, owned=True, revive=server.ensure_running, server=server, others=others,
                exports=exports,
            )  # fmt: skip
        finally:
            store.close()
            analyst.close()


@contextmanager
def any_store(settings: Settings, *, create: bool = False, migrate: bool = True) -> Iterator[OpenStore]:
    """Open the store beside whoever runs on it, or start it for as long as the block lasts.

    Raises:
        InvalidInput: there is no store in the directory, and `create` is false.
        StoreUnavailable: the server does not answer.
    """
    if settings.clickhouse_url is not None:
        with _remote(settings, settings.clickhouse_url, owned=False, migrate=migrate) as opened:
            yield opened
        return
    if not create and not settings.data.is_dir():
        raise InvalidInput(
            f"{settings.data}: no store there yet; `wikitally run` or `replay` makes one, --data names another"
        )
    running = attach(settings.data)
    if running is None:
        with owned_store(settings, migrate=migrate) as opened:
            yield opened
        return
    with beside(running) as opened:
        yield opened


@contextmanager
def beside(address: Address, revive: Callable[[], object] = lambda: None) -> Iterator[OpenStore]:
    """The store on the embedded server that another wikitally runs."""
    store = ClickHouseStore(Target.parse(address.url))
    analyst = Connections(Target.parse(address.operator_url))
    try:
        log = ClickHouseProgramLog(store.connections)
        others, exports = HttpTarget.parse(address.analyst_url), HttpTarget.parse(address.exports_url)
        yield OpenStore(store, log, analyst, owned=False, revive=revive, others=others, exports=exports)
    finally:
        store.close()
        analyst.close()


@contextmanager
def _remote(settings: Settings, url: SecretStr, *, owned: bool, migrate: bool) -> Iterator[OpenStore]:
    others = HttpTarget.parse(settings.sql_url.get_secret_value()) if settings.sql_url is not None else None
    store = ClickHouseStore(Target.parse(url.get_secret_value()))
    try:
        if migrate:
            # Whoever counts may be started before its server is.
            patiently(store.migrate) if owned else store.migrate()
        log = ClickHouseProgramLog(store.connections)
        exports = HttpTarget.beside(store.connections.target, settings.clickhouse_http_port)
        yield OpenStore(store, log, store.connections, owned=owned, revive=lambda: None, others=others, exports=exports)
    finally:
        store.close()
