"""What those who decide about programs need: tokens, and a desk where everything can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from processors.judging.preview import Preview
from processors.ports.boards import Freshness
from processors.programs.commands import Command
from processors.programs.events import ProgramEvent
from processors.programs.program import Program
from processors.programs.states import ProgramState
from processors.programs.tokens import Token

States = Mapping[str, ProgramState]


class Tokens(Protocol):
    """All tokens that were ever made. Every call raises StoreUnavailable when the store is away."""

    def all(self) -> Sequence[Token]:
        """The oldest first, those included that are good for nothing any more."""
        ...

    def find(self, digest: str) -> Token | None:
        """The token of a secret's digest, valid or not."""
        ...

    def add(self, token: Token) -> None:
        """Keep a token; durable on return."""
        ...

    def revoke(self, token: Token, at: datetime) -> None:
        """Let a token be good for nothing from now on, for everybody who asks; durable on return."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """What commands led to."""

    events: tuple[ProgramEvent, ...]
    """Empty: all was so already."""
    states: States
    """All programs after it."""


class Desk(Protocol):
    """Where everything about programs is decided and looked up. Every call raises StoreUnavailable."""

    async def states(self) -> States:
        """All programs by slug, as the log has them now, whatever has become of them."""
        ...

    async def carry_out(
        self, commands: Sequence[Command], *, actor: str, allowed: Callable[[States], None] = lambda states: None
    ) -> Carried:
        """Decide commands, each on top of those before it; all or none. Those who judge are told.

        Args:
            allowed: raises where the states that it is decided from do not allow it; nothing is decided then.

        Raises:
            InvalidInput: it cannot be.
        """
        ...

    async def would_change(self, commands: Sequence[Command]) -> Carried:
        """What commands would lead to now; nothing is decided.

        Raises:
            InvalidInput: it cannot be.
        """
        ...

    async def preview(self, program: Program) -> Preview:
        """What the numbers of a program would be if it were so; nothing is decided. One after the other."""
        ...

    async def events(self, slug: str) -> Sequence[ProgramEvent]:
        """All that was ever decided about a program, in order."""
        ...

    async def token(self, secret: str) -> Token | None:
        """The token of a secret; None: there is none, or it is good for nothing any more."""
        ...

    async def freshness(self) -> Freshness:
        """How fresh all numbers are now."""
        ...
