"""A backup as a directory of one's own: taken from where the embedded server may write, and brought there again.

In it are the parts of the backup, and last of all `backup.json`: what it is, and the SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from processors.errors import InvalidInput
from storage.backups import Base, Manifest

_FILE = "backup.json"
_METADATA = ".backup"
"""Of a part, the list of its files with their hashes: all that one that adds to it needs."""


class _Contents(BaseModel):
    """What `backup.json` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    id: str
    base: str
    """Where the backup is that this one adds to, from the directory of this one; empty: none."""
    began_at: datetime
    wikitally: str
    clickhouse: str
    tables: tuple[str, ...]
    files: dict[str, str]


class BackupDirectory:
    """A backup that was made."""

    def __init__(self, directory: Path) -> None:
        """Read what it is.

        Raises:
            InvalidInput: it is no backup, or not a whole one.
        """
        self.directory = directory.absolute()
        try:
            self.contents = _Contents.model_validate_json((directory / _FILE).read_bytes())
        except (OSError, ValidationError) as error:
            why = error.strerror if isinstance(error, OSError) else "not written by wikitally"
            raise InvalidInput(f"{directory}: no backup of wikitally, or not a whole one ({_FILE}: {why})") from error
        if self.contents.format != 1:
            raise InvalidInput(f"{directory}: a backup of a newer wikitally ({self.contents.wikitally})")

    @property
    def base(self) -> BackupDirectory | None:
        """The backup that it adds to.

        Raises:
            InvalidInput: it is not where it was.
        """
        return BackupDirectory(self.directory / self.contents.base) if self.contents.base else None

    def chain(self) -> list[BackupDirectory]:
        """It and all that it adds to."""
        base = self.base
        return [self, *(base.chain() if base else [])]

    def as_base(self) -> Base:
        """For one that adds to it."""
        return Base(self.contents.id, self.contents.tables)

    def check(self) -> None:
        """Read every file.

        Raises:
            InvalidInput: one is missing or is not what it was.
        """
        for name, digest in self.contents.files.items():
            try:
                if _sha256(self.directory / name) == digest:
                    continue
                why = "is not what it was: its SHA-256 is another"
            except OSError as error:
                why = f"cannot be read ({error.strerror})"
            raise InvalidInput(f"{self.directory / name}: {why}")

    def bring_metadata(self, staging: Path) -> None:
        """Let the server see what there is, so that it is not written again."""
        for one in self.chain():
            for part in one.contents.tables:
                _bring(one.directory / part / _METADATA, staging / one.contents.id / part / _METADATA)

    def bring(self, staging: Path, part: str) -> None:
        """Let the server read a part, and that of all backups below."""
        for one in self.chain():
            for file in sorted((one.directory / part).rglob("*")):
                if file.is_file():
                    _bring(file, staging / one.contents.id / file.relative_to(one.directory))

    def send_back(self, staging: Path, part: str) -> None:
        """The server has read it."""
        for one in self.chain():
            shutil.rmtree(staging / one.contents.id / part, ignore_errors=True)


class NewDirectory:
    """A backup in the making: it gets its name when it is whole."""

    def __init__(self, directory: Path, base: BackupDirectory | None) -> None:
        """Make sure of the place.

        Raises:
            InvalidInput: there is something already, or it cannot be written.
        """
        self._directory = directory.absolute()
        self._half = self._directory.with_name(f"{self._directory.name}.half")
        self._base = base
        self._files: dict[str, str] = {}
        try:
            if self._directory.exists() and (not self._directory.is_dir() or any(self._directory.iterdir())):
                raise InvalidInput(f"{directory}: there is something already; name a new directory")
            shutil.rmtree(self._half, ignore_errors=True)
            self._half.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise InvalidInput(f"{directory}: cannot be written ({error.strerror})") from error

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum((self._directory / name).stat().st_size for name in self._files)

    def take(self, staging: Path, ident: str, part: str) -> None:
        """Take a part that the server has written."""
        try:
            shutil.move(staging / ident / part, self._half / part)
            for file in sorted((self._half / part).rglob("*")):
                if file.is_file():
                    self._files[str(file.relative_to(self._half))] = _sha256(file)
        except OSError as error:
            raise InvalidInput(f"{self._directory}: cannot be written ({error.strerror})") from error

    def finish(self, manifest: Manifest) -> None:
        """Write down what it is, and give it its name."""
        base = os.path.relpath(self._base.directory, self._directory) if self._base else ""
        contents = _Contents(
            id=manifest.id,
            base=base,
            began_at=manifest.began_at,
            wikitally=manifest.wikitally,
            clickhouse=manifest.clickhouse,
            tables=manifest.tables,
            files=self._files,
        )
        file = self._half / _FILE
        file.write_text(contents.model_dump_json(indent=1), encoding="utf-8")
        os.sync()
        with suppress(FileNotFoundError):
            self._directory.rmdir()
        self._half.rename(self._directory)


def _bring(file: Path, to: Path) -> None:
    """A file beside the server's own: the same one where that can be, else a copy."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, to)
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(file, to)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
