"""ClickHouse servers that wikitally does not start itself: one of another version, and two that share the rows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from tests.chdb_npm import library

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
USER, PASSWORD = "tests", "p@ss/w%rd"
CLUSTER = "pair"
TIMEZONE = "America/St_Johns"
"""Of the given server: whatever zone a server is in, the answers are the same."""
START_SECONDS = 60.0

_ACCOUNT = f"""\
    <{USER}>
      <password>{escape(PASSWORD)}</password><networks><ip>{HOST}</ip></networks>
      <profile>default</profile><quota>default</quota><access_management>1</access_management>
    </{USER}>
"""
_USERS = f"""\
<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users>
    <default>
      <password></password><networks><ip>{HOST}</ip></networks><profile>default</profile><quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
    </default>
{_ACCOUNT}  </users>
</clickhouse>
"""


class Server:
    """A server in a process of its own, on one directory and two ports however often it is started.

    Who may do everything on it is `USER`. It ends when this process does.
    """

    def __init__(
        self, directory: Path, more: str = "", *, library: Path | None = None, zone: str = "UTC", accounts: str = ""
    ) -> None:
        self.directory = directory
        self.port, self.http_port = _free_ports(2)
        self.more = more
        self._accounts = accounts
        self._library = library
        self._zone = zone
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def url(self, database: str) -> str:
        """For wikitally."""
        return f"clickhouse://{USER}:{quote(PASSWORD, safe='')}@{HOST}:{self.port}/{database}"

    def new_database(self, name: str) -> str:
        """An empty database, and the URL of it.

        The library of the given server ends when a login fails, as one to a database does that is not there yet.
        """
        with self.client() as client:
            client.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        """Start it, or start it again; returns when it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it and do not wait: of two that know each other, neither need be there first."""
        for name in ("conf", "data", "log", "tmp"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "conf" / "users.xml").write_text(self._users())
        (self.directory / "conf" / "config.xml").write_text(self._config())
        library = [str(self._library)] if self._library else []
        with (self.directory / "log" / "child.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tests.servers_child", str(self.directory), *library],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.directory / "tmp",
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "TMPDIR": str(self.directory / "tmp"),
                     "PYTHONPATH": str(ROOT), "TZ": self._zone, "LANG": "C.UTF-8"},
                start_new_session=True,
            )  # fmt: skip

    def _config(self) -> str:
        return f"""\
<clickhouse>
  <listen_host>{HOST}</listen_host><tcp_port>{self.port}</tcp_port><http_port>{self.http_port}</http_port>
  <users_config>users.xml</users_config>
  <timezone>{self._zone}</timezone>
  <logger>
    <level>information</level>
    <log>{self.directory}/log/server.log</log><errorlog>{self.directory}/log/server.err.log</errorlog>
  </logger>
  <mark_cache_size>67108864</mark_cache_size>
{self.more}
</clickhouse>
"""

    def _users(self) -> str:
        """Our accounts, and where there are others ours beside them."""
        if not self._accounts:
            return _USERS
        return self._accounts.replace("</users>", f"{_ACCOUNT}</users>")

    def wait(self) -> None:
        """Until it answers."""
        process = self._process
        assert process is not None
        ends = time.monotonic() + START_SECONDS
        while not self.answers():
            assert process.poll() is None, f"it ended: {(self.directory / 'log' / 'child.log').read_text()}"
            assert time.monotonic() < ends, f"no answer: see {self.directory}/log"
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it takes a query; the port is tried first, since the client's failures are slow and loud."""
        try:
            socket.create_connection((HOST, self.port), timeout=1).close()
            with self.client() as client:
                client.execute("SELECT 1")
        except (Error, OSError, EOFError):
            return False
        return True

    def client(self) -> Client:
        """A connection; may do everything."""
        return Client(HOST, self.port, user=USER, password=PASSWORD, connect_timeout=2, send_receive_timeout=60)

    def kill(self) -> None:
        """End it at once, wherever it is."""
        process = self._process
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdin is not None
            process.stdin.close()
            self._process = None

    def revive(self) -> None:
        """Start it again where it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            self.kill()
            self.start()

    def freeze(self) -> None:
        """From now on it takes connections and never answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


@contextmanager
def given_server(directory: Path, accounts: str = "") -> Iterator[Server]:
    """A running server of an older version, with the settings that servers come with, in a zone of its own.

    Args:
        accounts: users.xml of accounts beside `USER`.
    """
    server = Server(directory, library=library(), zone=TIMEZONE, accounts=accounts)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two servers of the embedded version that know each other as the shards of `CLUSTER`."""

    servers: Sequence[Server]

    def url(self, database: str) -> str:
        """For wikitally."""
        hosts = ",".join(f"{HOST}:{one.port}" for one in self.servers)
        return f"clickhouse://{USER}:{quote(PASSWORD, safe='')}@{hosts}/{database}?shards={CLUSTER}"


@contextmanager
def running_pair(directory: Path, accounts: str = "") -> Iterator[Pair]:
    """Two shards, running; `accounts` as for `given_server`."""
    pair = Pair([Server(directory / name, accounts=accounts) for name in ("one", "two")])
    shards = "".join(
        f"<shard><replica><host>{HOST}</host><port>{one.port}</port>"
        f"<user>{USER}</user><password>{escape(PASSWORD)}</password></replica></shard>"
        for one in pair.servers
    )
    with ExitStack() as stack:
        for server in pair.servers:
            server.more = f"<remote_servers><{CLUSTER}>{shards}</{CLUSTER}></remote_servers>"
            stack.callback(server.kill)
            server.launch()
        for server in pair.servers:
            server.wait()
        yield pair


def _free_ports(number: int) -> list[int]:
    """Taken together, so that they differ."""
    listeners = [socket.create_server((HOST, 0)) for _ in range(number)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports
