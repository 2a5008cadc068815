"""Why an action counts for a program or not: every test with its outcome, in words and with its data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from processors.facts.facts import Action, ActionKind, Fact
from processors.judging.judge import CompiledProgram, Context, Verdict, tests
from processors.programs.program import Program
from processors.why.explain_evidence import Evidence
from processors.why.explain_tests import detail
from processors.why.rule_words import moment


@dataclass(frozen=True, slots=True)
class Check:
    """One test against an action."""

    reason: Verdict
    """Why it would not count."""
    holds: bool
    """It speaks against the action. The first one that does is the reason; later ones are shown all the same."""
    detail: str
    """A sentence with the data that decided."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An action with all that decides whether it counts."""

    program: Program
    action: Action
    user: str | None
    """What the acting user is called now; None: nameless."""
    title: str
    """Where the page is now."""
    namespace: int
    verdict: Verdict
    checks: tuple[Check, ...]
    history: tuple[str, ...]
    """What became of the page since, in sentences, oldest first."""

    @property
    def url(self) -> str:
        """Where the wiki shows it."""
        return action_url(self.action)

    @property
    def reason(self) -> str:
        """The detail of the test that decided."""
        return next((one.detail for one in self.checks if one.holds), "Nothing speaks against it: it counts.")


def action_url(action: Action) -> str:
    """Where a wiki shows an edit, or the log entry of an upload."""
    if action.kind is ActionKind.UPLOAD:
        return f"https://{action.wiki}/wiki/Special:Redirect/logid/{action.rev_id}"
    return f"https://{action.wiki}/wiki/Special:Diff/{action.rev_id}"


def page_url(wiki: str, title: str) -> str:
    """Where a wiki shows a page."""
    return f"https://{wiki}/wiki/{quote(title.replace(' ', '_'), safe='/:')}"


def explain(action: Action, compiled: CompiledProgram, context: Context, facts: Iterable[Fact]) -> Explanation:
    """Explain what `judge` makes of an action.

    Args:
        context: as `Projector.entry` gives it.
        facts: what the log holds of the page: moves, deletions, visibility, tags, category changes. More do no harm.
    """
    evidence = Evidence(action, compiled, context, facts)
    checks = [Check(Verdict.NOT_SEEN, False, detail(Verdict.NOT_SEEN, False, evidence))]
    checks += [
        Check(reason, holds, detail(reason, holds, evidence)) for reason, holds in tests(action, compiled, context)
    ]
    return Explanation(
        program=compiled.program,
        action=action,
        user=context.user,
        title=context.title,
        namespace=context.namespace,
        verdict=next((one.reason for one in checks if one.holds), Verdict.COUNTED),
        checks=tuple(checks),
        history=tuple(_history(evidence)),
    )


def _history(evidence: Evidence) -> Iterator[str]:
    for fact, words in evidence.later():
        yield f"{moment(fact.occurred_at, evidence.timezone)}: {words}"
