"""Explanations as JSON: the same for the API and for `--json`."""

from __future__ import annotations

from typing import Any

from api.render import freshness_json, instant
from processors.facts.facts import Action
from processors.judging.contributions import Contribution
from processors.judging.judge import Verdict
from processors.judging.ledger_words import ToldLine
from processors.ports.why import Fresh, LedgerPage, Sentences
from processors.programs.program import Program
from processors.why.explain import Explanation
from processors.why.reconcile import Reconciliation
from processors.why.unseen import Unseen


def _head(program: Program) -> dict[str, Any]:
    return {"program": program.slug, "title": program.title}


def sentences_json(fresh: Fresh[Sentences]) -> dict[str, Any]:
    """Rules, or why a program is quiet."""
    answer = fresh.answer
    return {**_head(answer.program), **freshness_json(fresh.freshness), "sentences": list(answer.sentences)}


def explanation_json(answer: Explanation | Unseen) -> dict[str, Any]:
    """Why an edit counts or not, without freshness."""
    if isinstance(answer, Unseen):
        return {
            **_head(answer.program),
            "wiki": answer.wiki,
            "rev_id": answer.rev_id,
            "verdict": Verdict.NOT_SEEN,
            "reason": answer.detail,
            "missing": answer.missing,
            "edit": None,
            "checks": [],
            "history": [],
        }
    action = answer.action
    return {
        **_head(answer.program),
        "wiki": action.wiki,
        "rev_id": action.rev_id,
        "verdict": answer.verdict,
        "reason": answer.reason,
        "missing": None,
        "edit": {
            "user": action.user,
            "user_now": answer.user,
            "occurred_at": instant(action.occurred_at),
            "page": action.title,
            "page_now": answer.title,
            "namespace": answer.namespace,
            "byte_delta": action.byte_delta,
            "url": answer.url,
        },
        "checks": [{"reason": one.reason, "holds": one.holds, "detail": one.detail} for one in answer.checks],
        "history": list(answer.history),
    }


def participant_json(answer: Reconciliation) -> dict[str, Any]:
    """All that somebody did, without freshness."""
    edits, uploads, bytes_added = answer.total
    return {
        **_head(answer.program),
        "user": answer.user,
        "names": list(answer.names),
        "enrolled": answer.participant is not None,
        "team": answer.participant.team if answer.participant else "",
        "rank": answer.standing.rank if answer.standing else None,
        "sums": [
            {"verdict": one.verdict, "edits": one.edits, "uploads": one.uploads, "bytes_added": one.bytes_added}
            for one in answer.sums
        ],
        "total": {"edits": edits, "uploads": uploads, "bytes_added": bytes_added},
        "entries": [_entry(one) for one in answer.entries],
        "around": {"before": _around(answer.before), "after": _around(answer.after)},
        "nearest": list(answer.nearest),
    }


def _entry(one: Contribution) -> dict[str, Any]:
    return {
        "wiki": one.wiki,
        "kind": one.kind,
        "rev_id": one.rev_id,
        "occurred_at": instant(one.occurred_at),
        "page": one.title,
        "namespace": one.namespace,
        "byte_delta": one.byte_delta,
        "verdict": one.verdict,
    }


def _around(one: Action | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"wiki": one.wiki, "rev_id": one.rev_id, "occurred_at": instant(one.occurred_at), "page": one.title}


def ledger_json(answer: LedgerPage) -> dict[str, Any]:
    """The newest lines, without freshness."""
    return {**_head(answer.program), "lines": [_line(one) for one in answer.lines]}


def _line(told: ToldLine) -> dict[str, Any]:
    change = told.line.change
    entry = change.entry
    return {
        "at": instant(told.line.at),
        "user": entry.user,
        "wiki": entry.wiki,
        "kind": entry.kind,
        "rev_id": entry.rev_id,
        "page": entry.title,
        "byte_delta": entry.byte_delta,
        "before": change.before,
        "verdict": None if change.gone else entry.verdict,
        "cause": told.cause,
        "caused_at": instant(told.caused_at),
        "cause_kind": change.cause.kind,
        "cause_id": change.cause.id,
    }
