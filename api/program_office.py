"""What all routes of organisers have in common: who may, what is asked back, what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Depends

from api.auth import Access, Refusal, reach, require
from api.program_render import carried_json, preview_json
from api.render import freshness_json
from processors.judging.preview import Preview
from processors.ports.programs import Carried, Desk, States
from processors.programs.commands import Apply, Command
from processors.programs.definitions import Written
from processors.programs.tokens import Act, Token


class Office:
    """What the routes have in common."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.token = Depends(Access(desk).token)

    async def decide(
        self, token: Token, slugs: Sequence[str], *commands: Command, act: Act = Act.ORGANISE
    ) -> tuple[Carried, dict[str, Any]]:
        """Carry out what the token allows with all of these programs; return it with the answer."""
        carried = await self.desk.carry_out(commands, actor=token.name, allowed=reaching(token, slugs, act))
        return carried, await self.answer(carried_json(carried, slugs))

    async def answer(self, members: dict[str, Any]) -> dict[str, Any]:
        """With its freshness."""
        return members | freshness_json(await self.desk.freshness())

    async def previews(self, written: Sequence[Written]) -> list[Preview]:
        """What the programs would be, each with all that events said of it."""
        would = await self.desk.would_change([Apply(one.program, one.version) for one in written])
        return [await self.desk.preview(would.states[one.program.slug].program) for one in written]

    async def meant(self, written: Sequence[Written], confirmed: bool) -> None:
        """Ask back where contributions would go.

        Raises:
            Refusal: it is to be confirmed; the answer has the previews.
        """
        previews = [] if confirmed else await self.previews(written)
        if any(one.needs_confirmation for one in previews):
            shown = {"previews": [preview_json(one) for one in previews]}
            detail = "Contributions go, or nothing can count. Send it again with ?confirm=true if it is meant."
            raise Refusal(409, "confirmation_needed", detail, more=shown)


def reaching(token: Token, slugs: Sequence[str], act: Act) -> Callable[[States], None]:
    def check(states: States) -> None:
        for slug in slugs:
            reach(states, slug, token, act)

    return check


def making(token: Token, written: Sequence[Written]) -> Callable[[States], None]:
    """Whether the token may make these programs, and there are none such."""

    def check(states: States) -> None:
        for one in written:
            require(token, Act.ORGANISE, one.program)
            if one.program.slug in states:
                slug = one.program.slug
                raise Refusal(
                    409, "exists", f"There is a program {slug} already; PUT /api/v1/programs/{slug} changes it."
                )

    return check
