"""What our Kafka messages about programs look like, for whoever reads them beside wikitally."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from processors.alerts.alerts import Alert, AlertState, Step
from processors.alerts.changes import AlertChange
from processors.facts.messages import Message, make_headers
from processors.judging.contributions import Contribution
from processors.judging.ledger import Change
from processors.programs.events import ProgramEvent, kind_of
from processors.programs.events import encode_change as encode_decision


@dataclass(frozen=True, slots=True)
class ContributionMessage:
    """A change of the books."""

    contribution: Contribution
    gone: bool
    """Taken out of the books."""
    before: str | None
    """The verdict until then; none: it is new."""
    cause_kind: str
    cause: str
    version: int
    """Microseconds; of what is told of a contribution the highest counts."""


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """An alert that changed: all of it, and the steps that are news."""

    alert: Alert
    state: AlertState
    news: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ProgramEventMessage:
    """Something that was decided about a program."""

    position: int
    """In the one order of all of them; without holes."""
    version: int
    """Of the program."""
    program: str
    event_id: str
    kind: str
    recorded_at: datetime
    actor: str
    reason: str
    change: str
    """JSON, as `kind` has it."""


_CONTRIBUTION, _ALERT = TypeAdapter(ContributionMessage), TypeAdapter(AlertMessage)
_PROGRAM_EVENT = TypeAdapter(ProgramEventMessage)


def encode_change(change: Change, version: int) -> Message:
    """A change of the books, ordered by its program."""
    before = None if change.before is None else str(change.before)
    body = ContributionMessage(change.entry, change.gone, before, change.cause.kind, change.cause.id, version)
    return Message(change.entry.program.encode(), _CONTRIBUTION.dump_json(body), make_headers())


def encode_alert(change: AlertChange) -> Message:
    """A change of an alert, ordered by its program."""
    body = AlertMessage(change.alert, change.alert.state, change.fresh)
    return Message(change.alert.program.encode(), _ALERT.dump_json(body), make_headers(id=change.alert.alert_id))


def encode_program_event(event: ProgramEvent) -> Message:
    """Something that was decided; all of it is in one order."""
    body = ProgramEventMessage(
        event.position,
        event.version,
        event.program,
        event.event_id,
        kind_of(event.change),
        event.recorded_at,
        event.actor,
        event.reason,
        encode_decision(event.change),
    )
    return Message(event.program.encode(), _PROGRAM_EVENT.dump_json(body), make_headers(place=str(event.position)))
