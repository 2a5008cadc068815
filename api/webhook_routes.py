"""Webhooks of a program over HTTP. Every route wants a token that is good for deciding about the program."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from api.auth import Access, Refusal, reach
from api.models import ProblemAnswer
from api.program_bodies import ProgramRoute
from api.render import freshness_json
from api.webhook_models import (
    AddedAnswer,
    PingAnswer,
    ReplayBody,
    ReplayedAnswer,
    SecretAnswer,
    WebhookBody,
    WebhookLogAnswer,
    WebhooksAnswer,
)
from api.webhook_render import attempt_json, outcome_json, webhook_json
from processors.ports.programs import Desk
from processors.ports.webhooks import Figures, Wanted, WebhookDesk
from processors.programs.tokens import Act, Token

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemAnswer} for status in (401, 403, 404, 409, 422, 503)
}
_ONE = "/{slug}/webhooks/{webhook}"


def router(desk: Desk, webhooks: WebhookDesk) -> APIRouter:
    """All routes."""
    api = APIRouter(prefix="/api/v1/programs", tags=["webhooks"], route_class=ProgramRoute, responses=_PROBLEMS)
    shown = Depends(Access(desk).token)

    async def organising(slug: str, token: Token = shown) -> Token:
        reach(await desk.states(), slug, token, Act.ORGANISE)
        return token

    organiser = Depends(organising)

    async def known(slug: str, webhook: str, token: Token = organiser) -> str:
        """The webhook's id, if it is one of the program."""
        if not any(one.id == webhook and one.program == slug for one, _ in await webhooks.all()):
            raise Refusal(404, "no_such_webhook", f"{slug} has no webhook {webhook!r}.")
        return webhook

    _whole(api, desk, webhooks, organiser)
    _single(api, desk, webhooks, Depends(known))
    return api


def _whole(api: APIRouter, desk: Desk, webhooks: WebhookDesk, organiser: Any) -> None:
    @api.get("/{slug}/webhooks", response_model=WebhooksAnswer, dependencies=[organiser])
    async def all_of_a_program(slug: str) -> Any:
        """The program's webhooks and how they go."""
        found = [webhook_json(one, figures) for one, figures in await webhooks.all() if one.program == slug]
        return {"webhooks": found, **freshness_json(await desk.freshness())}

    @api.post("/{slug}/webhooks", status_code=201, response_model=AddedAnswer)
    async def add(slug: str, body: WebhookBody, token: Token = organiser) -> Any:
        """Let an endpoint be told of the program's alerts. The answer has the secret, this once."""
        wanted = Wanted(body.url, slug, kinds=frozenset(body.kinds), format=body.format)
        made, secret = await webhooks.add(wanted, by=token.name)
        return {**webhook_json(made, Figures()), "secret": secret}


def _single(api: APIRouter, desk: Desk, webhooks: WebhookDesk, known: Any) -> None:
    async def remove(webhook: str = known) -> None:
        """End it."""
        await webhooks.remove(webhook)

    async def rotate(webhook: str = known) -> Any:
        """Give it another secret; the one before signs too for a day."""
        return {"id": webhook, "secret": await webhooks.rotate(webhook)}

    async def ping(webhook: str = known) -> Any:
        """Send a test now, and tell what became of it."""
        return outcome_json(await webhooks.ping(webhook))

    async def replay(webhook: str = known, body: ReplayBody | None = None) -> Any:
        """Send dead letters again."""
        return {"replayed": await webhooks.replay(webhook, body.messages if body else ())}

    async def log(webhook: str = known, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Any:
        """The newest attempts."""
        found = [attempt_json(one) for one in await webhooks.log(webhook, limit)]
        return {"attempts": found, **freshness_json(await desk.freshness())}

    api.add_api_route(_ONE, remove, methods=["DELETE"], status_code=204)
    api.add_api_route(f"{_ONE}/rotate", rotate, methods=["POST"], response_model=SecretAnswer)
    api.add_api_route(f"{_ONE}/ping", ping, methods=["POST"], response_model=PingAnswer)
    api.add_api_route(f"{_ONE}/replay", replay, methods=["POST"], response_model=ReplayedAnswer)
    api.add_api_route(f"{_ONE}/log", log, methods=["GET"], response_model=WebhookLogAnswer)
