"""Backups that ClickHouse makes, in directories and on disks of a server; on real ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from deploy.cli.backing_up import VERSION, backup, restore
from deploy.settings import Settings, load_settings
from processors.errors import Conflict, InvalidInput
from processors.programs.commands import Join
from processors.programs.events import NewEvent
from storage.backups import Backups, Place
from storage.backups_directory import BackupDirectory
from storage.clickhouse import ClickHouseStore
from storage.embedded import Address, EmbeddedServer
from storage.embedded_config import backups_of
from storage.migrating import migrations
from storage.target import Target
from tests.acceptance.world import STREAMS, World
from tests.conftest import NewStore
from tests.copied import LINES, NOON, OFFSETS, PROGRAMS, everything, fill
from tests.stores import log_of

DISK = Place("Disk", "backups")


@contextmanager
def opened(data: Path) -> Iterator[ClickHouseStore]:
    """The store in a directory, with its server running for others to find."""
    with EmbeddedServer(data) as server:
        store = ClickHouseStore(Target.parse(server.start().url))
        store.migrate()
        server.announce()
        with closing(store):
            yield store


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ClickHouseStore, World]]:
    """A store in use, and who uses it."""
    data = tmp_path_factory.mktemp("filled") / "store"
    with opened(data) as store:
        yield data, store, fill(store)


def settings(data: Path) -> Settings:
    return load_settings(data=data).model_copy(update={"clickhouse_url": None})


def contents(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    with opened(data) as store:
        return everything(store)


def without_times(tables: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Without the version of standings: they are added up anew."""
    return tables | {"standings": [row[:-1] for row in tables["standings"]]}


def test_a_restored_store_holds_all_that_was_backed_up(
    filled: tuple[Path, ClickHouseStore, World], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, store, _ = filled
    expected = everything(store)
    assert [name for name, rows in expected.items() if not rows] == []
    backup(settings(data), str(tmp_path / "backup"), None, None)
    assert not list(backups_of(data).glob("*"))
    restore(settings(tmp_path / "new"), str(tmp_path / "backup"), None)
    assert "EventStreams keeps 7 days" in capsys.readouterr().out
    with opened(tmp_path / "new") as restored:
        assert without_times(everything(restored)) == without_times(expected)
        World(restored, NOON).read_events(LINES[900:])
        rows, _ = restored.connections.statement("SELECT sum(events) FROM analytics.activity")
        assert rows == [(len(LINES),)], "views and what is filled by inserting are there too"


def test_a_backup_on_another_holds_only_what_is_new_and_needs_the_other(
    filled: tuple[Path, ClickHouseStore, World], tmp_path: Path
) -> None:
    data, store, world = filled
    first, second = tmp_path / "backups" / "first", tmp_path / "backups" / "second"
    backup(settings(data), str(first), None, None)
    world.read_events(LINES[900:910])
    backup(settings(data), str(second), str(first), None)
    sizes = [sum(file.stat().st_size for file in one.rglob("*.bin")) for one in (first, second)]
    assert 0 < sizes[1] < sizes[0] / 4

    (tmp_path / "backups").rename(tmp_path / "moved")
    restore(settings(tmp_path / "new"), str(tmp_path / "moved" / "second"), None)
    assert without_times(contents(tmp_path / "new")) == without_times(everything(store))

    (tmp_path / "moved" / "first").rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="first: no backup of wikitally"):
        restore(settings(tmp_path / "newer"), str(tmp_path / "moved" / "second"), None)


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_backup_is_refused_by_the_name_of_the_file(
    damage: str, filled: tuple[Path, ClickHouseStore, World], tmp_path: Path
) -> None:
    data, _, _ = filled
    backup(settings(data), str(tmp_path / "backup"), None, None)
    victim = next((tmp_path / "backup" / "facts").rglob("data.bin"))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.unlink()
    if damage == "changed":
        victim.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"data\.bin: (is not what it was|cannot be read)"):
        restore(settings(tmp_path / "new"), str(tmp_path / "backup"), None)
    assert not (tmp_path / "new").exists()


