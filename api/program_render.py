"""Programs, decisions, previews and tokens as JSON: the same for the API and for `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from api.render import instant
from processors.judging.preview import Example, Half, Preview
from processors.ports.programs import Carried
from processors.programs.enrolling import Enrolment
from processors.programs.events import NewEvent, kind_of
from processors.programs.history import Told, sentence
from processors.programs.program import Participant
from processors.programs.states import ProgramState
from processors.programs.tokens import Token


def _exact(at: datetime | None) -> str | None:
    """With microseconds, as the log has them."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def event_json(event: NewEvent, sentences: Sequence[str] = ()) -> dict[str, Any]:
    """A decision and the receipt for it."""
    return {
        "event_id": event.event_id,
        "program": event.program,
        "version": event.version,
        "kind": kind_of(event.change),
        "recorded_at": _exact(event.recorded_at),
        "actor": event.actor,
        "reason": event.reason,
        "sentences": list(sentences) or [sentence(event.change)],
    }


def told_json(told: Told) -> dict[str, Any]:
    """A decision of a program's history."""
    return event_json(told.event, told.sentences)


def carried_json(carried: Carried, slugs: Iterable[str]) -> dict[str, Any]:
    """What was done, with how the programs concerned are now."""
    states = {slug: carried.states[slug] for slug in dict.fromkeys(slugs) if slug in carried.states}
    return {
        "programs": [{"slug": slug, "version": one.version, "status": str(one.status)} for slug, one in states.items()],
        "events": [event_json(event) for event in carried.events],
    }


def enrolment_json(one: Enrolment) -> dict[str, Any]:
    """A receipt."""
    return asdict(one) | {"since": instant(one.since)}


def state_json(state: ProgramState) -> dict[str, Any]:
    """A program in a list of all of them."""
    program = state.program
    return {
        "slug": program.slug,
        "title": program.title,
        "version": state.version,
        "status": str(state.status),
        "merged_into": state.merged_into,
        "start": instant(program.start),
        "end": instant(program.end),
        "wikis": list(program.wikis),
        "open": program.open,
        "visibility": str(program.visibility),
        "participants": len(program.participants),
        "campaigns": list(program.campaigns),
        "changed_at": instant(state.changed_at),
    }


def participant_json(one: Participant) -> dict[str, Any]:
    """Somebody who takes part."""
    return {
        "user": one.user,
        "team": one.team,
        "periods": [{"joined": instant(each.since), "left": instant(each.until)} for each in one.periods],
        "hidden": one.hidden,
        "pages": [asdict(page) for page in one.pages],
    }


def preview_json(preview: Preview) -> dict[str, Any]:
    """What a change would do to a program's numbers."""
    return {
        "program": preview.program,
        "now": asdict(preview.now),
        "plus": _half(preview.plus),
        "minus": _half(preview.minus),
        "warnings": list(preview.warnings),
        "notes": list(preview.notes),
        "needs_confirmation": preview.needs_confirmation,
    }


def _half(half: Half) -> dict[str, Any]:
    return {
        **asdict(half.amounts),
        "reasons": [{"verdict": verdict, "contributions": count} for verdict, count in half.reasons],
        "examples": [_example(one) for one in half.examples],
    }


def _example(one: Example) -> dict[str, Any]:
    return asdict(one) | {"occurred_at": instant(one.occurred_at)}


def token_json(token: Token, at: datetime) -> dict[str, Any]:
    """A token, without anything that could be used."""
    return {
        "name": token.name,
        "role": str(token.role),
        "programs": sorted(token.programs),
        "campaigns": sorted(token.campaigns),
        "created_at": instant(token.created_at),
        "created_by": token.created_by,
        "expires": instant(token.expires),
        "revoked_at": instant(token.revoked_at),
        "valid": token.valid(at),
    }
