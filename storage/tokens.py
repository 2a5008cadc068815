"""Tokens in ClickHouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from processors.programs.tokens import Role, Token
from storage.connection import Connections
from storage.fact_rows import aware

_COLUMNS = (
    "name", "role", "digest", "created_at", "created_by", "programs", "campaigns", "expires", "revoked_at", "revision",
)  # fmt: skip


class ClickHouseTokens:
    """The table `tokens`, a `processors.ports.programs.Tokens`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def all(self) -> Sequence[Token]:
        """As `Tokens.all`."""
        return [_token(*row) for row in self._connections.rows("tokens", {"digest": ""})]

    def find(self, digest: str) -> Token | None:
        """As `Tokens.find`."""
        rows = self._connections.rows("tokens", {"digest": digest}) if digest else []
        return _token(*rows[0]) if rows else None

    def add(self, token: Token) -> None:
        """As `Tokens.add`."""
        self._write(token, revision=1)

    def revoke(self, token: Token, at: datetime) -> None:
        """As `Tokens.revoke`."""
        self._write(replace(token, revoked_at=at), revision=2)

    def _write(self, token: Token, revision: int) -> None:
        row = (
            token.name,
            str(token.role),
            token.digest,
            token.created_at,
            token.created_by,
            sorted(token.programs),
            sorted(token.campaigns),
            token.expires,
            token.revoked_at,
            revision,
        )
        self._connections.insert("tokens", _COLUMNS, [[value] for value in row])


def _token(
    name: str,
    role: str,
    digest: str,
    created_at: datetime,
    created_by: str,
    programs: Sequence[str],
    campaigns: Sequence[str],
    *ends: Any,
) -> Token:
    expires, revoked_at = (None if end is None else aware(end) for end in ends)
    return Token(
        name=name,
        role=Role(role),
        digest=digest,
        created_at=aware(created_at),
        created_by=created_by,
        programs=frozenset(programs),
        campaigns=frozenset(campaigns),
        expires=expires,
        revoked_at=revoked_at,
    )
