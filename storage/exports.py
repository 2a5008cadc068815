"""Results of any size as streams of bytes, over ClickHouse's HTTP interface: it writes Parquet, CSV and JSON itself."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from processors.errors import StoreUnavailable
from storage.http_target import HttpTarget

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
    """Asks the HTTP port of a ClickHouse server."""

    target: HttpTarget

    @contextmanager
    def stream(self, sql: str, output_format: str, params: Mapping[str, str | int]) -> Iterator[Iterator[bytes]]:
        """The result of a SELECT in one of ClickHouse's formats, as it comes; `{name:Type}` in it are `params`.

        Raises:
            StoreUnavailable: the server is away, refuses, or ends in the middle; what came by then is not all.
        """
        connection = self._connection()
        try:
            with self._translated():
                response = self._ask(connection, sql, output_format, params)
                if response.status != http.client.OK:
                    words = response.read(_CHUNK).decode(errors="replace").partition("Stack trace:")[0]
                    raise StoreUnavailable(f"ClickHouse: {words.strip()}")
            yield self._chunks(response)
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        trust = self.target.trust()
        if trust is None:
            return http.client.HTTPConnection(self.target.place, timeout=_SECONDS)
        return http.client.HTTPSConnection(self.target.place, timeout=_SECONDS, context=trust)

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
                f"ClickHouse's HTTP port {self.target.place} does not answer to the end: {type(error).__name__}"
            ) from error

    def _ask(
        self, connection: http.client.HTTPConnection, sql: str, output_format: str, params: Mapping[str, str | int]
    ) -> http.client.HTTPResponse:
        address = "/?" + urlencode(
            {"database": self.target.database, "default_format": output_format, **_SETTINGS, **escaped(params)}
        )
        secret = base64.b64encode(f"{self.target.user}:{self.target.password}".encode()).decode()
        connection.request("POST", address, body=sql.encode(), headers={"Authorization": f"Basic {secret}"})
        return connection.getresponse()
