"""Who asks, by their bearer token; and how those are refused who may not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from fastapi import Depends, HTTPException, Request

from processors.ports.programs import Desk, States
from processors.programs.program import Program, Visibility
from processors.programs.states import ProgramState
from processors.programs.tokens import Act, Token, may

EVERYBODY = (Visibility.PUBLIC, Visibility.UNLISTED)
"""What needs no token."""
_DOES = {Act.VIEW: "see", Act.JOIN: "enrol anybody in", Act.ORGANISE: "decide about"}


class Refusal(HTTPException):
    """An error with a short, stable word for machines.

    Args:
        more: further members of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code
        self.more = more or {}


def no_program(slug: str) -> Refusal:
    """The same whether there is none or it may not be known."""
    return Refusal(404, "no_such_program", f"There is no program {slug!r}.")


def _private(slug: str) -> Refusal:
    return Refusal(403, "private", f"{slug} is private, and you are not enrolled: its organisers can give you a token.")


def reach(states: States, slug: str, token: Token, act: Act) -> ProgramState:
    """The program, whatever has become of it, if the token allows that.

    Raises:
        Refusal: there is none, or the token does not.
    """
    state = states.get(slug)
    if state is None:
        raise no_program(slug)
    require(token, act, state.program)
    return state


def require(token: Token, act: Act, program: Program) -> None:
    """As `reach`, of a program that is known, or that is to be made."""
    if may(token, act, program):
        return
    if program.visibility is Visibility.PRIVATE and not may(token, Act.VIEW, program):
        raise _private(program.slug)
    raise Refusal(403, "not_allowed", f"The token {token.name!r} is not for somebody to {_DOES[act]} {program.slug}.")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever reads."""

    token: Token | None = None
    """None: they showed none."""
    states: States = field(default_factory=dict)
    """All programs, where there is a token to look them up for."""

    def visibilities_for(self, slug: str) -> tuple[Visibility, ...]:
        """Which visibilities a program of that slug may have to be shown to them."""
        state = self.states.get(slug)
        if self.token is None or state is None or not may(self.token, Act.VIEW, state.program):
            return EVERYBODY
        return (*EVERYBODY, Visibility.PRIVATE)

    def missing(self, slug: str) -> Refusal:
        """What to raise where there is no program that they may see: whoever was invited somewhere is told why."""
        state = self.states.get(slug)
        if self.token is not None and state is not None and state.active:
            return _private(slug)
        return no_program(slug)


class _Port(Protocol):
    def to(self, visibilities: Collection[Visibility]) -> Any: ...


_P = TypeVar("_P", bound=_Port)


@dataclass(frozen=True, slots=True)
class Seen(Generic[_P]):
    """A read side, as whoever asks about one program may see it."""

    port: _P
    viewer: Viewer
    slug: str

    @property
    def visibilities(self) -> tuple[Visibility, ...]:
        """Which ones the program may have to be shown to them."""
        return self.viewer.visibilities_for(self.slug)

    @property
    def private(self) -> bool:
        """Whether they may see it although it is private."""
        return Visibility.PRIVATE in self.visibilities

    def missing(self) -> Refusal:
        """What to raise where it is not there for them."""
        return self.viewer.missing(self.slug)


class Access:
    """FastAPI dependencies over a desk: `access.seen(port)` where all may read, `access.token` where none may.

    Args:
        desk: None: nobody has a token, and nobody is asked for one.
    """

    def __init__(self, desk: Desk | None) -> None:
        self._desk = desk

    def seen(self, port: _P) -> Any:
        """The dependency that gives a route about `{slug}` its `Seen` port."""

        async def see(slug: str, request: Request) -> Seen[_P]:
            viewer = await self.viewer(request)
            return Seen(port.to(viewer.visibilities_for(slug)), viewer, slug)

        return Depends(see)

    async def token(self, request: Request) -> Token:
        """The valid token that came along.

        Raises:
            Refusal: there was none, or it is good for nothing.
        """
        token = await self._shown(request)
        if token is None:
            raise Refusal(
                401, "token_needed", "Send a token: Authorization: Bearer wt_…", {"WWW-Authenticate": "Bearer"}
            )
        return token

    async def viewer(self, request: Request) -> Viewer:
        """Whoever reads, with a token or without.

        Raises:
            Refusal: the token is good for nothing.
        """
        token = await self._shown(request)
        return Viewer() if token is None or self._desk is None else Viewer(token, await self._desk.states())

    async def _shown(self, request: Request) -> Token | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or self._desk is None:
            return None
        token = await self._desk.token(secret.strip())
        if token is None:
            raise Refusal(
                401,
                "token_invalid",
                "The token is not known, has expired or was revoked.",
                {"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return token
