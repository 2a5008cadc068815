"""Explanations as people see them in a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploy.cli.terminal import freshness_line
from processors.judging.judge import Verdict
from processors.ports.boards import Freshness
from processors.ports.why import LedgerPage, Sentences
from processors.why.explain import Explanation
from processors.why.reconcile import Reconciliation
from processors.why.unseen import Unseen

MOST_LINES = 200
"""Of more, the newest are printed; `--json` has all."""


def words(verdict: Verdict | None) -> str:
    """A verdict for people: `namespace not tracked`."""
    return "" if verdict is None else verdict.replace("_", " ")


def explanation(answer: Explanation | Unseen, freshness: Freshness) -> RenderableType:
    """Every test of an edit, or what is known of one that was never read."""
    if isinstance(answer, Unseen):
        head = Text(f"not seen: revision {answer.rev_id} of {answer.wiki} is not in the log", style="bold")
        return Group(head, Text(answer.detail), _fresh(freshness))
    action = answer.action
    parts: list[RenderableType] = [
        Text(f"{words(answer.verdict)}: {answer.reason}", style="bold"),
        Text(_edit(answer)),
        Text(answer.url, style="dim"),
        *(Text(line) for line in answer.history),
    ]
    if answer.user is not None and answer.user != action.user:
        parts.append(Text(f"{action.user} is called {answer.user} now."))
    table = Table(header_style="bold")
    table.add_column("against it")
    table.add_column("holds")
    table.add_column("what was looked at", overflow="fold")
    for one in answer.checks:
        decided = one.reason is answer.verdict
        cells = (words(one.reason), "yes" if one.holds else "no", one.detail)
        table.add_row(*(Text(cell) for cell in cells), style="bold" if decided else "" if one.holds else "dim")
    return Group(*parts, table, _fresh(freshness))


def _edit(answer: Explanation) -> str:
    action = answer.action
    moved = "" if answer.title == action.title else f", now “{answer.title}”"
    size = "" if action.byte_delta is None else f", {action.byte_delta:+,} bytes"
    who = action.user or "somebody without a name"
    return f"{_moment(action.occurred_at)} UTC, {action.wiki}: {who}, “{action.title}”{moved}{size}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _fresh(freshness: Freshness) -> Text:
    return Text(freshness_line(freshness), style="dim")


def reconciliation(answer: Reconciliation, freshness: Freshness) -> RenderableType:
    """All that somebody did, and its sums."""
    parts: list[RenderableType] = [Text(f"{answer.user} in {answer.program.title}", style="bold"), *_who(answer)]
    if answer.entries:
        parts += [_entries(answer), _sums(answer)]
    else:
        parts += [Text(line) for line in _nothing(answer)]
    return Group(*parts, _fresh(freshness))


def _who(answer: Reconciliation) -> list[Text]:
    lines = []
    former = [name for name in answer.names if name != answer.user]
    if former:
        lines.append(Text(f"formerly {', '.join(former)}"))
    if answer.participant is None and not answer.program.open:
        lines.append(Text("not a participant"))
    if answer.standing is not None:
        lines.append(Text(f"number {answer.standing.rank} by bytes added"))
    return lines


def _nothing(answer: Reconciliation) -> list[str]:
    lines = ["Nothing was seen of them from the start of the first session to the end of the last one."]
    for when, one in (("Last seen before", answer.before), ("First seen afterwards", answer.after)):
        if one is not None:
            lines.append(f"{when}: {_moment(one.occurred_at)} UTC, {one.wiki}, “{one.title}”")
    if answer.nearest:
        lines.append(f"Nobody of that name was ever seen; did you mean {' or '.join(answer.nearest)}?")
    elif answer.before is None and answer.after is None:
        lines.append("Nobody of that name was ever seen.")
    return lines


def _entries(answer: Reconciliation) -> Table:
    table = Table(header_style="bold")
    for name in ("when (UTC)", "wiki", "revision", "page"):
        table.add_column(name, overflow="fold")
    table.add_column("bytes", justify="right")
    table.add_column("", overflow="fold")
    left = len(answer.entries) - MOST_LINES
    if left > 0:
        table.title = f"the newest {MOST_LINES}; {left:,} earlier ones with --json"
    for one in answer.entries[-MOST_LINES:]:
        size = "?" if one.byte_delta is None else f"{one.byte_delta:+,}"
        name = f"{one.rev_id}" if one.kind == "edit" else f"upload {one.rev_id}"
        cells = (_moment(one.occurred_at), one.wiki, name, one.title, size, words(one.verdict))
        table.add_row(*(Text(cell) for cell in cells), style="" if one.verdict is Verdict.COUNTED else "dim")
    return table


def _sums(answer: Reconciliation) -> Table:
    table = Table(header_style="bold", show_footer=True)
    table.add_column("", "all that was seen")
    for name, total in zip(("edits", "uploads", "bytes added"), answer.total, strict=True):
        table.add_column(name, f"{total:,}", justify="right")
    for one in answer.sums:
        table.add_row(words(one.verdict), f"{one.edits:,}", f"{one.uploads:,}", f"{one.bytes_added:,}")
    return table


def sentences(answer: Sentences, freshness: Freshness) -> RenderableType:
    """Rules, or why a program is quiet."""
    lines = [Text(f"· {line}") for line in answer.sentences]
    return Group(Text(answer.program.title, style="bold"), *lines, _fresh(freshness))


def ledger(answer: LedgerPage, freshness: Freshness) -> RenderableType:
    """The newest changes of the books."""
    table = Table(header_style="bold")
    for name in ("when (UTC)", "user", "page", "revision"):
        table.add_column(name, overflow="fold")
    table.add_column("bytes", justify="right")
    table.add_column("was", overflow="fold")
    table.add_column("is", overflow="fold")
    table.add_column("because", overflow="fold")
    for told in answer.lines:
        change = told.line.change
        entry = change.entry
        size = "?" if entry.byte_delta is None else f"{entry.byte_delta:+,}"
        after = "in no book" if change.gone else words(entry.verdict)
        cells = (entry.user, entry.title, f"{entry.wiki} {entry.rev_id}", size, words(change.before), after)
        table.add_row(*(Text(cell) for cell in (_moment(told.line.at), *cells, told.cause)))
    nothing = [] if answer.lines else [Text("Nothing is in the ledger yet.", style="dim")]
    return Group(Text(answer.program.title, style="bold"), table, *nothing, _fresh(freshness))
