"""Results of any size as streams of bytes, over ClickHouse's HTTP interface: it writes Parquet, CSV and JSON itself."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from processors.errors import StoreUnavailable

_CHUNK = 1 << 20
_SECONDS = 600
"""The longest silence: a large result is sorted before its first byte."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n"})
_SETTINGS = {"readonly": "2", "max_execution_time": "0", "output_format_parquet_string_as_string": "1"}


def escaped(params: Mapping[str, str | int]) -> dict[str, str]:
    """Values for `{name:Type}` in a query, as parameters of the URL."""
    return {f"param_{name}": str(value).translate(_ESCAPES) for name, value in params.items()}


@dataclass(frozen=True, slots=True)
class HttpPort:
    """The HTTP port of a ClickHouse server, and who asks there."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    secure: bool = False

    @contextmanager
    def stream(self, sql: str, output_format: str, params: Mapping[str, str | int]) -> Iterator[Iterator[bytes]]:
        """The result of a SELECT in one of ClickHouse's formats, as it comes; `{name:Type}` in it are `params`.

        Raises:
            StoreUnavailable: the server is away, refuses, or ends in the middle; what came by then is not all.
        """
        kind = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=_SECONDS)
        try:
            with self._translated():
                response = self._ask(connection, sql, output_format, params)
                if response.status != http.client.OK:
                    words = response.read(_CHUNK).decode(errors="replace").partition("Stack trace:")[0]
                    raise StoreUnavailable(f"ClickHouse: {words.strip()}")
            yield self._chunks(response)
        finally:
            connection.close()

    def _chunks(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        while True:
            with self._translated():
                chunk = response.read(_CHUNK)
            if not chunk:
                return
            yield chunk

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise StoreUnavailable(
                f"ClickHouse's HTTP port {self.host}:{self.port} does not answer to the end: {type(error).__name__}"
            ) from error

    def _ask(
        self, connection: http.client.HTTPConnection, sql: str, output_format: str, params: Mapping[str, str | int]
    ) -> http.client.HTTPResponse:
        bound = escaped(params)
        address = "/?" + urlencode({"database": self.database, "default_format": output_format, **_SETTINGS, **bound})
        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        connection.request("POST", address, body=sql.encode(), headers={"Authorization": f"Basic {secret}"})
        return connection.getresponse()
