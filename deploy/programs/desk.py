"""The desk of a running service: `Commands` in threads, and word to those who judge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from deploy.programs.commands import Commands
from processors.judging.preview import Preview
from processors.ports.boards import Freshness
from processors.ports.programs import Carried, States
from processors.programs.commands import Command
from processors.programs.events import ProgramEvent
from processors.programs.program import Program
from processors.programs.tokens import Token
from storage.clickhouse import ClickHouseStore


class StoreDesk:
    """A `Desk`. Belongs to one event loop.

    Args:
        changed: called on the event loop when something was decided.
    """

    def __init__(
        self,
        store: ClickHouseStore,
        commands: Commands,
        clock: Callable[[], datetime],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._commands = commands
        self._clock = clock
        self._changed = changed
        self._one_preview = asyncio.Lock()

    async def states(self) -> States:
        return await asyncio.to_thread(self._commands.states)

    async def carry_out(
        self, commands: Sequence[Command], *, actor: str, allowed: Callable[[States], None] = lambda states: None
    ) -> Carried:
        carried = await asyncio.to_thread(self._commands.carry_out, commands, actor=actor, allowed=allowed)
        if carried.events:
            self._changed()
        return carried

    async def would_change(self, commands: Sequence[Command]) -> Carried:
        return await asyncio.to_thread(self._commands.would_change, commands)

    async def preview(self, program: Program) -> Preview:
        async with self._one_preview:
            return await asyncio.to_thread(self._commands.preview, program)

    async def events(self, slug: str) -> Sequence[ProgramEvent]:
        return await asyncio.to_thread(self._commands.events, slug)

    async def token(self, secret: str) -> Token | None:
        return await asyncio.to_thread(self._commands.token, secret)

    async def freshness(self) -> Freshness:
        return await asyncio.to_thread(self._store.freshness, self._clock)
