"""What a wiki has hidden: which names and summaries go from what is stored, for good.

Once hidden, always hidden: a name that the wiki shows again later does not come back. So what is left depends on the
set of facts alone, never on their order.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from processors.facts.facts import (
    Categorized,
    Edit,
    Fact,
    PageChanged,
    RevisionsHidden,
    RevisionTagged,
    UserClass,
)

SUMMARY = 2
USER = 4
"""Bits of `RevisionsHidden.hidden` that purge something; a hidden text (1) purges nothing."""

HIDDEN_NAME = "(hidden)"
"""Stands in frozen results where there was a name."""


class Hiding(NamedTuple):
    """A revision whose author or summary is hidden."""

    wiki: str
    dbname: str
    rev_id: int
    bits: int
    """`SUMMARY`, `USER` or both."""


def hidings(facts: Iterable[Fact]) -> list[Hiding]:
    """What these facts hide, each revision once."""
    found: dict[tuple[str, int], Hiding] = {}
    for fact in facts:
        if isinstance(fact, RevisionsHidden) and (bits := fact.hidden & (SUMMARY | USER)):
            for rev_id in fact.rev_ids:
                known = found.get((fact.wiki, rev_id))
                found[fact.wiki, rev_id] = Hiding(fact.wiki, fact.dbname, rev_id, bits | (known.bits if known else 0))
    return list(found.values())


def about(fact: Fact) -> tuple[int, ...]:
    """The revisions whose author or summary a fact may tell."""
    match fact:
        case Edit() | RevisionTagged():
            return (fact.rev_id,)
        case Categorized() | PageChanged():
            return (fact.rev_id,) if fact.rev_id else ()
        # Those of the stream of revisions carry the revision's own summary; those of the log the administrator's.
        case RevisionsHidden(log_type="visibility"):
            return fact.rev_ids
    return ()


def redact(fact: Fact, bits: int) -> Fact:
    """The fact without what is hidden of its revision; itself where it tells nothing of that."""
    if bits & SUMMARY and fact.comment:
        fact = replace(fact, comment="")
    # The performer of a deletion is not the author of the page's last revision.
    others = isinstance(fact, PageChanged) and fact.kind in ("delete", "undelete")
    return nameless(fact) if bits & USER and not others else fact


def nameless(fact: Fact) -> Fact:
    """The fact without who acted."""
    if fact.user is None:
        return fact
    if isinstance(fact, PageChanged):
        fact = replace(fact, user_central_id=None, user_registered_at=None)
    return replace(fact, user=None, user_class=UserClass.HIDDEN)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Somebody who was forgotten, known by a digest of each of their names only."""

    digest: str
    at: datetime
    """What was done until then has no name any more."""


def digest_of(name: str, salt: str) -> str:
    """What is kept of a name, so that it does not come back when the stream is read again."""
    return sha256(f"{salt}/{name}".encode()).hexdigest()


class Redactions:
    """What must not be stored of facts that are yet to come: events repeated, late, or replayed.

    Args:
        salt: of the digests of `forgotten`.
    """

    def __init__(self, known: Iterable[Hiding] = (), forgotten: Iterable[Forgotten] = (), salt: str = "") -> None:
        self._bits: dict[tuple[str, int], int] = {}
        self._wikis: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
        self._forgotten = {one.digest: one.at for one in forgotten}
        self._salt = salt
        self._learn(known)

    def _learn(self, known: Iterable[Hiding]) -> None:
        for one in known:
            key = one.wiki, one.rev_id
            self._bits[key] = self._bits.get(key, 0) | one.bits
            self._wikis[one.rev_id].add((one.wiki, one.dbname))

    def take(self, facts: Sequence[Fact]) -> list[Fact]:
        """Learn what these facts hide; return them without it."""
        self._learn(hidings(facts))
        return [self._redacted(fact) for fact in facts]

    def _redacted(self, fact: Fact) -> Fact:
        if self._bits:
            for rev_id in about(fact):
                fact = redact(fact, self._bits.get((fact.wiki, rev_id), 0))
        if self._forgotten and fact.user is not None:
            at = self._forgotten.get(digest_of(fact.user, self._salt))
            if at is not None and fact.occurred_at <= at:
                return nameless(fact)
        return fact

    def concern(self, data: bytes) -> bool:
        """Whether an event that could not be read may tell of a hidden revision: it is not kept then."""
        if not self._bits:
            return False
        text = readable(data)
        return any(
            _named(text, wiki, dbname) for number in _numbers(data) for wiki, dbname in self._wikis.get(int(number), ())
        )


# No longer than a revision's id can be.
_NUMBERS = re.compile(r"(?<!\d)\d{1,18}(?!\d)")
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


_NO_REVISIONS = frozenset(
    {
        "dt", "edit_count", "id", "length", "log_id", "namespace", "offset", "page_id", "partition", "request_id",
        "rev_size", "timestamp", "user_central_id", "user_edit_count", "user_id",
    }
)  # fmt: skip
"""Keys of events under which a number is surely not that of a revision."""


_OTHER_IDS = re.compile(r"\b(?:rcid|curid)=\d+")


def _numbers(data: bytes) -> set[str]:
    """Every number in an event that may be a revision's: all of them, where it is not even JSON."""
    try:
        event = _pruned(json.loads(data))
    except (ValueError, RecursionError):
        return set(_NUMBERS.findall(readable(data)))
    return set(_NUMBERS.findall(json.dumps(event, ensure_ascii=False)))


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _pruned(inner) for key, inner in value.items() if key not in _NO_REVISIONS}
    if isinstance(value, str):
        return _OTHER_IDS.sub("", value)
    return [_pruned(inner) for inner in value] if isinstance(value, list) else value


def readable(data: bytes) -> str:
    """The text of an event, valid JSON or not: escapes resolved, titles with spaces."""
    text = data.decode("utf-8", "replace").replace("\\/", "/").replace('\\"', '"').replace("_", " ")
    return _ESCAPED.sub(lambda found: str(json.loads(f'"{found[0]}"')), text)


def mentions(data: bytes, hidden: Iterable[Hiding], names: Collection[str]) -> bool:
    """Whether an event's bytes tell of one of these revisions or, as a whole word, one of these names."""
    text = readable(data)
    numbers = _numbers(data)
    return any(str(one.rev_id) in numbers and _named(text, one.wiki, one.dbname) for one in hidden) or any(
        re.search(rf"(?<!\w){re.escape(name.replace('_', ' '))}(?!\w)", text) for name in names
    )


def needles(hidden: Iterable[Hiding], names: Iterable[str]) -> list[str]:
    """Bytes of which an event that `mentions` them holds at least one, as a store can look for them."""
    found = {str(one.rev_id) for one in hidden}
    for name in names:
        for form in (name, name.replace(" ", "_")):
            raw, escaped = (json.dumps(form, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
            shouted = re.sub(r"(?<=\\u)[0-9a-f]{4}", lambda hit: hit[0].upper(), escaped)
            for text in (raw, escaped, shouted):
                found |= {text, text.replace("/", "\\/")}
    return sorted(found)


def _named(text: str, wiki: str, dbname: str) -> bool:
    return wiki in text or (bool(dbname) and dbname.replace("_", " ") in text)
