"""SQL of others as text: one statement that only reads, without comments and without its FORMAT.

What cannot be told apart with certainty is refused: what is checked must be what the server reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from processors.errors import SqlRefused
from processors.sql.functions import TABLE_FUNCTIONS, computes
from processors.sql.settings import check_setting

LONGEST = 200_000
"""Characters of a statement."""

_SHAPE = re.compile(
    r"""
    (?P<space>[ \t\r\n\f\v]+)
    |(?P<comment>--[^\n]*|/\*(?:(?!/\*|\*/).)*\*/)
    |(?P<string>'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>`(?:[^`\\\x00-\x1f]|``)+`|"(?:[^"\\\x00-\x1f]|"")+")
    |(?P<number>[0-9][0-9A-Za-z_]*)
    |(?P<name>[A-Za-z_][0-9A-Za-z_]*)
    |(?P<mark>[-+*/%=<>!|&?:,.()\[\]{};])
    """,
    re.VERBOSE | re.DOTALL,
)
_BEFORE_BRACKETS = frozenset(
    """
    all and any apply array as asc between by case columns cube desc distinct div else escape except exists
    filter final from grouping having ilike in intersect interpolate interval into is join like limit
    materialized mod not offset on or order outer over prewhere qualify replace rollup sample select sets some
    step then to top union using values when where with within xor

    aggregatefunction array datetime datetime32 datetime64 decimal decimal128 decimal256 decimal32 decimal64
    dynamic enum enum16 enum8 fixedstring json lowcardinality map nested nullable numeric object
    simpleaggregatefunction time64 tuple varchar variant
    """.split()  # noqa: SIM905 -- as it reads
)
"""Keywords and types that an opening bracket may follow; in small letters."""


class Kind(Enum):
    SELECT = auto()
    DESCRIBE = auto()
    """The columns of a SELECT."""
    ABOUT = auto()
    """SHOW, DESCRIBE or EXISTS, about names that were checked; there is no tree of it to look at."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement."""

    kind: Kind
    text: str
    """What the server is to answer, or to DESCRIBE; all that its tree has to tell."""
    format: str | None
    """What it asks for with FORMAT."""
    settings: int
    """How many SETTINGS clauses it has; all of them are allowed."""

    @property
    def sent(self) -> str:
        """As the server is asked."""
        return f"DESCRIBE ({self.text})" if self.kind is Kind.DESCRIBE else self.text


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        """A name that is not quoted, in small letters; else nothing."""
        return self.text.lower() if self.kind == "name" else ""

    @property
    def identifier(self) -> str:
        """A name, quoted or not, as it is meant; else nothing."""
        if self.kind == "quoted":
            return self.text[1:-1].replace(self.text[0] * 2, self.text[0])
        return self.text if self.kind == "name" else ""


def read_statement(text: str, database: str) -> Statement:
    """The one statement in `text`.

    Args:
        database: the only one that SHOW and DESCRIBE may be about.

    Raises:
        SqlRefused: it is none that others may send; settings, functions and output are among the reasons.
    """
    if len(text) > LONGEST:
        raise SqlRefused("length", f"a statement has at most {LONGEST} characters")
    tokens = list(_tokens(text))
    words = [token for token in tokens if token.kind != "space"]
    if words and words[-1].text == ";":
        tokens = tokens[: _last(tokens, ";")]
        words.pop()
    if any(token.text == ";" for token in words):
        raise SqlRefused("one_statement", "exactly one statement at a time")
    first = words[0].word or words[0].text if words else ""
    if first in ("show", "describe", "desc", "exists"):
        tokens, wanted = _without_format(tokens)
        about = [token for token in tokens if token.kind != "space"]
        if first in ("describe", "desc") and (inner := _in_brackets(tokens)):
            described = _read_select(inner)
            if described.format is not None:
                raise SqlRefused("describe", f"FORMAT belongs behind {first.upper()} (…)")
            return replace(described, kind=Kind.DESCRIBE, format=wanted)
        _check_about(about, database)
        return Statement(Kind.ABOUT, _joined(tokens), wanted, 0)
    return _read_select(tokens)


def _read_select(tokens: Sequence[_Token]) -> Statement:
    first = next((token.word or token.text for token in tokens if token.kind != "space"), "")
    if first not in ("select", "with", "from", "("):
        raise SqlRefused(
            "reading_only", f"only SELECT, SHOW, DESCRIBE and EXISTS; not {first[:30].upper() or 'nothing'}"
        )
    tokens, wanted = _without_format(tokens)
    words = [token for token in tokens if token.kind != "space"]
    _check_words(words)
    return Statement(Kind.SELECT, _joined(tokens), wanted, _settings(words))


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _SHAPE.match(text, at)
        if found is None or text.startswith("//", at) or (text.startswith("/*", at) and found.lastgroup != "comment"):
            raise SqlRefused("unreadable", f"cannot be read with certainty from {text[at : at + 20]!r} on")
        kind = str(found.lastgroup)
        yield _Token("space", " ") if kind == "comment" else _Token(kind, found.group())
        at = found.end()


def _in_brackets(tokens: Sequence[_Token]) -> Sequence[_Token]:
    """What stands in the brackets that are all that follows the first word, but for TABLE; else nothing."""
    places = [at for at, token in enumerate(tokens) if token.kind != "space"][1:]
    if places and tokens[places[0]].word == "table":
        places = places[1:]
    if len(places) < 3 or tokens[places[0]].text != "(" or tokens[places[-1]].text != ")":
        return ()
    depth = 0
    for at in places[:-1]:
        depth += {"(": 1, ")": -1}.get(tokens[at].text, 0)
        if not depth:
            return ()
    return tokens[places[0] + 1 : places[-1]]


def _joined(tokens: Sequence[_Token]) -> str:
    return "".join(token.text for token in tokens).strip()


def _last(tokens: Sequence[_Token], text: str) -> int:
    return max(at for at, token in enumerate(tokens) if token.text == text)


def _without_format(tokens: Sequence[_Token]) -> tuple[list[_Token], str | None]:
    """The tokens before and behind `FORMAT Name`, which ends a statement or stands before its last SETTINGS."""
    places = [at for at, token in enumerate(tokens) if token.kind != "space"]
    depth = 0
    for here, name, after in zip(places, [*places[1:], -1], [*places[2:], -1, -1], strict=False):
        depth += {"(": 1, ")": -1}.get(tokens[here].text, 0)
        if depth or tokens[here].word != "format" or name < 0 or not tokens[name].word:
            continue
        if after < 0 or tokens[after].word == "settings":
            return [*tokens[:here], *tokens[name + 1 :]], tokens[name].text
    return list(tokens), None


def _check_words(words: Sequence[_Token]) -> None:
    for before, token in zip([_Token("", ""), *words], words, strict=False):
        if token.word == "outfile" and before.word == "into":
            raise SqlRefused("into_outfile", "INTO OUTFILE writes a file")
        if token.text == "(" and before.kind in ("name", "quoted", "number"):
            name = before.identifier
            small = name.lower()
            called = computes(name) or small in TABLE_FUNCTIONS
            if not called and not (before.kind == "name" and small in _BEFORE_BRACKETS):
                raise SqlRefused("function", f"the function {name or before.text} is not allowed")
        if before.text == ":" and token.identifier.lower() == "identifier":
            raise SqlRefused("identifier_parameter", "a parameter gives a value, never a name")


def _settings(words: Sequence[_Token]) -> int:
    """How many SETTINGS clauses there are, each checked."""
    clauses, at = 0, 0
    while at < len(words):
        token = words[at]
        at += 1
        if token.word != "settings" or not _assigns(words, at):
            continue
        clauses += 1
        while _assigns(words, at):
            name, value, at = words[at].identifier, *_value(words, at + 2)
            check_setting(name, value)
            if at < len(words) and words[at].text == "," and _assigns(words, at + 1):
                at += 1
            else:
                break
    return clauses


def _assigns(words: Sequence[_Token], at: int) -> bool:
    return at + 2 < len(words) and bool(words[at].identifier) and words[at + 1].text == "="


def _value(words: Sequence[_Token], at: int) -> tuple[str, int]:
    """A setting's value, and where it ends; what is no plain value is given as it stands, which no setting takes."""
    token = words[at]
    if token.kind == "string":
        return token.text[1:-1], at + 1
    if token.kind == "number" and at + 2 < len(words) and words[at + 1].text == ".":
        return f"{token.text}.{words[at + 2].text}", at + 3
    return token.text, at + 1


def _check_about(words: Sequence[_Token], database: str) -> None:
    """`SHOW DATABASES | TABLES [FROM db]`, `[LIKE '…'] [LIMIT n]`; `DESCRIBE | EXISTS [TABLE] [db.]name`."""
    head, *rest = words
    if head.word == "show":
        if not rest or rest[0].word not in ("databases", "tables"):
            raise SqlRefused("show", "of SHOW, only SHOW DATABASES and SHOW TABLES")
        what, rest = rest[0].word, rest[1:]
        if what == "tables" and len(rest) >= 2 and rest[0].word in ("from", "in"):
            _check_database(rest[1].identifier, database)
            rest = rest[2:]
        if len(rest) >= 2 and rest[0].word in ("like", "ilike") and rest[1].kind == "string":
            rest = rest[2:]
        if len(rest) >= 2 and rest[0].word == "limit" and rest[1].kind == "number":
            rest = rest[2:]
        if rest:
            raise SqlRefused("show", f"SHOW {what.upper()} [FROM {database}] [LIKE '…'] [LIMIT …], and nothing else")
        return
    if rest and rest[0].word in ("table", "view") and len(rest) > 1:
        rest = rest[1:]
    if len(rest) == 3 and rest[1].text == ".":
        _check_database(rest[0].identifier, database)
        rest = rest[2:]
    if len(rest) != 1 or not rest[0].identifier:
        raise SqlRefused("describe", f"{head.text.upper()} takes the name of one table")


def _check_database(name: str, database: str) -> None:
    if name not in (database, "system"):
        raise SqlRefused("table", f"only the database {database} is for reading, not {name[:60]}")
