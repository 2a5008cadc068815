"""Alerts over HTTP: feeds for everybody, acknowledging and muting for whoever organises."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from api.alert_models import FeedAnswer, MuteBody
from api.alert_render import feed_json
from api.auth import Access, Refusal, Seen, reach
from api.models import ProblemAnswer
from api.program_bodies import ProgramRoute
from api.program_models import CarriedAnswer, ReasonBody
from api.program_office import Office
from processors.alerts.alerts import AlertKind, AlertState
from processors.facts.titles import canonical_user, namespaces_for
from processors.ports.alerts import MOST, AlertFeed, FeedFilter, Standing
from processors.ports.programs import Desk
from processors.programs.commands import Acknowledge, Mute
from processors.programs.names import read_wiki
from processors.programs.program import Page, Visibility
from processors.programs.tokens import Act, Token

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemAnswer, "description": "no such program or campaign, or a private one"},
    422: {"model": ProblemAnswer, "description": "a parameter breaks a rule"},
    503: {"model": ProblemAnswer, "description": "the store is away; try again"},
}


def _asked(
    kinds: Annotated[
        list[AlertKind], Query(alias="kind", default_factory=list, description="only these kinds; may be repeated")
    ],
    state: Annotated[
        Standing | AlertState, Query(description="live: what somebody may want to do something about; all; or a state")
    ] = Standing.LIVE,
    since: Annotated[AwareDatetime | None, Query(description="only what changed then or later")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[str, Query(max_length=400, description="`next` of an earlier answer")] = "",
) -> FeedFilter:
    return FeedFilter(frozenset(kinds), state, since, limit=limit, cursor=cursor)


_Wanted = Annotated[FeedFilter, Depends(_asked)]


def router(feeds: AlertFeed, access: Access, desk: Desk | None = None) -> APIRouter:
    """All routes. A private program's alerts are there for those whose token says so."""
    api = APIRouter(prefix="/api/v1", tags=["alerts"], route_class=ProgramRoute, responses=_PROBLEMS)
    _feeds(api, feeds, access)
    if desk is not None:
        _decisions(api, feeds, Office(desk))
    return api


def _feeds(api: APIRouter, feeds: AlertFeed, access: Access) -> None:
    mine = access.seen(feeds)

    @api.get("/programs/{slug}/alerts", response_model=FeedAnswer)
    async def of_program(
        slug: str,
        wanted: _Wanted,
        seen: Seen[AlertFeed] = mine,
    ) -> Any:
        """The alerts of a program."""
        feed = await seen.port.of_program(slug, wanted)
        if feed is None:
            raise seen.missing()
        return feed_json(feed)

    @api.get("/campaigns/{slug}/alerts", response_model=FeedAnswer)
    async def of_campaign(
        slug: str,
        wanted: _Wanted,
    ) -> Any:
        """Those of all programs of a campaign that are not private."""
        feed = await feeds.of_campaign(slug, wanted)
        if feed is None:
            raise Refusal(404, "no_such_campaign", f"There is no campaign {slug!r}.")
        return feed_json(feed)

    @api.get("/wikis/{wiki}/pages/{title:path}/alerts", response_model=FeedAnswer)
    async def of_page(
        wiki: str,
        title: str,
        wanted: _Wanted,
    ) -> Any:
        """Those of public programs about a page, by the title that it has now; `state=all` tells its whole history."""
        server = read_wiki(wiki)
        name = namespaces_for(server).canonical(title)
        return feed_json(await feeds.of_page(server, name, wanted))

    @api.get("/users/{name}/alerts", response_model=FeedAnswer)
    async def of_user(
        name: str,
        wanted: _Wanted,
    ) -> Any:
        """Those of public programs that concern somebody, but for programs in which they hide their name."""
        return feed_json(await feeds.of_user(canonical_user(name), wanted))


def _decisions(api: APIRouter, feeds: AlertFeed, office: Office) -> None:
    async def there_is(slug: str, token: Token, alert: str) -> None:
        reach(await office.desk.states(), slug, token, Act.ORGANISE)
        wanted = FeedFilter(state=Standing.ALL, ids=frozenset((alert,)), limit=1)
        feed = await feeds.to(tuple(Visibility)).of_program(slug, wanted)
        if feed is None or not feed.alerts:
            raise Refusal(404, "no_such_alert", f"{slug} has no alert {alert!r}.")

    @api.post("/programs/{slug}/alerts/{alert_id}/acknowledge", response_model=CarriedAnswer)
    async def acknowledge(slug: str, alert_id: str, token: Token = office.token, body: ReasonBody | None = None) -> Any:
        """Say that an alert was seen as it is: it is no longer live, until something happens to it."""
        await there_is(slug, token, alert_id)
        return (await office.decide(token, [slug], Acknowledge(slug, alert_id, body.reason if body else "")))[1]

    @api.post("/programs/{slug}/alerts/mute", response_model=CarriedAnswer)
    async def mute(slug: str, body: MuteBody, token: Token = office.token) -> Any:
        """Let nobody be told of an alert, of a kind of them, or of those about a page; or of them again."""
        if body.alert:
            await there_is(slug, token, body.alert)
        page = Page(body.page, body.wiki) if body.page is not None else None
        command = Mute(slug, body.alert or "", str(body.kind or ""), page, body.until, body.muted, body.reason)
        return (await office.decide(token, [slug], command))[1]
