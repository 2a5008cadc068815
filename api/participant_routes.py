"""Who takes part, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request

from api.auth import Refusal, reach
from api.program_bodies import read_text
from api.program_models import CarriedAnswer, EnrolledAnswer, JoinBody, ParticipantBody
from api.program_office import Office
from api.program_render import enrolment_json
from processors.programs.commands import Command, Enrol, HideName, Join, Leave, SetTeam
from processors.programs.enrolling import receipts
from processors.programs.texts import parse_roster
from processors.programs.tokens import Act, Token, may


def add_participants(api: APIRouter, office: Office) -> None:
    @api.post("/{slug}/participants", status_code=201, response_model=EnrolledAnswer)
    async def join(slug: str, body: JoinBody, token: Token = office.token) -> Any:
        """Enrol somebody. Who only has an invitation enrols as they themselves would: until the end, from the start."""
        program = reach(await office.desk.states(), slug, token, Act.JOIN).program
        own = not may(token, Act.ORGANISE, program)
        if own and body.since is not None:
            raise Refusal(403, "not_allowed", "Only organisers decide from when on somebody counts.")
        command = Join(slug, body.user, body.team, body.since, own=own, invited=own)
        carried, answer = await office.decide(token, [slug], command, act=Act.JOIN)
        enrolled = receipts(carried.states[slug], [body.user], carried.events)
        return answer | {"enrolments": [enrolment_json(one) for one in enrolled]}

    @api.post("/{slug}/roster", status_code=201, response_model=EnrolledAnswer)
    async def enrol(slug: str, request: Request, token: Token = office.token) -> Any:
        """Enrol all users of the body: one a line, CSV with user, team and joined, or wikitext. All or none."""
        program = reach(await office.desk.states(), slug, token, Act.ORGANISE).program
        roster = parse_roster(await read_text(request), ZoneInfo(program.timezone))
        carried, answer = await office.decide(token, [slug], Enrol(slug, roster))
        enrolled = receipts(carried.states[slug], [one.user for one in roster.entries], carried.events)
        return answer | {"enrolments": [enrolment_json(one) for one in enrolled]}

    @api.patch("/{slug}/participants/{user}", response_model=CarriedAnswer)
    async def alter(slug: str, user: str, body: ParticipantBody, token: Token = office.token) -> Any:
        """Set somebody's team, hide their name or show it."""
        commands: list[Command] = []
        if body.team is not None:
            commands.append(SetTeam(slug, user, body.team))
        if body.hidden is not None:
            commands.append(HideName(slug, user, body.hidden))
        return (await office.decide(token, [slug], *commands))[1]

    @api.delete("/{slug}/participants/{user}", response_model=CarriedAnswer)
    async def leave(
        slug: str,
        user: str,
        token: Token = office.token,
        at: Annotated[datetime | None, Query(description="with an offset; without: as if never enrolled")] = None,
        reason: Annotated[str, Query(max_length=1000)] = "",
    ) -> Any:
        """Let somebody take part no more."""
        if at is not None and at.tzinfo is None:
            raise Refusal(422, "refused", "at: say the offset too, such as 2026-11-08T15:00Z")
        return (await office.decide(token, [slug], Leave(slug, user, at, reason)))[1]
