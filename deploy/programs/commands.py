"""What organisers ask for, on a store: the one place that the command line and the API both call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hmac import compare_digest
from secrets import token_urlsafe
from threading import Lock
from uuid import uuid4

from deploy.programs.previewing import Step, preview
from processors.errors import Conflict, InvalidInput
from processors.judging.preview import Amounts, Half, Preview, warnings
from processors.ports.programs import Carried, States
from processors.ports.store import ProgramLog
from processors.programs.commands import Command
from processors.programs.commits import Programs, catch_up, commit, draft
from processors.programs.deciding import existing
from processors.programs.events import NewEvent, ProgramEvent
from processors.programs.program import Program
from processors.programs.states import ProgramState, fold
from processors.programs.tokens import PREFIX, Token, checked, digest_of
from storage.clickhouse import ClickHouseStore
from storage.tokens import ClickHouseTokens


def _anything(states: States) -> None:
    """Everything is allowed."""


class Commands:
    """Programs and tokens of a store. Safe to share between threads; call it off the event loop."""

    def __init__(self, store: ClickHouseStore, log: ProgramLog, clock: Callable[[], datetime]) -> None:
        self.tokens = ClickHouseTokens(store.connections)
        self._store = store
        self._log = log
        self._clock = clock
        self._known = Programs()
        self._lock = Lock()

    def states(self) -> States:
        """All programs by slug, as they are now, whatever has become of them."""
        with self._lock:
            self._known = catch_up(self._log, self._known)
            return self._known.states

    def state(self, slug: str) -> ProgramState:
        """One program.

        Raises:
            InvalidInput: there is none; the message names the nearest.
        """
        return existing(self.states(), slug)

    def events(self, slug: str = "") -> list[ProgramEvent]:
        """All that was decided about a program, or about all of them."""
        return [event for event in self._log.read() if not slug or event.program == slug]

    def carry_out(
        self,
        commands: Sequence[Command],
        *,
        actor: str,
        allowed: Callable[[States], None] = _anything,
    ) -> Carried:
        """Decide commands, each on top of those before it; all or none.

        Args:
            allowed: asked with the very states that are decided from; raises to keep it from being done.

        Raises:
            InvalidInput: it cannot be.
        """
        known = self._known

        def decide(states: States) -> Sequence[NewEvent]:
            allowed(states)
            return draft(states, commands, at=self._clock(), actor=actor, new_id=_new_id)

        committed = commit(self._log, decide, known)
        with self._lock:
            if committed.programs.position > self._known.position:
                self._known = committed.programs
        return Carried(committed.events, committed.programs.states)

    def would_change(self, commands: Sequence[Command]) -> Carried:
        """What commands would lead to now; nothing is decided.

        Raises:
            InvalidInput: it cannot be.
        """
        states = self.states()
        events = draft(states, commands, at=self._clock(), actor="", new_id=_new_id)
        return Carried(tuple(event.at(0) for event in events), fold(events, states))

    def preview(self, program: Program, on_step: Callable[[Step], object] = lambda step: None) -> Preview:
        """What the numbers of a program would be if it were so."""
        return preview(self._store, program, self.states().get(program.slug), on_step)

    @staticmethod
    def first_look(program: Program) -> Preview:
        """The preview of a program that is not there yet, without judging: nothing can go."""
        return Preview(program.slug, Amounts(), Half(), Half(), warnings(program))

    def taken_up(self, states: States, slugs: Sequence[str]) -> bool:
        """Whether the books have come to these programs as they are in `states`."""
        books, shown = self._store.books(), self._store.definitions()
        return all(
            books.get(slug, 0) >= states[slug].version if states[slug].active else slug not in shown for slug in slugs
        )

    def token(self, secret: str) -> Token | None:
        """The valid token of a secret."""
        digest = digest_of(secret)
        found = self.tokens.find(digest) if secret.startswith(PREFIX) else None
        if found is None or not compare_digest(found.digest, digest) or not found.valid(self._clock()):
            return None
        return found

    def add_token(self, make: Callable[[str, datetime], Token]) -> tuple[Token, str]:
        """Make a token from its digest and the time; return it with its secret, which is kept nowhere.

        Raises:
            InvalidInput: it makes no sense, or a valid one has this name.
        """
        secret = PREFIX + token_urlsafe(32)
        token = checked(make(digest_of(secret), self._clock()))
        if self._valid(token.name):
            raise InvalidInput(f"there is a token {token.name!r} already; revoke it first, or take another name")
        self.tokens.add(token)
        return token, secret

    def revoke_token(self, name: str) -> Token:
        """Let the valid token of that name be good for nothing.

        Raises:
            InvalidInput: there is none.
        """
        found = self._valid(name)
        if not found:
            names = sorted({one.name for one in self.tokens.all() if one.valid(self._clock())})
            raise InvalidInput(f"there is no valid token {name!r}; there are: {', '.join(names[:10]) or 'none'}")
        for token in found:
            self.tokens.revoke(token, self._clock())
        return found[0]

    def _valid(self, name: str) -> list[Token]:
        return [one for one in self.tokens.all() if one.name == name and one.valid(self._clock())]


def unless_changed(seen: States, slugs: Sequence[str]) -> Callable[[States], None]:
    """Keep a decision from being made once somebody has changed one of these programs behind our back."""

    def check(states: States) -> None:
        for slug in slugs:
            now, then = states.get(slug), seen.get(slug)
            if (now and now.version) != (then and then.version):
                raise Conflict(f"{slug}: somebody else has changed it just now; look again")

    return check


def _new_id() -> str:
    return str(uuid4())
