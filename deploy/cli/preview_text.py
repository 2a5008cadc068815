"""A preview for people in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from processors.judging.judge import Verdict
from processors.judging.preview import Amounts, Example, Half, Preview
from processors.why.rule_words import number


def preview_lines(preview: Preview) -> Iterator[str]:
    """What a change would do, line by line."""
    plus, minus = preview.plus, preview.minus
    if not plus.amounts and not minus.amounts:
        yield f"{preview.program}: what counts stays as it is ({_amounts(preview.now)})"
    else:
        yield f"{preview.program}: {_amounts(preview.now)} now"
    yield from _half("+", plus, "not asked for before", "why not before")
    yield from _half("-", minus, "not asked for any more", "why")
    yield from (f"  ! {warning}" for warning in preview.warnings)
    yield from (f"  {note}" for note in preview.notes)


def _amounts(one: Amounts) -> str:
    uploads = [number(one.uploads, "upload")] if one.uploads else []
    who, what = (number(one.editors, "editor"), number(one.pages, "page"))
    return ", ".join([number(one.edits, "edit"), *uploads, who, what, f"{number(one.bytes_added, 'byte')} added"])


def _half(sign: str, half: Half, unasked: str, why: str) -> Iterator[str]:
    if not half.amounts:
        return
    yield f"  {sign} {_amounts(half.amounts)}"
    reasons = (f"{verdict or unasked} {count:,}" for verdict, count in half.reasons)
    yield f"      {why}: {', '.join(reasons)}"
    yield from (f"      {_example(one)}" for one in half.examples)


def _example(one: Example) -> str:
    size = "" if one.byte_delta is None else f", {one.byte_delta:+,} bytes"
    change = f"{_verdict(one.before)} -> {_verdict(one.after)}"
    return f"{one.title} ({one.wiki}) by {one.user}{size}: {change}"


def _verdict(verdict: Verdict | None) -> str:
    return "not asked for" if verdict is None else str(verdict)
