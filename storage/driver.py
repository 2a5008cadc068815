"""clickhouse-driver as we use it: what it is told of a server, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clickhouse_driver import Client
from clickhouse_driver.errors import NetworkError, ServerException, SocketTimeoutError

from processors.errors import StoreUnavailable
from storage.target import Target

_SETTINGS = {
    "async_insert": 0,  # durable when the call returns
    "use_client_time_zone": 0,
    "max_query_size": 16 * 1024 * 1024,
}
_CLUSTER_SETTINGS = {
    "distributed_foreground_insert": 1,  # on its shard when the call returns
    "distributed_product_mode": "global",
    "load_balancing": "in_order",  # what was written just now is read from the same replica
}
_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 120
# Codes of ClickHouse that a retry can mend: too many queries, memory, timeouts, shutting down, full disk.
_TRANSIENT_CODES = frozenset({159, 202, 203, 209, 210, 236, 241, 242, 243, 252, 279, 319, 394, 425, 439, 745})


def connect(target: Target) -> Client:
    """A client; it connects at its first call."""
    options: dict[str, Any] = {}
    if target.secure:
        tls = target.tls
        files = {"ca_certs": tls.ca, "certfile": tls.cert, "keyfile": tls.key}
        options = {"verify": tls.verify} | {name: str(file) for name, file in files.items() if file}
    return Client(
        target.host,
        port=target.port,
        alt_hosts=",".join(f"{host}:{port}" for host, port in target.others) or None,
        user=target.user,
        password=target.password,
        database=target.database,
        secure=target.secure,
        compression=False if target.compression == "none" else target.compression,
        connect_timeout=_CONNECT_SECONDS,
        send_receive_timeout=_ANSWER_SECONDS,
        sync_request_timeout=_CONNECT_SECONDS,
        client_name="wikitally",
        settings=settings_of(target),
        **options,
    )


def settings_of(target: Target) -> dict[str, Any]:
    """What goes along with every query."""
    settings = _SETTINGS | (_CLUSTER_SETTINGS if target.layout.cluster else {})
    # How the server compresses is told beside how we do.
    compressed = {} if target.compression == "none" else {"network_compression_method": target.compression}
    return settings | compressed


def worth_another(error: Exception) -> bool:
    """Whether a call that failed so may be tried again at once; who waited for an answer does not wait thrice."""
    return isinstance(error, StoreUnavailable) and not isinstance(error.__cause__, SocketTimeoutError)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of clickhouse-driver that a retry can mend, as `StoreUnavailable`."""
    try:
        yield
    except ServerException as error:
        if error.code in _TRANSIENT_CODES:
            raise StoreUnavailable(first_line(error)) from error
        raise
    except (NetworkError, SocketTimeoutError, EOFError, OSError) as error:
        raise StoreUnavailable(f"ClickHouse does not answer: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    text = error.message if isinstance(error, ServerException) else str(error)
    words, _, _ = text.strip().removeprefix("DB::Exception: ").partition("Stack trace:")
    return words.strip().splitlines()[0] if words.strip() else type(error).__name__