def test_a_backup_that_was_broken_off_is_none(filled: tuple[Path, ClickHouseStore, World], tmp_path: Path) -> None:
    data, _, _ = filled
    backup(settings(data), str(tmp_path / "backup"), None, None)
    (tmp_path / "backup" / "backup.json").unlink()
    with pytest.raises(InvalidInput, match="no backup of wikitally, or not a whole one"):
        restore(settings(tmp_path / "new"), str(tmp_path / "backup"), None)


def test_what_is_there_already_is_not_written_over(filled: tuple[Path, ClickHouseStore, World], tmp_path: Path) -> None:
    data, _, _ = filled
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "letter").write_text("mine")
    with pytest.raises(InvalidInput, match="there is something already"):
        backup(settings(data), str(tmp_path / "backup"), None, None)
    backup(settings(data), str(tmp_path / "other"), None, None)
    shutil.rmtree(tmp_path / "backup")
    with opened(tmp_path / "used") as used:
        World(used, NOON).read_events(LINES[:5])
        before = everything(used)
    with pytest.raises(InvalidInput, match=r"into an empty store, and there are rows in .*facts"):
        restore(settings(tmp_path / "used"), str(tmp_path / "other"), None)
    assert contents(tmp_path / "used") == before
    with pytest.raises(InvalidInput, match="in use by process"):
        restore(settings(data), str(tmp_path / "other"), None)


