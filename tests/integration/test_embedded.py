"""The embedded ClickHouse: started, killed, confined, and owned by one."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import Error

from processors.errors import InvalidInput, StoreUnavailable
from storage import landlock
from storage.embedded import Address, EmbeddedServer, attach
from storage.target import Target
from tests.needs import missing

ROOT = Path(__file__).parents[2]


def client(address: Address, *, operator: bool = False, user: str | None = None) -> Client:
    target = Target.parse(address.operator_url if operator else address.url)
    return Client(
        target.host,
        port=target.port,
        user=user or target.user,
        password="" if user else target.password,
        database="" if user else "default",
        connect_timeout=3,
    )


def gone(pid: int, seconds: float = 20) -> bool:
    """Whether a process ends within so long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as running:
        address = running.start()
        with client(address) as writer:
            writer.execute("CREATE DATABASE wikitally")
            writer.execute("CREATE TABLE wikitally.t (x UInt32) ENGINE = MergeTree ORDER BY x")
            writer.execute("INSERT INTO wikitally.t SELECT number FROM numbers(10)")
            writer.execute("CREATE TABLE default.secret (x UInt32) ENGINE = MergeTree ORDER BY x")
        running.announce()
        yield running


@pytest.fixture
def address(server: EmbeddedServer) -> Address:
    return server.start()


def test_it_is_a_modern_clickhouse_on_loopback(server: EmbeddedServer, address: Address) -> None:
    with client(address) as writer:
        ((version,),) = writer.execute("SELECT version()")
    assert version.startswith("26.")
    assert server.alive
    listening = Path(f"/proc/{server.pid}/net/tcp").read_text()
    assert f"0100007F:{address.tcp_port:04X}" in listening
    assert f"00000000:{address.tcp_port:04X}" not in listening


def test_an_address_does_not_show_its_passwords(address: Address) -> None:
    assert address.writer_password not in repr(address)
    assert address.operator_password not in repr(address)
    assert address.analyst_password not in repr(address)


def test_private_files_are_private(server: EmbeddedServer) -> None:
    for name in ("credentials.json", "address.json", "owner.lock"):
        assert stat.S_IMODE((server.directory / name).stat().st_mode) == 0o600, name
    users = (server.directory / "conf" / "users.xml").read_text()
    for password in json.loads((server.directory / "credentials.json").read_text()).values():
        assert password not in users


def test_data_outlives_a_stop(tmp_path: Path) -> None:
    for start in range(2):
        with EmbeddedServer(tmp_path) as server, client(server.start()) as writer:
            if start == 0:
                writer.execute("CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x")
                writer.execute("INSERT INTO t VALUES", [(1,), (2,)])
            assert writer.execute("SELECT sum(x) FROM t") == [(3,)]


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    """SIGKILL in the middle of inserts; the restart is on the same ports."""
    with EmbeddedServer(tmp_path) as server:
        address = server.start()
        with client(address) as writer:
            writer.execute("CREATE TABLE t (x UInt32) ENGINE = MergeTree ORDER BY x")
            acknowledged = 0
            killer = threading.Timer(0.3, os.kill, (server.pid, signal.SIGKILL))
            killer.start()
            try:
                while True:
                    writer.execute("INSERT INTO t VALUES", [(acknowledged,)])
                    acknowledged += 1
            except (Error, OSError, EOFError):
                pass
            killer.join()
        assert gone(server.pid)
        while server.alive:  # its last threads
            time.sleep(0.01)
        assert server.ensure_running()
        assert not server.ensure_running(), "it runs already"
        assert server.start() == address
        with client(address) as writer:
            ((count,),) = writer.execute("SELECT count() FROM t")
        assert acknowledged <= count <= acknowledged + 1
        assert acknowledged > 0


