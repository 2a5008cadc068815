"""A ClickHouse server of our own: the engine of the chdb wheel as a child process, its data in one directory.

One process owns a directory at a time. In it:

    owner.lock        held by the owner; its process id
    credentials.json  passwords, made at first start, mode 0600; the server cannot read it
    address.json      where the running server is, once it is announced, mode 0600
    conf/ data/ log/ tmp/   the server's
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import structlog
from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from processors.errors import InvalidInput, StoreUnavailable
from storage.embedded_child import KEEP_ALIVE
from storage.embedded_config import ANALYST, ANALYTICS, DATABASE, HOST, OPERATOR, WRITER, config_xml, users_xml

_log = structlog.get_logger()

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_GLANCE_SECONDS = 0.3
"""Who looks whether a directory is owned holds its lock for a moment; an owner waits that long for it."""
_ATTEMPTS = 3
_LAST_LINES = 12
_ACCOUNTS = (WRITER, OPERATOR, ANALYST)
_STACK_FRAME = re.compile(r"\d+\. ")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a running server is, and how to log in."""

    tcp_port: int
    http_port: int
    writer_password: str = field(repr=False)
    operator_password: str = field(repr=False)
    analyst_password: str = field(repr=False)
    host: str = HOST

    @property
    def url(self) -> str:
        """For wikitally itself: may do everything."""
        return self._url(WRITER, self.writer_password)

    @property
    def operator_url(self) -> str:
        """For the SQL of whoever has the machine: reads wikitally's tables, within limits."""
        return self._url(OPERATOR, self.operator_password)

    @property
    def analyst_url(self) -> str:
        """For the SQL of others, over HTTP: reads the views for analysts, within limits; never without a guard."""
        return self._http_url(ANALYST, self.analyst_password, ANALYTICS)

    @property
    def exports_url(self) -> str:
        """For files of what is in programs: as `operator_url`, over HTTP."""
        return self._http_url(OPERATOR, self.operator_password, DATABASE)

    def _url(self, user: str, password: str) -> str:
        return f"clickhouse://{user}:{quote(password, safe='')}@{self.host}:{self.tcp_port}/{DATABASE}"

    def _http_url(self, user: str, password: str, database: str) -> str:
        return f"http://{user}:{quote(password, safe='')}@{self.host}:{self.http_port}/{database}"


