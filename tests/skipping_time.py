"""Time that passes as soon as nothing is left to be done before: minutes of waiting take none."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class _Skipping(selectors.DefaultSelector):
    """Waits for nobody. A loop over it must have no threads and no network to wait for."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found:
            assert timeout is not None, "it would wait for ever"
            self.skipped += max(timeout, 0.0)
        return found


class _Loop(asyncio.SelectorEventLoop):
    """Its clock stands still while anything is done, however long that takes."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped


def run_skipping(work: Coroutine[Any, Any, _Result]) -> _Result:
    """What a coroutine gives, in a loop whose time skips what would be waited for."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)
