"""Why something counts or not, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Query

from api.auth import Access, Seen
from api.models import ProblemAnswer
from api.render import freshness_json
from api.why_models import ExplanationAnswer, LedgerAnswer, ParticipantAnswer, SentencesAnswer
from api.why_render import explanation_json, ledger_json, participant_json, sentences_json
from processors.errors import InvalidInput
from processors.ports.why import Fresh, Reasons, Untold

_Answer = TypeVar("_Answer")
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    404: {"model": ProblemAnswer, "description": "no such program, a private one, or nothing that everybody may know"},
    422: {"model": ProblemAnswer, "description": "a parameter breaks a rule"},
    503: {"model": ProblemAnswer, "description": "the store is away; try again"},
}
_Wiki = Annotated[str | None, Query(description="server name (en.wikipedia.org) or database name (enwiki)")]
_Revision = Annotated[int | None, Query(alias="rev", ge=1, lt=2**63, description="revision of that wiki")]
MOST_LINES = 1000


def router(reasons: Reasons, access: Access) -> APIRouter:
    """Explanations of what `reasons` knows. Private programs are there for those whose token says so."""
    routes = APIRouter(prefix="/api/v1/programs/{slug}", tags=["why"], responses=_PROBLEMS)
    mine = access.seen(reasons)

    def found(seen: Seen[Reasons], answer: Fresh[_Answer] | None) -> Fresh[_Answer]:
        if answer is None:
            raise seen.missing()
        if isinstance(answer.answer, Untold):
            raise HTTPException(404, answer.answer.detail)
        return answer

    @routes.get("/rules", response_model=SentencesAnswer)
    async def rules(slug: str, seen: Seen[Reasons] = mine) -> dict[str, Any]:
        """What counts and what does not, in sentences."""
        return sentences_json(found(seen, await seen.port.rules(slug)))

    @routes.get("/quiet", response_model=SentencesAnswer)
    async def quiet(slug: str, seen: Seen[Reasons] = mine) -> dict[str, Any]:
        """Why there is little or nothing on the board, from the data."""
        return sentences_json(found(seen, await seen.port.quiet(slug)))

    @routes.get("/explain", response_model=ExplanationAnswer)
    async def explain(
        slug: str,
        wiki: Annotated[str, Query(description="server name (en.wikipedia.org) or database name (enwiki)")],
        rev_id: Annotated[int, Query(alias="rev", ge=1, lt=2**63, description="revision of that wiki")],
        seen: Seen[Reasons] = mine,
    ) -> dict[str, Any]:
        """Why an edit counts or not: every test in order, each with the data that it looked at."""
        answer = found(seen, await _asked(seen.port.revision(slug, wiki, rev_id)))
        assert not isinstance(answer.answer, Untold)
        return explanation_json(answer.answer) | freshness_json(answer.freshness)

    @routes.get("/participants/{user}", response_model=ParticipantAnswer)
    async def participant(slug: str, user: str, seen: Seen[Reasons] = mine) -> dict[str, Any]:
        """All that somebody did while the program ran, counted or not; the sums add up to the total."""
        answer = found(seen, await seen.port.participant(slug, user))
        assert not isinstance(answer.answer, Untold)
        return participant_json(answer.answer) | freshness_json(answer.freshness)

    @routes.get("/ledger", response_model=LedgerAnswer)
    async def ledger(
        slug: str,
        user: Annotated[str, Query(description="only lines of that user")] = "",
        wiki: _Wiki = None,
        rev_id: _Revision = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LINES, description="only the newest so many")] = 50,
        seen: Seen[Reasons] = mine,
    ) -> dict[str, Any]:
        """What changed in the books, newest first, each line with its cause."""
        if (wiki is None) != (rev_id is None):
            raise HTTPException(422, "wiki and rev name a revision together: give both or neither.")
        revision = (wiki, rev_id) if wiki is not None and rev_id is not None else None
        answer = found(seen, await _asked(seen.port.ledger(slug, limit, user, revision)))
        assert not isinstance(answer.answer, Untold)
        return ledger_json(answer.answer) | freshness_json(answer.freshness)

    return routes


async def _asked(answer: Any) -> Any:
    """An answer to a question that may name something that does not exist."""
    try:
        return await answer
    except InvalidInput as error:
        raise HTTPException(422, str(error)) from error