def test_the_address_stays_for_the_life_of_the_object(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        address = server.start()
        server.stop()
        assert server.start() == address, "after a stop"
        os.kill(server.pid, signal.SIGKILL)
        while server.alive:
            time.sleep(0.01)
        assert server.start() == address, "after a crash"
        gc.collect()  # what the crashed child left open would warn here


def test_lost_passwords_are_made_anew(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as server:
        old = server.start()
    (tmp_path / "credentials.json").write_text("")
    with EmbeddedServer(tmp_path) as server, client(server.start()) as writer:
        assert writer.execute("SELECT 1") == [(1,)]
        assert server.start().writer_password != old.writer_password


def test_a_missing_engine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chdb", None)
    with EmbeddedServer(tmp_path) as server, pytest.raises(InvalidInput, match="chdb-core"):
        server.start()


def test_ports_can_be_chosen_and_a_taken_one_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with EmbeddedServer(tmp_path, tcp_port=port, http_port=port) as server:
            with pytest.raises(StoreUnavailable, match=r"(?s)ClickHouse on .*(Address already in use|does not answer)"):
                server.start()
            assert not server.alive
    with EmbeddedServer(tmp_path, tcp_port=port) as server:
        assert server.start().tcp_port == port


OWNER = """\
import sys, time
from pathlib import Path
from storage.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
server.announce()
print(server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def other_owner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """Another process that owns a server: (process, pid of its ClickHouse, directory)."""
    directory = tmp_path / "owned"
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(directory)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "SECRET_OF_OURS": "hunter2"},
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    yield process, pid, directory
    process.kill()
    process.wait()
    process.stdout.close()
    assert gone(pid)


def test_a_second_owner_is_refused_by_name(other_owner: tuple[subprocess.Popen[str], int, Path]) -> None:
    process, _, directory = other_owner
    with EmbeddedServer(directory) as second, pytest.raises(InvalidInput) as caught:
        second.start()
    assert str(directory) in str(caught.value)
    assert str(process.pid) in str(caught.value)
    assert attach(directory) is not None, "the first one lost its address"


def test_others_find_a_running_server(other_owner: tuple[subprocess.Popen[str], int, Path]) -> None:
    address = attach(other_owner[2])
    assert address is not None
    with client(address) as writer:
        assert writer.execute("SELECT 1") == [(1,)]


def test_the_server_ends_with_its_owner_and_the_directory_is_free(
    other_owner: tuple[subprocess.Popen[str], int, Path],
) -> None:
    process, pid, directory = other_owner
    process.kill()
    process.wait()
    assert attach(directory) is None, "an address that is not true any more was believed"
    with EmbeddedServer(directory) as server, client(server.start()) as writer:
        assert writer.execute("SELECT 1") == [(1,)]
    assert gone(pid)


def test_a_signal_to_the_whole_group_leaves_the_server_for_the_owners_last_write(
    other_owner: tuple[subprocess.Popen[str], int, Path],
) -> None:
    _, pid, directory = other_owner
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    address = attach(directory)
    assert address is not None
    with client(address) as writer:
        assert writer.execute("SELECT 1") == [(1,)]


def test_nothing_of_our_environment_reaches_the_server(other_owner: tuple[subprocess.Popen[str], int, Path]) -> None:
    assert b"hunter2" not in Path(f"/proc/{other_owner[1]}/environ").read_bytes()


def test_nobody_owns_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert attach(tmp_path / "nowhere") is None
    (tmp_path / "file").write_text("")
    assert attach(tmp_path / "file") is None


def test_a_lock_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "owner.lock").symlink_to("owner.lock")
    with pytest.raises(InvalidInput, match=r"cannot be used as a store \(.*symbolic links"):
        attach(tmp_path)
    with EmbeddedServer(tmp_path) as server, pytest.raises(InvalidInput, match="cannot be used as a store"):
        server.start()


def test_a_glance_at_the_lock_does_not_refuse_an_owner(tmp_path: Path) -> None:
    """To look whether a directory is owned, `attach` locks it for a moment."""
    with EmbeddedServer(tmp_path) as server:
        server.start()
        server.stop()
        glance = os.open(tmp_path / "owner.lock", os.O_RDONLY)
        fcntl.flock(glance, fcntl.LOCK_SH)
        end_of_glance = threading.Timer(0.1, os.close, (glance,))
        end_of_glance.start()
        server.start()
        end_of_glance.join()


def test_a_start_that_failed_gives_the_directory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.embedded.STOP_SECONDS", 0.1)
    first = EmbeddedServer(tmp_path)
    with (tmp_path / "server.lock").open("w") as stuck:
        fcntl.flock(stuck, fcntl.LOCK_EX)
        with pytest.raises(StoreUnavailable, match="outlives its owner"):
            first.start()
    with EmbeddedServer(tmp_path) as second:
        second.start()


def test_a_server_that_is_not_announced_is_waited_for(server: EmbeddedServer, tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path) as other:
        other.start()
        with pytest.raises(StoreUnavailable, match=str(os.getpid())):
            attach(tmp_path, patience=0.2)
        other.announce()
        assert attach(tmp_path) == other.start()
    assert attach(tmp_path) is None


@pytest.mark.parametrize("name", ["with space", "ü – 山", "<&>'\"", "100%", "{x}#?", "x" * 120])
def test_a_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    with EmbeddedServer(tmp_path / name) as server, client(server.start()) as writer:
        assert writer.execute("SELECT 1") == [(1,)]


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with EmbeddedServer(file) as server, pytest.raises(InvalidInput, match="file"):
        server.start()


def test_stopping_is_possible_at_any_time(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.stop()
    server.start()
    pid = server.pid
    server.stop()
    server.stop()
    assert gone(pid, 1)
    assert not server.alive
    assert not server.ensure_running()


def test_whoever_has_the_machine_reads_our_tables(address: Address) -> None:
    with client(address, operator=True) as operator:
        assert operator.execute("SELECT count() FROM wikitally.t") == [(10,)]
        assert operator.execute("SELECT 1 SETTINGS max_execution_time = 20") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO wikitally.t SELECT 1",
        "DROP TABLE wikitally.t",
        "CREATE TABLE wikitally.u (x Int8) ENGINE = Memory",
        "SELECT * FROM default.secret",
        "SELECT * FROM system.users",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'x String')",
        "SELECT * FROM file('/etc/hostname', 'CSV', 'x String')",
        "SELECT * FROM remote('127.0.0.1:1', system.one)",
        "SET max_execution_time = 100000",
        "SET readonly = 0",
        "SET max_memory_usage = 100000000000",
        "KILL QUERY WHERE 1",
        "SYSTEM SHUTDOWN",
        "SYSTEM STOP LISTEN TCP",
    ],
)
def test_whoever_has_the_machine_may_not(address: Address, statement: str) -> None:
    with client(address, operator=True) as operator, pytest.raises(Error):
        operator.execute(statement)


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM wikitally.t", "SELECT * FROM system.users", "CREATE TABLE default.u (x Int8) ENGINE = Memory"],
)
def test_the_servers_own_user_sees_and_makes_nothing(address: Address, statement: str) -> None:
    """It has no password, which cannot be helped."""
    with client(address, user="default") as nobody, pytest.raises(Error):
        nobody.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT file('/etc/hostname')",
        "SELECT length(file('/proc/{owner}/environ'))",
        "SELECT file('{directory}/credentials.json')",
        "SELECT * FROM url('http://127.0.0.1:{other_port}/', 'LineAsString', 'x String') SETTINGS http_max_tries = 1",
    ],
)
def test_landlock_keeps_even_the_writer_inside(server: EmbeddedServer, address: Address, statement: str) -> None:
    if landlock.abi() < 4:
        missing("Landlock with network rules", "Linux 6.7 or newer has it")
    with socket.create_server(("127.0.0.1", 0)) as other, client(address) as writer:
        sql = statement.format(owner=os.getpid(), directory=server.directory, other_port=other.getsockname()[1])
        with pytest.raises(Error, match=r"(?i)permission denied|cannot open|not allowed|Operation not permitted"):
            writer.execute(sql)
