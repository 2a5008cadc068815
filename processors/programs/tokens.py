"""Tokens: what lets somebody see a private program over HTTP, or decide about programs.

A token is a secret that is shown once; what is kept of it is its digest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from processors.errors import InvalidInput
from processors.programs.program import Program

PREFIX = "wt_"
"""What every secret begins with, so that people and scanners of leaked secrets recognise it."""


class Role(StrEnum):
    VIEWER = "viewer"
    """Sees the programs that it names, or those of the campaigns that it names, and may enrol in them."""
    ORGANISER = "organiser"
    """Decides about the programs that it names, and may make them."""
    CAMPAIGN_ORGANISER = "campaign_organiser"
    """Decides about all programs of the campaigns that it names, and may make more."""
    ANALYST = "analyst"
    """Asks in SQL about what everybody may see; decides about nothing and sees no private program."""
    ADMIN = "admin"
    """Decides about everything, and asks in SQL."""


class Act(StrEnum):
    VIEW = "view"
    JOIN = "join"
    ORGANISE = "organise"
    """Make, change, delete, enrol others, exclude, freeze; and read what was decided."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    name: str
    """Who has it or what for; no two valid tokens have the same."""
    role: Role
    digest: str = field(repr=False)
    """SHA-256 of the secret, hexadecimal."""
    created_at: datetime
    created_by: str = ""
    programs: frozenset[str] = frozenset()
    """Slugs."""
    campaigns: frozenset[str] = frozenset()
    """Slugs of campaigns."""
    expires: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, at: datetime) -> bool:
        """Whether it lets anybody in at that time."""
        return self.revoked_at is None and (self.expires is None or at < self.expires)


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is as random as it is long, so that no salt is needed."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def may(token: Token, act: Act, program: Program) -> bool:
    """Whether a (valid) token allows something with a program, as it is before it.

    To make a program is to organise the one that is to be.
    """
    named = program.slug in token.programs
    in_campaign = not token.campaigns.isdisjoint(program.campaigns)
    match token.role:
        case Role.ADMIN:
            return True
        case Role.CAMPAIGN_ORGANISER:
            return in_campaign
        case Role.ORGANISER:
            return named
        case Role.VIEWER:
            return act is not Act.ORGANISE and (named or in_campaign)
        case Role.ANALYST:
            return False


def may_query(token: Token) -> bool:
    """Whether a (valid) token is good for SQL."""
    return token.role in (Role.ANALYST, Role.ADMIN)


def checked(token: Token) -> Token:
    """The token, if its role has what it needs.

    Raises:
        InvalidInput: it could never do anything, or names what its role does not look at.
    """
    if not token.name.strip():
        raise InvalidInput("a token has a name that says who has it")
    needs = {
        Role.VIEWER: bool(token.programs or token.campaigns),
        Role.ORGANISER: bool(token.programs),
        Role.CAMPAIGN_ORGANISER: bool(token.campaigns),
        Role.ANALYST: True,
        Role.ADMIN: True,
    }
    takes_programs = token.role in (Role.VIEWER, Role.ORGANISER)
    takes_campaigns = token.role in (Role.VIEWER, Role.CAMPAIGN_ORGANISER)
    if not needs[token.role]:
        what = {Role.VIEWER: "a program or a campaign", Role.ORGANISER: "a program"}.get(token.role, "a campaign")
        raise InvalidInput(f"a token of the role {token.role} needs {what} that it is for")
    if (token.programs and not takes_programs) or (token.campaigns and not takes_campaigns):
        what = "programs" if token.programs and not takes_programs else "campaigns"
        raise InvalidInput(f"a token of the role {token.role} is not for single {what}")
    if token.expires is not None and token.expires <= token.created_at:
        raise InvalidInput(f"the token would expire at {token.expires.isoformat()}, which is over")
    return token