class EmbeddedServer:
    """The server on `directory`; started by `start`, restarted by `ensure_running`. Safe to share between threads.

    Args:
        tcp_port, http_port: on loopback; 0 takes free ones and keeps them for as long as this object lives.
    """

    def __init__(self, directory: Path, *, tcp_port: int = 0, http_port: int = 0) -> None:
        self.directory = directory.absolute()
        self._wanted = tcp_port, http_port
        self._address: Address | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner_lock: int | None = None
        self._changing = threading.RLock()
        # The kernel ends the child when the *thread* that made it ends: it is made by one that lasts.
        self._spawner: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the server's process runs."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def pid(self) -> int:
        """The server's process id; 0 when it was never started."""
        process = self._process
        return process.pid if process is not None else 0

    def start(self) -> Address:
        """Take the directory and start the server; returns when it answers.

        Raises:
            InvalidInput: another process has the directory, or the engine is not installed.
            StoreUnavailable: the server does not come up; the message ends with its last words.
        """
        with self._changing:
            if self.alive and self._address is not None:
                return self._address
            if importlib.util.find_spec("chdb") is None:
                raise InvalidInput("the ClickHouse engine is not installed; `pip install chdb-core==26.9.*` brings it")
            if self._process is not None:
                self._end(self._process)
            try:
                self._prepare()
                self._spawner = self._spawner or ThreadPoolExecutor(1, thread_name_prefix="clickhouse")
                self._address = self._up()
            except BaseException:
                self.stop()
                raise
            self._wanted = self._address.tcp_port, self._address.http_port
            if not self._confined():
                _log.info("ClickHouse is not confined to its directory: Landlock is missing here")
            return self._address

    def announce(self) -> None:
        """Let other processes find the server (see `attach`): call it when what they will read is there."""
        with self._changing:
            assert self._address is not None, "not started"
            _write_private(self.directory / "address.json", asdict(self._address))

    def ensure_running(self) -> bool:
        """Restart the server where it died, on the same ports; True if it had to be.

        Raises:
            StoreUnavailable: it does not come up.
        """
        with self._changing:
            if self.alive or self._address is None:
                return False
            _log.warning("ClickHouse has died; starting it again", exit_code=self._process and self._process.returncode)
            if self._process is not None:
                self._end(self._process)
            self._spawn(self._address)
            return True

    def stop(self) -> None:
        """End the server, leave the directory. May be called at any time, more than once."""
        with self._changing:
            if self._process is not None:
                self._end(self._process)
            self._process = None
            if self._owner_lock is not None:
                (self.directory / "address.json").unlink(missing_ok=True)
            if self._spawner is not None:
                self._spawner.shutdown()
                self._spawner = None
            self._address = None
            if self._owner_lock is not None:
                os.close(self._owner_lock)
                self._owner_lock = None

    def _prepare(self) -> None:
        try:
            for name in ("conf", "data", "log", "tmp"):
                (self.directory / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._owner_lock is None:
                self._owner_lock = _own(self.directory)
        except OSError as error:
            raise _unusable(self.directory, error) from error
        _outlive(self.directory / "server.lock")

    def _up(self) -> Address:
        passwords = _passwords(self.directory / "credentials.json")
        (self.directory / "conf" / "users.xml").write_text(users_xml(passwords), encoding="utf-8")
        for attempt in range(_ATTEMPTS):
            tcp_port, http_port = (port or _free_port() for port in self._wanted)
            address = Address(tcp_port, http_port, *(passwords[user] for user in _ACCOUNTS))
            config = config_xml(self.directory, tcp_port, http_port)
            (self.directory / "conf" / "config.xml").write_text(config, encoding="utf-8")
            try:
                self._spawn(address)
            except StoreUnavailable:
                # Somebody may have taken a port between our look and the server's.
                if attempt + 1 == _ATTEMPTS or 0 not in self._wanted:
                    raise
            else:
                break
        return address

    def _spawn(self, address: Address) -> None:
        """Start the child and wait until it answers."""
        assert self._spawner is not None
        self._process = process = self._spawner.submit(self._popen, address).result()
        ends = time.monotonic() + START_SECONDS
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > ends:
                why = "does not answer" if process.poll() is None else f"ended with code {process.returncode}"
                self._end(process)
                raise StoreUnavailable(f"ClickHouse on {self.directory} {why}: {self._last_words()}")
            time.sleep(0.02)

    def _popen(self, address: Address) -> subprocess.Popen[bytes]:
        temporary = str(self.directory / "tmp")
        code = Path(__file__).parents[1]
        with (self.directory / "log" / "child.log").open("wb") as log:
            return subprocess.Popen(  # noqa: S603 -- our own module, under this interpreter
                [
                    sys.executable, "-P", "-m", "storage.embedded_child",
                    str(self.directory), str(address.tcp_port), str(address.http_port), str(os.getpid()),
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=temporary,
                # Nothing of our environment: it may hold secrets, and the server could be made to read it.
                env={"PATH": "/usr/bin:/bin", "HOME": temporary, "TMPDIR": temporary, "LANG": "C.UTF-8",
                     "PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1"},
                start_new_session=True,
            )  # fmt: skip

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """In order if it can be asked to, else by force."""
        if process.poll() is None and self._asked_to_end():
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()

    def _asked_to_end(self) -> bool:
        if self._address is None:
            return False
        try:
            with _client(self._address) as client:
                client.execute("KILL QUERY WHERE user = '' AND query LIKE %(query)s ASYNC", {"query": f"{KEEP_ALIVE}%"})
        except (Error, OSError, EOFError):
            return False
        return True

    def _confined(self) -> bool:
        """Whether the child could apply Landlock to itself; it writes so beside its process id."""
        return bool(json.loads((self.directory / "server.lock").read_text(encoding="utf-8"))["landlock_abi"])

    def _last_words(self) -> str:
        lines: list[str] = []
        for name in ("child.log", "server.err.log"):
            with suppress(OSError):
                text = (self.directory / "log" / name).read_text(encoding="utf-8", errors="replace")
                lines += [line for line in text.splitlines() if not _STACK_FRAME.match(line)][-_LAST_LINES:]
        return "\n".join(lines) or "it left no log"


def attach(directory: Path, *, patience: float = START_SECONDS) -> Address | None:
    """The server that another process runs on `directory`, waiting for it to come up; None when nobody owns it.

    Raises:
        InvalidInput: the directory may not be read.
        StoreUnavailable: the owner's server does not come up within `patience` seconds.
    """
    directory = directory.absolute()
    ends = time.monotonic() + patience
    while _owner(directory) is not None:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return Address(**json.loads((directory / "address.json").read_text(encoding="utf-8")))
        if time.monotonic() > ends:
            raise StoreUnavailable(f"{directory}: its owner, process {_owner(directory)}, has no server running yet")
        time.sleep(0.05)
    return None


def _unusable(directory: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"{directory}: cannot be used as a store ({error.strerror})")


def _own(directory: Path) -> int:
    """Lock the directory for this process; the file stays open."""
    lock = os.open(directory / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(lock, _GLANCE_SECONDS):
        owner = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise InvalidInput(
            f"{directory}: the store is in use by process {owner}; stop that one, or name another directory with --data"
        )
    # What a former owner that was killed left behind is not true any more.
    with suppress(FileNotFoundError):
        (directory / "address.json").unlink()
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def _owner(directory: Path) -> str | None:
    """The process id of the directory's owner, if it has one."""
    try:
        lock = os.open(directory / "owner.lock", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(directory, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
    finally:
        os.close(lock)
    return None


def _outlive(lock_file: Path) -> None:
    """Wait for the server of an owner that was killed to end, which it does by itself."""
    lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(lock, STOP_SECONDS):
            pid = json.loads(os.pread(lock, 200, 0) or b"{}").get("pid", "unknown")
            raise StoreUnavailable(f"{lock_file.parent}: ClickHouse, process {pid}, outlives its owner; end it")
    finally:
        os.close(lock)


def _locked(file: int, seconds: float) -> bool:
    """Lock an open file for ourselves; False if others held it for so long."""
    ends = time.monotonic() + seconds
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)


def _passwords(file: Path) -> dict[str, str]:
    """Those of the last start, or new ones: the server learns them at every start, so a lost file costs nothing."""
    with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
        known = json.loads(file.read_text(encoding="utf-8"))
        return {user: str(known[user]) for user in _ACCOUNTS}
    new = {user: secrets.token_urlsafe(32) for user in _ACCOUNTS}
    _write_private(file, new)
    return new


def _write_private(file: Path, value: object) -> None:
    """Write JSON that only this user may read, whole or not at all."""
    half = file.with_suffix(".half")
    with suppress(FileNotFoundError):
        half.unlink()
    private: Callable[[str, int], int] = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731
    with open(half, "x", encoding="utf-8", opener=private) as out:
        json.dump(value, out)
    half.replace(file)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _client(address: Address) -> Client:
    return Client(
        address.host,
        port=address.tcp_port,
        user=WRITER,
        password=address.writer_password,
        connect_timeout=2,
        send_receive_timeout=3,
    )


def _answers(address: Address) -> bool:
    """Whether the server takes a query; the port is tried first, since the client's failures are slow and loud."""
    try:
        socket.create_connection((address.host, address.tcp_port), timeout=1).close()
        with _client(address) as client:
            client.execute("SELECT 1")
    except (Error, OSError, EOFError):
        return False
    return True
