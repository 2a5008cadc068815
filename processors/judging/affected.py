"""Which part of its books a change of a program touches: the slice to judge again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from processors.judging.contributions import RevisionRef
from processors.programs.program import Exclusions, Participant, Program


@dataclass(frozen=True, slots=True)
class Affected:
    """A slice of one program."""

    everything: bool = False
    users: frozenset[str] = frozenset()
    """Names as they are listed."""
    revisions: frozenset[RevisionRef] = frozenset()

    def __bool__(self) -> bool:
        return self.everything or bool(self.users) or bool(self.revisions)


NOTHING = Affected()
EVERYTHING = Affected(everything=True)


def affected(before: Program | None, after: Program) -> Affected:
    """Return the slice whose verdicts may differ between two versions of a program.

    Titles, teams, pseudonyms, goals and the like change nothing; who joins or leaves touches what they did;
    a revision excluded touches itself. Anything else may touch all.
    """
    if before is None or _deciding(before) != _deciding(after):
        return EVERYTHING
    users = {one.user for one in set(before.exclude.users) ^ set(after.exclude.users)}
    if not after.open:
        users |= _enrolment(before.participants, after.participants)
    revisions = set(before.exclude.revisions) ^ set(after.exclude.revisions)
    return Affected(users=frozenset(users), revisions=frozenset(RevisionRef(one.wiki, one.rev_id) for one in revisions))


_NOBODY = Program(slug="", title="", sessions=(), wikis=())


def _deciding(program: Program) -> Program:
    """What decides for all users alike, and nothing else."""
    return replace(
        _NOBODY,
        sessions=program.sessions,
        wikis=program.wikis,
        namespaces=program.namespaces,
        open=program.open,
        hashtags=program.hashtags,
        scope=program.scope,
        outside=program.outside,
        membership=program.membership,
        exclude=replace(program.exclude, users=_USUAL.users, revisions=_USUAL.revisions),
    )


_USUAL = Exclusions()


def _enrolment(before: tuple[Participant, ...], after: tuple[Participant, ...]) -> set[str]:
    """Who was or is enrolled at other times than in the other version."""
    old = {(one.user, one.periods) for one in before}
    return {user for user, _ in old ^ {(one.user, one.periods) for one in after}}
