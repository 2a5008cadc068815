"""Commands that run until they are told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import stamina

from processors.errors import InvalidInput

_Result = TypeVar("_Result")

LONGEST_WAIT = 5.0
"""Seconds between two attempts at what is away."""


def run_loop(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run on the fastest event loop there is."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def stop_on_signals() -> asyncio.Event:
    """An event that is set by Ctrl-C or by whoever manages this process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, but no longer than that; whether it is set."""
    # Before Python 3.12 wait_for may lose a cancellation when both come at once.
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def at_last(*errors: type[Exception], longest_wait: float = LONGEST_WAIT) -> AsyncIterable[stamina.Attempt]:
    """Attempts for as long as it takes: `async for attempt in at_last(StoreUnavailable):` and in it `with attempt:`.

    Args:
        longest_wait: seconds between two of them, at most.
    """
    return stamina.retry_context(on=errors, attempts=None, timeout=None, wait_initial=0.1, wait_max=longest_wait)


async def until(stop: asyncio.Event, task: asyncio.Task[None]) -> None:
    """Wait for the first of the two; a task that failed raises."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopping, task], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
    finally:
        stopping.cancel()


def read_instant(text: str) -> datetime:
    """The time that `--since` says.

    Raises:
        InvalidInput: it is none, or says no offset.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"--since {text}: want a time such as 2026-11-24T10:00Z") from None
    if at.tzinfo is None:
        raise InvalidInput(f"--since {text}: say the offset too, such as {text}Z or {text}+01:00")
    return at
