"""What organisers and participants decide, as facts: each change of a program is an event in one log.

The log is ordered by `position`; each program counts its own events by `version`. What they add up to:
`processors/programs/states.py`. What may be decided: `processors/programs/commands.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, TypeAdapter, ValidationError

from processors.errors import InvalidEvent
from processors.programs.program import Page

Instant = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


@dataclass(frozen=True, slots=True)
class Defined:
    """The program came to be."""

    definition: str
    """Canonical YAML."""
    cloned_from: str = ""
    """Slug of the program that it is a copy of."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The program was written anew."""

    definition: str
    complete: bool = True
    """It says all. Otherwise what only events have said (who joined or left, who or what is excluded) stays."""


@dataclass(frozen=True, slots=True)
class Joined:
    user: str
    team: str = ""
    """Empty: the team that they are in already."""
    since: Instant | None = None
    """None: it counts back to the first session."""
    until: Instant | None = None
    """None: until they leave."""


@dataclass(frozen=True, slots=True)
class Left:
    user: str
    at: Instant | None = None
    """None: as if they had never been enrolled."""


@dataclass(frozen=True, slots=True)
class TeamSet:
    user: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class NameHidden:
    user: str
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class PageAssigned:
    user: str
    page: Page


@dataclass(frozen=True, slots=True)
class PageUnassigned:
    user: str
    page: Page


@dataclass(frozen=True, slots=True)
class UserExcluded:
    """As every exclusion, for the event's `reason`."""

    user: str


@dataclass(frozen=True, slots=True)
class UserIncluded:
    user: str


@dataclass(frozen=True, slots=True)
class PageExcluded:
    page: Page


@dataclass(frozen=True, slots=True)
class PageIncluded:
    page: Page


@dataclass(frozen=True, slots=True)
class RevisionExcluded:
    wiki: str
    rev_id: int


@dataclass(frozen=True, slots=True)
class RevisionIncluded:
    wiki: str
    rev_id: int


@dataclass(frozen=True, slots=True)
class Merged:
    """The program goes on in another."""

    into: str


@dataclass(frozen=True, slots=True)
class Deleted:
    pass


@dataclass(frozen=True, slots=True)
class Restored:
    """It is active again, after it was deleted, expired or merged."""


@dataclass(frozen=True, slots=True)
class Expired:
    pass


@dataclass(frozen=True, slots=True)
class Frozen:
    """The numbers as of a time were declared a result."""

    name: str
    as_of: Instant


@dataclass(frozen=True, slots=True)
class AlertAcknowledged:
    """Somebody has seen an alert, as it was then."""

    alert: str
    """Its id."""


@dataclass(frozen=True, slots=True)
class AlertMuted:
    """Nobody is told any more of an alert, of a kind of them, or of those about a page: exactly one is given."""

    alert: str = ""
    """Its id."""
    kind: str = ""
    """As in `AlertKind`."""
    page: Page | None = None
    until: Instant | None = None
    """None: until somebody decides otherwise."""


@dataclass(frozen=True, slots=True)
class AlertUnmuted:
    alert: str = ""
    kind: str = ""
    page: Page | None = None


Change = (
    Defined
    | Changed
    | Joined
    | Left
    | TeamSet
    | NameHidden
    | PageAssigned
    | PageUnassigned
    | UserExcluded
    | UserIncluded
    | PageExcluded
    | PageIncluded
    | RevisionExcluded
    | RevisionIncluded
    | Merged
    | Deleted
    | Restored
    | Expired
    | Frozen
    | AlertAcknowledged
    | AlertMuted
    | AlertUnmuted
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event that has no place in the log yet."""

    event_id: str
    program: str
    """Slug."""
    version: int
    """1, 2, …: one for each event of the program."""
    recorded_at: datetime
    """When it was decided, microseconds; within a program it never goes back."""
    actor: str
    """Who decided, for people."""
    reason: str = ""
    change: Change

    def at(self, position: int) -> ProgramEvent:
        """The event in its place of the log."""
        return ProgramEvent(**{one.name: getattr(self, one.name) for one in fields(NewEvent)}, position=position)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramEvent(NewEvent):
    """An event of the log."""

    position: int
    """1, 2, …: the order of all events of all programs, without holes."""


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


KINDS: dict[str, type[Any]] = {_snake(kind.__name__): kind for kind in get_args(Change)}
"""Every kind of change by the name that it is stored under."""


def kind_of(change: Change) -> str:
    """The name of a change's kind: `page_assigned`."""
    return _snake(type(change).__name__)


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])


def encode_change(change: Change) -> str:
    """What a change says, as JSON, without its kind."""
    return _adapter(kind_of(change)).dump_json(change).decode()


def decode_change(kind: str, payload: str) -> Change:
    """The change that was encoded. Keys that are not known are ignored; those that are missing are as usual.

    Raises:
        InvalidEvent: it was written by a wikitally that knows more than this one.
    """
    if kind not in KINDS:
        raise InvalidEvent("kind", f"program event of kind {kind!r}: written by a newer wikitally")
    try:
        change: Change = _adapter(kind).validate_json(payload)
    except ValidationError as error:
        raise InvalidEvent("schema", f"program event of kind {kind!r}: {error.errors()[0]['msg']}") from error
    return change
