"""Titles and names as MediaWiki writes them: namespaces, canonical forms, IP addresses."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from importlib import resources
from typing import Any

from processors.facts.wikis import fallback_languages, is_case_sensitive, language

_CANONICAL = {
    1: "Talk",
    2: "User",
    3: "User talk",
    4: "Project",
    5: "Project talk",
    6: "File",
    7: "File talk",
    8: "MediaWiki",
    9: "MediaWiki talk",
    10: "Template",
    11: "Template talk",
    12: "Help",
    13: "Help talk",
    14: "Category",
    15: "Category talk",
    -1: "Special",
    -2: "Media",
}
"""Names that work on every wiki beside its own."""
_ALIASES = {"Image": 6, "Image talk": 7}
_GRAMMAR = re.compile(r"\{\{[^|{}]*\|(\$1)\}\}")


class Namespaces:
    """The namespaces of one wiki by their names: those known beforehand and those that titles taught."""

    def __init__(self, server: str, names: dict[int, str], aliases: dict[str, int]) -> None:
        self._dotted_i = language(server) in _DOTTED_I
        self._case_sensitive = is_case_sensitive(server)
        self._given = dict(names)
        self._aliases = aliases
        self._names = dict(names)
        self._numbers = {name: number for number, name in _CANONICAL.items()}
        self._numbers |= {**_ALIASES, **aliases}
        self._numbers |= {name: number for number, name in names.items()}
        self._folded = {name.casefold(): number for name, number in self._numbers.items()}
        self._taught: set[tuple[int, str]] = set()
        self._learned: defaultdict[int, set[str]] = defaultdict(set)

    def namespace_of(self, title: str) -> int:
        """The number of the namespace that a prefixed title is in; 0 where the prefix names none."""
        prefix, colon, _ = title.partition(":")
        return self._number(prefix) if colon else 0

    def _number(self, prefix: str) -> int:
        number = self._numbers.get(prefix)
        return self._folded.get(prefix.casefold(), 0) if number is None else number

    def name(self, namespace: int) -> str | None:
        """The wiki's own name of a namespace, if it is known; "" for 0."""
        if namespace == 0:
            return ""
        return self._names.get(namespace) or _CANONICAL.get(namespace)

    def subject(self, title: str) -> str:
        """The title of a talk page's subject page; any other title as it is."""
        namespace = self.namespace_of(title)
        return self._beside(title, namespace - 1) if namespace > 0 and namespace % 2 else title

    def talk(self, title: str) -> str:
        """The title of a page's talk page; a talk page's own as it is, and that of a page that has none."""
        namespace = self.namespace_of(title)
        return title if namespace < 0 or namespace % 2 else self._beside(title, namespace + 1)

    def _beside(self, title: str, namespace: int) -> str:
        prefix, colon, rest = title.partition(":")
        name = self.name(namespace)
        if namespace == 0:
            return rest
        if namespace == 1:
            return f"{name}:{title}"
        if name is None:
            # Not seen yet: what MediaWiki would call it in English, until a title teaches better.
            name = f"{prefix} talk" if namespace % 2 else prefix.removesuffix(" talk")
        return f"{name}{colon}{rest}"

    def learn(self, namespace: int, title: str) -> bool:
        """Take the name of `namespace` from a prefixed title in it; True if it says something new.

        The outcome does not depend on the order of titles. Other names of a namespace stay understood.
        """
        if namespace == 0:
            return False
        prefix, colon, _ = title.partition(":")
        if not colon or not prefix or (namespace, prefix) in self._taught:
            return False
        self._taught.add((namespace, prefix))
        new = self._numbers.get(prefix) != namespace
        if new:
            self._forget(prefix, self._numbers.get(prefix))
            self._numbers[prefix] = namespace
            self._folded[prefix.casefold()] = namespace
        if self._aliases.get(prefix) == namespace and namespace in (2, 3):
            # Users' namespaces go by several names at once: one for each grammatical gender.
            return new
        self._learned[namespace].add(prefix)
        given = self._given.get(namespace)
        name = given if given in self._learned[namespace] else min(self._learned[namespace])
        if self._names.get(namespace) == name:
            return new
        self._names[namespace] = name
        return True

    def _forget(self, prefix: str, namespace: int | None) -> None:
        """A name that was wrongly supposed to be that of `namespace` is not."""
        if namespace is not None and self._names.get(namespace) == prefix:
            del self._names[namespace]

    def canonical(self, title: str) -> str:
        """`title` as this wiki writes it: its own name of the namespace, its case of the first letter."""
        title = _clean(title).lstrip(": ")
        prefix, colon, rest = (part.strip() for part in title.partition(":"))
        namespace = self._number(prefix) if colon else 0
        if namespace == 0:
            return self._capital(title, 0)
        gendered = namespace in (2, 3) and self._aliases.get(prefix) == namespace
        name = prefix if gendered else self.name(namespace)
        return f"{name}:{self._capital(rest, namespace)}"

    def _capital(self, text: str, namespace: int) -> str:
        if self._case_sensitive and namespace not in (2, 3, 8, 9):
            return text
        return _capitalized(text, dotted_i=self._dotted_i)


