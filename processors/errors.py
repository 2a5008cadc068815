"""Every error wikitally raises on purpose, by what the caller does next.

WikitallyError
├── InvalidInput            tell the person who wrote it; nothing was applied
│   ├── InvalidPrograms     (all errors of a definition file at once)
│   ├── Conflict            (somebody else was first; look at what is now)
│   ├── EnrolmentRefused    (with a code for machines)
│   └── SqlRefused          (which rule for SQL of others it breaks)
├── InvalidEvent            dead-letter the event; go on
├── TooManyInvalidEvents    stop the worker: the stream no longer is what it was
├── NotOurs                 stop at once: another worker has what we were working on
└── TransientError          retry; nothing may be assumed
    ├── SourceUnavailable
    ├── StoreUnavailable
    └── LogUnavailable
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class WikitallyError(Exception):
    """The root: catch it to print one clear line instead of a traceback."""


class InvalidInput(WikitallyError):
    """Something a person wrote breaks a rule; the message names the thing and the rule."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule of a definition: where (`programs.yaml: wir: sessions[0].end`) and what."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class InvalidPrograms(InvalidInput):
    """A definition file has errors; `problems` holds every one of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Conflict(InvalidInput):
    """It was decided from what no longer is: something else has been decided since."""


class EnrolmentRefused(InvalidInput):
    """Somebody cannot be enrolled.

    Args:
        code: a short, stable word: `no_such_program`, `deleted`, `merged`, `expired`, `private`, `ended`,
            `invalid_user`.
    """

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class SqlRefused(InvalidInput):
    """SQL that others may not send.

    Args:
        rule: a short, stable word: `function`, `table`, `setting`, …
        code: ClickHouse's code for that kind of error.
    """

    def __init__(self, rule: str, message: str, *, code: int = 497) -> None:
        self.rule = rule
        self.code = code
        super().__init__(message)


class InvalidEvent(WikitallyError):
    """An event of the stream that cannot be understood.

    Args:
        reason: a short, stable word for metrics (`json`, `schema`, `no_id`, …).
        detail: what exactly was wrong, for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class TooManyInvalidEvents(WikitallyError):
    """So many events in a row could not be understood that going on would lose data silently."""


class NotOurs(WikitallyError):
    """Another worker has taken over the wikis that we judged; nothing of ours counts any more."""


class TransientError(WikitallyError):
    """The other side is away; the same call may succeed later."""


class SourceUnavailable(TransientError):
    """The stream could not be reached or refused us.

    Args:
        retry_after: seconds that the server asked us to wait, if it said so.
    """

    def __init__(self, message: str, *, reason: str, retry_after: float | None = None) -> None:
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(message)


class StoreUnavailable(TransientError):
    """ClickHouse could not be reached or broke off; retry the whole call."""


class LogUnavailable(TransientError):
    """Kafka could not be reached or broke off; what was not acknowledged may stand in it or not."""
