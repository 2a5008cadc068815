"""What organisers decide over HTTP. Every route wants a bearer token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from api.auth import Refusal, reach
from api.models import ProblemAnswer
from api.participant_routes import add_participants
from api.program_bodies import ProgramRoute, etag, read_definition, read_definitions, read_version
from api.program_models import (
    CarriedAnswer,
    CloneBody,
    ExclusionBody,
    FreezeBody,
    HistoryAnswer,
    MergeBody,
    PreviewsAnswer,
    ReasonBody,
)
from api.program_office import Office, making
from api.program_render import carried_json, preview_json, told_json
from processors.ports.programs import Desk
from processors.programs.commands import (
    Apply,
    Clone,
    Delete,
    Exclude,
    Freeze,
    Merge,
    Restore,
)
from processors.programs.definitions import Written, dump_programs
from processors.programs.history import tell
from processors.programs.names import read_slug
from processors.programs.program import ExcludedPage, ExcludedRevision, ExcludedUser, Page
from processors.programs.tokens import Act, Token

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemAnswer, "description": description}
    for status, description in {
        401: "no token, or one that is good for nothing",
        403: "the token does not allow it; the program is private",
        404: "no such program",
        409: "it cannot be as things are; or it is to be confirmed",
        422: "the input breaks a rule",
        503: "the store is away; try again",
    }.items()
}
Confirm = Annotated[bool, Query(description="it is meant, although contributions go or nothing can count")]


def router(desk: Desk) -> APIRouter:
    """All routes over a desk."""
    api = APIRouter(prefix="/api/v1/programs", tags=["organising"], route_class=ProgramRoute, responses=_PROBLEMS)
    office = Office(desk)
    _definitions(api, office)
    _becoming(api, office)
    add_participants(api, office)
    return api


def _definitions(api: APIRouter, office: Office) -> None:
    @api.post(
        "",
        status_code=201,
        response_model=CarriedAnswer | PreviewsAnswer,
        responses={200: {"model": PreviewsAnswer, "description": "with ?preview=true"}},
    )
    async def make(
        request: Request,
        response: Response,
        token: Token = office.token,
        preview: Annotated[bool, Query(description="only say what would count")] = False,
        confirm: Confirm = False,
    ) -> Any:
        """Make the programs of the body (YAML or JSON); all or none. What was already read counts for them."""
        written = await read_definitions(request)
        check = making(token, written)
        check(await office.desk.states())
        if preview:
            return await _shown(office, written, response)
        await office.meant(written, confirm)
        commands = [Apply(one.program, one.version) for one in written]
        carried = await office.desk.carry_out(commands, actor=token.name, allowed=check)
        slugs = [one.program.slug for one in written]
        response.headers.update({"Location": f"/api/v1/programs/{slugs[0]}", **etag(carried.states[slugs[0]].version)})
        return await office.answer(carried_json(carried, slugs))

    @api.put("/{slug}", response_model=CarriedAnswer, responses={412: _PROBLEMS[409], 428: _PROBLEMS[422]})
    async def change(
        slug: str,
        request: Request,
        response: Response,
        token: Token = office.token,
        confirm: Confirm = False,
    ) -> Any:
        """Let a program be as the body has it, made from the version that If-Match names."""
        reach(await office.desk.states(), slug, token, Act.ORGANISE)
        version = read_version(request)
        written = await read_definition(request, slug)
        if written.version not in (None, version):
            raise Refusal(422, "other_version", f"The body says version {written.version}, and If-Match {version}.")
        written = Written(written.program, version)
        await office.meant([written], confirm)
        carried, answer = await office.decide(token, [slug], Apply(written.program, version))
        response.headers.update(etag(carried.states[slug].version))
        return answer

    @api.post("/{slug}/preview", response_model=PreviewsAnswer)
    async def preview(slug: str, request: Request, response: Response, token: Token = office.token) -> Any:
        """What the numbers would be, were the program as the body has it. Nothing is applied."""
        reach(await office.desk.states(), slug, token, Act.ORGANISE)
        return await _shown(office, [await read_definition(request, slug)], response)

    @api.get("/{slug}/definition", response_class=PlainTextResponse)
    async def definition(slug: str, token: Token = office.token) -> PlainTextResponse:
        """The program as YAML; its ETag is what If-Match wants."""
        state = reach(await office.desk.states(), slug, token, Act.ORGANISE)
        text = dump_programs([state.program], {slug: state.version})
        return PlainTextResponse(text, headers=etag(state.version), media_type="application/yaml")

    @api.get("/{slug}/history", response_model=HistoryAnswer)
    async def history(slug: str, token: Token = office.token) -> Any:
        """All that was decided, in sentences."""
        reach(await office.desk.states(), slug, token, Act.ORGANISE)
        told = [told_json(one) for one in tell(await office.desk.events(slug))]
        return await office.answer({"program": slug, "events": told})


async def _shown(office: Office, written: Sequence[Written], response: Response) -> dict[str, Any]:
    previews = await office.previews(written)
    response.status_code = 200
    return await office.answer({"previews": [preview_json(one) for one in previews]})


def _becoming(api: APIRouter, office: Office) -> None:
    @api.delete("/{slug}", response_model=CarriedAnswer)
    async def delete(
        slug: str, token: Token = office.token, reason: Annotated[str, Query(max_length=1000)] = ""
    ) -> Any:
        """Let it be gone until it is restored. Nothing of it is lost."""
        return (await office.decide(token, [slug], Delete(slug, reason)))[1]

    @api.post("/{slug}/restore", response_model=CarriedAnswer)
    async def restore(slug: str, token: Token = office.token, body: ReasonBody | None = None) -> Any:
        """Bring it back after it was deleted or merged."""
        return (await office.decide(token, [slug], Restore(slug, body.reason if body else "")))[1]

    @api.post("/{slug}/merge", response_model=CarriedAnswer)
    async def merge(slug: str, body: MergeBody, token: Token = office.token) -> Any:
        """Put its participants into another program, and let it end there."""
        return (await office.decide(token, [slug, body.into], Merge(slug, body.into, body.reason)))[1]

    @api.post("/{slug}/clone", status_code=201, response_model=CarriedAnswer)
    async def clone(slug: str, body: CloneBody, response: Response, token: Token = office.token) -> Any:
        """Make a program that is as this one but for some keys."""
        new, command = read_slug(body.slug), Clone(slug, body.slug, body.changes)
        reach(await office.desk.states(), slug, token, Act.ORGANISE)
        made = (await office.desk.would_change([command])).states[new].program
        check = making(token, [Written(made)])
        check(await office.desk.states())
        carried = await office.desk.carry_out([command], actor=token.name, allowed=check)
        response.headers.update({"Location": f"/api/v1/programs/{new}", **etag(carried.states[new].version)})
        return await office.answer(carried_json(carried, [new]))

    @api.post("/{slug}/freeze", response_model=CarriedAnswer)
    async def freeze(slug: str, body: FreezeBody, token: Token = office.token) -> Any:
        """Declare the numbers as of a time a result that stays as it is."""
        command = Freeze(slug, body.name, body.as_of or datetime.now(UTC), body.reason)
        return (await office.decide(token, [slug], command))[1]

    @api.post("/{slug}/exclusions", response_model=CarriedAnswer)
    async def exclude(slug: str, body: ExclusionBody, token: Token = office.token) -> Any:
        """Let a user, a page or a revision count no more, or again."""
        return (await office.decide(token, [slug], Exclude(slug, _excluded(body), body.excluded)))[1]


def _excluded(body: ExclusionBody) -> ExcludedUser | ExcludedPage | ExcludedRevision:
    if body.user is not None:
        return ExcludedUser(body.user, body.reason)
    if body.page is not None:
        return ExcludedPage(Page(body.page, body.wiki), body.reason)
    return ExcludedRevision(body.wiki, body.rev_id or 0, body.reason)