@lru_cache(maxsize=1)
def _data() -> tuple[dict[str, Any], dict[str, dict[str, str]]]:
    folder = resources.files("processors").joinpath("data")
    return (
        json.loads(folder.joinpath("namespaces.json").read_text(encoding="utf-8")),
        json.loads(folder.joinpath("sites.json").read_text(encoding="utf-8")),
    )


def namespaces_for(server_name: str) -> Namespaces:
    """What is known beforehand of a wiki's namespaces; a new object, to learn more by itself."""
    names, aliases = _known(server_name)
    return Namespaces(server_name, names, aliases)


@lru_cache(maxsize=1024)
def _known(server: str) -> tuple[dict[int, str], dict[str, int]]:
    languages, sites = _data()
    code = language(server)
    names: dict[int, str] = {}
    aliases: dict[str, int] = {}
    for one in reversed((code, *fallback_languages(code))):
        entry = languages.get(one, {})
        aliases |= {name: int(number) for name, number in entry.get("aliases", {}).items()}
        aliases |= {name: number for number, name in names.items()}
        names |= {int(number): name for number, name in entry.get("names", {}).items()}
    own = {**sites.get(f"*.{server.partition('.')[2]}", {}), **sites.get(server, {})}
    aliases |= {names[int(number)]: int(number) for number in own if int(number) in names}
    names |= {int(number): name for number, name in own.items()}
    project = names.setdefault(4, "Project")
    names[5] = _GRAMMAR.sub(r"\1", names.get(5, "$1 talk")).replace("$1", project)
    aliases = {name: number for name, number in aliases.items() if "$1" not in name}
    return names, aliases


# LanguageTr, LanguageAz and LanguageKaa of MediaWiki.
_DOTTED_I = frozenset({"tr", "az", "kaa"})
_MARKS = re.compile("[\u200e\u200f\u202a-\u202e]+")
_SPACES = re.compile("[ _\u00a0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def _clean(text: str) -> str:
    """Without direction marks, with single spaces, NFC: as MediaWiki does before anything else."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _MARKS.sub("", text))).strip(" \t\r\n")


def _capitalized(text: str, *, dotted_i: bool = False) -> str:
    if not text:
        return text
    first = text[0]
    # Title case, as Wikimedia configures it: ß, which has none, and Georgian letters stay as they are.
    upper = "İ" if dotted_i and first == "i" else first.title()
    return (upper if len(upper) == 1 else first) + text[1:]


def canonical_title(title: str, *, case_sensitive: bool = False) -> str:
    """`title` without what MediaWiki drops: underscores, direction marks, extra spaces, a small first letter.

    Args:
        case_sensitive: the wiki keeps the first letter's case (`wikis.is_case_sensitive`).
    """
    cleaned = _clean(title).lstrip(": ")
    return cleaned if case_sensitive else _capitalized(cleaned)


_USER_PREFIX = re.compile(r"^(?:user\s*:\s*)+", re.IGNORECASE)


def canonical_user(name: str) -> str:
    """`name` as events write it; the prefix of a user page (`User:`) is dropped."""
    return _capitalized(_USER_PREFIX.sub("", _clean(name), count=1))


_IP = re.compile(
    r"(?:[0-9]{1,3}\.){3}(?:[0-9]{1,3}|xxx)(?:/[0-9]{1,3})?"
    r"|(?=[^:]*:[^:]*:)[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?"
)
_TEMPORARY = re.compile(r"~2[0-9]{3}-[0-9-]+")


def is_ip(name: str) -> bool:
    """Whether an editor's name is an IP address: IPv4 (also `1.2.3.xxx` of old), IPv6, or a range.

    Errs on the side of privacy: no account can have such a name.
    """
    return _IP.fullmatch(name) is not None


def is_temporary(name: str) -> bool:
    """Whether a name is that of a temporary account: `~2026-12345-67`."""
    return name.startswith("~2") and _TEMPORARY.fullmatch(name) is not None
