"""The operator's rules for deletion tags: a file that may be changed while wikitally runs."""

from __future__ import annotations

from pathlib import Path

import structlog

from processors.alerts.rules import AlertRules
from processors.alerts.rules_data import read_overrides, shipped_rules
from processors.errors import InvalidInput

_log = structlog.get_logger()

_Stamp = tuple[int, int, int]
"""Inode, time of the last change, size: what tells that a file is another one now."""


class RulesFile:
    """The shipped rules with an operator's changes (`WIKITALLY_ALERT_RULES`). Ask once per batch: it looks at the file.

    Raises:
        InvalidInput: at first, the file is not there or breaks a rule. Later on the former rules stay.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._shipped = shipped_rules()
        self._rules = self._shipped
        self._stamp: _Stamp | None = None
        if path is not None:
            try:
                self._read(path, _stamp(path))
            except OSError as error:
                raise InvalidInput(f"WIKITALLY_ALERT_RULES: {error.filename}: {error.strerror}") from error

    @property
    def rules(self) -> AlertRules:
        """The same object until the file changes."""
        if self._path is not None:
            try:
                stamp = _stamp(self._path)
                if stamp != self._stamp:
                    self._stamp = stamp
                    self._read(self._path, stamp)
                    _log.info("alert rules read again", file=str(self._path))
            except (OSError, InvalidInput) as error:
                self._complain(error)
        return self._rules

    def _read(self, path: Path, stamp: _Stamp) -> None:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidInput(f"{path}: is not text in UTF-8") from error
        self._rules = self._shipped.merged(read_overrides(text, source=str(path)))
        self._stamp = stamp

    def _complain(self, error: Exception) -> None:
        """Once for each state of the file."""
        if isinstance(error, OSError):
            if self._stamp is None:
                return
            self._stamp = None
        _log.warning("alert rules not read; the former ones stay", file=str(self._path), error=str(error))


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