def test_a_restoration_that_broke_off_leaves_no_store_and_is_repeated(
    filled: tuple[Path, ClickHouseStore, World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, store, _ = filled
    backup(settings(data), str(tmp_path / "backup"), None, None)
    bring = BackupDirectory.bring

    def broken(self: BackupDirectory, staging: Path, part: str) -> None:
        if part == "facts":
            raise KeyboardInterrupt
        bring(self, staging, part)

    monkeypatch.setattr(BackupDirectory, "bring", broken)
    with pytest.raises(KeyboardInterrupt):
        restore(settings(tmp_path / "new"), str(tmp_path / "backup"), None)
    monkeypatch.undo()
    with EmbeddedServer(tmp_path / "new") as server:
        target = Target.parse(server.start().url)
        with closing(ClickHouseStore(replace(target, database="system"))) as bare:
            names = bare.connections.statement("SELECT name FROM system.databases WHERE name LIKE 'wiki%'")[0]
    assert names == [("wikitally_restoring",)]
    restore(settings(tmp_path / "new"), str(tmp_path / "backup"), None)
    assert without_times(contents(tmp_path / "new")) == without_times(everything(store))


def test_two_backups_at_once_do_not_meet(filled: tuple[Path, ClickHouseStore, World]) -> None:
    _, store, _ = filled
    backups = Backups(store.connections, DISK)
    with backups.alone(), pytest.raises(Conflict, match="holds the lock"), backups.alone(patience=0.5):
        pass


def test_a_backup_of_a_newer_wikitally_is_refused(
    filled: tuple[Path, ClickHouseStore, World], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _, _ = filled
    backup(settings(data), str(tmp_path / "backup"), None, None)
    older = migrations()[:-1]
    monkeypatch.setattr("storage.backups.migrations", lambda: older)
    with pytest.raises(InvalidInput, match="which is newer than this one"):
        restore(settings(tmp_path / "new"), str(tmp_path / "backup"), None)


@pytest.fixture
def server(clickhouse: Address, new_store: NewStore) -> tuple[ClickHouseStore, Settings]:
    """A store on somebody's server, and the settings that name it."""
    store = new_store()
    database = store.connections.target.database
    shutil.rmtree(backups_of(Path(clickhouse_directory(store))), ignore_errors=True)
    url = clickhouse.url.replace("/wikitally", f"/{database}")
    return store, load_settings().model_copy(update={"clickhouse_url": SecretStr(url)})


def clickhouse_directory(store: ClickHouseStore) -> str:
    ((path,),) = store.connections.statement("SELECT path FROM system.disks WHERE name = 'backups'")[0]
    return str(Path(path).parents[1])


def test_a_server_backs_up_to_a_disk_of_its_own(server: tuple[ClickHouseStore, Settings]) -> None:
    store, where = server
    world = fill(store)
    backup(where, "monday", None, DISK)
    world.read_events(LINES[900:910])
    backup(where, "tuesday", "monday", DISK)
    expected = everything(store)
    with pytest.raises(InvalidInput, match="into an empty store"):
        restore(where, "tuesday", DISK)
    store.connections.command(f"DROP DATABASE {store.connections.target.database} SYNC")
    store.close()
    restore(where, "tuesday", DISK)
    assert without_times(everything(store)) == without_times(expected)


def test_what_a_server_does_not_know_is_said(server: tuple[ClickHouseStore, Settings]) -> None:
    store, where = server
    with pytest.raises(InvalidInput, match="say --disk NAME or --s3 COLLECTION"):
        backup(where, "monday", None, None)
    with pytest.raises(InvalidInput, match="nowhere"):
        backup(where, "monday", None, Place("Disk", "nowhere"))
    with pytest.raises(InvalidInput, match="nothing"):
        backup(where, "monday", None, Place("S3", "nothing"))
    with pytest.raises(InvalidInput, match="sunday: no backup of that name was made of this store"):
        backup(where, "monday", "sunday", DISK)
    with pytest.raises(InvalidInput, match=r"sunday.* not found"):
        restore(where, "sunday", DISK)
    assert everything(store)


def test_sums_of_what_was_counted_while_the_backup_was_made_are_right(server: tuple[ClickHouseStore, Settings]) -> None:
    """A batch that comes between the standings and the books is in the books of the backup, and comes again."""
    store, where = server
    world = World(store, NOON)
    world.apply(PROGRAMS)

    def count(part: str) -> None:
        if part == "standings":
            world.read_events(LINES[:200])

    Backups(store.connections, DISK).make("monday", VERSION, taken=count)
    expected = sums(store)
    store.connections.command(f"DROP DATABASE {store.connections.target.database} SYNC")
    store.close()
    restore(where, "monday", DISK)
    World(store, world.now).read_events(LINES[:200])
    assert sums(store) == expected != []


def sums(store: ClickHouseStore) -> list[tuple[object, ...]]:
    return store.connections.statement("SELECT * EXCEPT (version) FROM standings FINAL WHERE edits > 0 ORDER BY ALL")[0]


def test_a_backup_of_a_store_that_never_stands_still_is_one_to_go_on_from(new_store: NewStore, tmp_path: Path) -> None:
    """After every table another batch is counted and a participant joins: the restored store is behind, not wrong."""
    store, undisturbed = new_store(), new_store()
    world = World(store, NOON)
    world.apply(PROGRAMS)
    lines = iter([LINES[start : start + 20] for start in range(0, len(LINES), 20)])
    world.read_events(next(lines))
    joined = iter(sorted({"Chén Xiǎomíng", "Dora", "Emil", "Fatou", "Gil", "Hana", "Ivo", "Jo", "Kim", "Lee", "Mia"}))

    def disturb(part: str) -> None:
        world.read_events(next(lines))
        if name := next(joined, ""):
            world.decide(Join("enrolled", name, since=NOON.replace(hour=0)))

    backups = Backups(store.connections, DISK)
    ident = store.connections.target.database
    backups.make(ident, VERSION, taken=disturb)
    before = store.checkpoint(STREAMS)
    store.connections.command(f"DROP DATABASE {store.connections.target.database} SYNC")
    store.close()
    backups.restore(ident)
    store.migrate()

    checkpoint = store.checkpoint(STREAMS)
    assert checkpoint is not None
    assert checkpoint != before, "nothing happened meanwhile"
    (reached,) = checkpoint.reached.values()
    World(store, world.now).read_events(LINES[OFFSETS.index(reached.offset) + 1 :])

    expected = World(undisturbed, NOON)
    events = log_of(store).read()
    log_of(undisturbed).append(
        [
            NewEvent(
                event_id=one.event_id,
                program=one.program,
                version=one.version,
                recorded_at=one.recorded_at,
                actor=one.actor,
                reason=one.reason,
                change=one.change,
            )
            for one in events
        ],
        after=0,
    )
    expected.worker.catch_up()
    expected.read_events(LINES)
    for table, but in (("contributions", "version"), ("standings", "version"), ("facts", "received_at")):
        sql = f"SELECT * EXCEPT ({but}) FROM {table} FINAL ORDER BY ALL"
        ours, theirs = (one.connections.statement(sql)[0] for one in (store, undisturbed))
        assert [row for row in ours if row not in theirs] == [row for row in theirs if row not in ours] == [], table
