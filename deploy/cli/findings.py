"""What `wikitally doctor` finds, one thing at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    state: State
    what: str
    detail: str
    """In words, with what to do about it."""
    rows: Sequence[Mapping[str, Any]] = ()
    """The same one by one, for machines."""

    def as_json(self) -> Mapping[str, Any]:
        said = {"state": self.state, "what": self.what, "detail": self.detail}
        return said | ({"rows": list(self.rows)} if self.rows else {})
