"""Wikimedia's wikis by name: server names, database names, families and content languages.

There is no list of wikis in here: a new one is accepted on its first day if its name is well formed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from importlib import resources

from processors.errors import InvalidInput

_PROJECTS = (
    "wikipedia",
    "wiktionary",
    "wikibooks",
    "wikinews",
    "wikiquote",
    "wikisource",
    "wikiversity",
    "wikivoyage",
)
_FAMILIES = (*(f"{project}.org" for project in _PROJECTS), "wikimedia.org")

_SPECIAL = {
    "commonswiki": "commons.wikimedia.org",
    "wikidatawiki": "www.wikidata.org",
    "metawiki": "meta.wikimedia.org",
    "specieswiki": "species.wikimedia.org",
    "incubatorwiki": "incubator.wikimedia.org",
    "mediawikiwiki": "www.mediawiki.org",
    "wikifunctionswiki": "www.wikifunctions.org",
    "sourceswiki": "wikisource.org",
    "outreachwiki": "outreach.wikimedia.org",
    "wikimaniawiki": "wikimania.wikimedia.org",
    "foundationwiki": "foundation.wikimedia.org",
    "labswiki": "wikitech.wikimedia.org",
    "betawikiversity": "beta.wikiversity.org",
    "testwiki": "test.wikipedia.org",
    "test2wiki": "test2.wikipedia.org",
    "testwikidatawiki": "test.wikidata.org",
    "testcommonswiki": "test-commons.wikimedia.org",
    "be_x_oldwiki": "be-tarask.wikipedia.org",
}
_SERVERS = frozenset(_SPECIAL.values())
_SHORT = {
    **{dbname.removesuffix("wiki"): server for dbname, server in _SPECIAL.items() if dbname.endswith("wiki")},
    "wikidata.org": "www.wikidata.org",
    "mediawiki.org": "www.mediawiki.org",
    "wikifunctions.org": "www.wikifunctions.org",
    "wikispecies": "species.wikimedia.org",
    "www.wikisource.org": "wikisource.org",
}
_DATABASE_SUFFIXES = {"wiki": "wikipedia.org", **{project: f"{project}.org" for project in _PROJECTS}}

_LABEL = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_SERVER = re.compile(rf"(?:{_LABEL}|\*)\.(?:{'|'.join(map(re.escape, _FAMILIES))})")
_DATABASE = re.compile(rf"([a-z][a-z0-9_]*?)(wiki|{'|'.join(_PROJECTS[1:])}|wikimedia)")
_MOBILE = re.compile(r"^([a-z0-9-]+)\.m\.")

_RULE = "a wiki is a server name (en.wikipedia.org), a database name (enwiki) or a family (*.wikisource.org, *)"


def server_name(name: str, known: Iterable[str] = ()) -> str:
    """Return the server name or family that `name` stands for.

    Args:
        name: a server name, its address, a database name (`enwiki`), a short form (`en.wikipedia`,
            `commons`), a family (`*.wikisource.org`) or `*`.
        known: server names that are right although no rule gives them.

    Raises:
        InvalidInput: it is none of these; the message names the nearest that is.
    """
    known = tuple(known)
    text = name.strip().lower()
    text = re.sub(r"^(?:https?:)?//", "", text).partition("/")[0]
    text = _MOBILE.sub(r"\1.", text)
    if text == "*" or text in _SERVERS or text in known:
        return text
    found = _SPECIAL.get(text) or _SHORT.get(text)
    if found:
        return found
    for candidate in (text, f"{text}.org"):
        if _SERVER.fullmatch(candidate):
            return _SPECIAL.get(candidate, candidate)
    match = _DATABASE.fullmatch(text)
    if match:
        family = "wikimedia.org" if match[2] == "wikimedia" else _DATABASE_SUFFIXES[match[2]]
        return f"{match[1].replace('_', '-')}.{family}"
    suggestion = _suggestion(text, known)
    hint = f"; did you mean {suggestion}?" if suggestion else ""
    raise InvalidInput(f"{name!r} is no Wikimedia wiki: {_RULE}{hint}")


def _suggestion(text: str, known: tuple[str, ...]) -> str | None:
    if re.fullmatch(r"[a-z]{2,3}", text):
        return f"{text}.wikipedia.org"
    database = re.fullmatch(r"([a-z]{2,3}|[a-z]+_[a-z_]+?)_?(wik[a-z]+)", text)
    if database:
        project = nearest(database[2], _PROJECTS)
        return f"{database[1].replace('_', '-')}.{project}.org" if project else None
    label, dot, rest = text.partition(".")
    if dot and re.fullmatch(rf"{_LABEL}|\*", label):
        special = nearest(text, (*known, *_SERVERS))
        family = nearest(rest, _FAMILIES) or nearest(rest, _PROJECTS)
        if family and not (special and special.startswith(f"{label}.")):
            return server_name(f"{label}.{family}")
        return special
    databases = (f"{text[:2]}wiki", f"{text[:3]}wiki") if text.isalpha() else ()
    return nearest(text, (*databases, *known, *_SERVERS, *_SPECIAL, *_SHORT))


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like `name`, or None if none looks like it."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


# Subdomains whose wiki has another content language than they say: wgLanguageCode of the sites.
_LANGUAGES = {
    "als": "gsw",
    "bat-smg": "sgs",
    "be-x-old": "be-tarask",
    "crh": "crh-latn",
    "cz": "cs",
    "dk": "da",
    "fiu-vro": "vro",
    "mo": "ro",
    "no": "nb",
    "roa-rup": "rup",
    "simple": "en",
    "zh-classical": "lzh",
    "zh-min-nan": "nan",
    "zh-yue": "yue",
}
_CHAPTERS = {
    "am": "hy",
    "ar": "es",
    "bd": "bn",
    "br": "pt-br",
    "cn": "zh",
    "co": "es",
    "dk": "da",
    "ee": "et",
    "et": "et",
    "fi": "fi",
    "ge": "ka",
    "hi": "hi",
    "id": "id",
    "il": "he",
    "mk": "mk",
    "mx": "es",
    "nl": "nl",
    "no": "nb",
    "pl": "pl",
    "pt": "pt",
    "romd": "ro",
    "rs": "sr",
    "ru": "ru",
    "se": "sv",
    "tr": "tr",
    "ua": "uk",
    "ve": "es",
    "wb": "bn",
}
_NOT_LANGUAGES = frozenset({"*", "www", "test", "test2", "beta", "nostalgia", "thankyou"})


@lru_cache(maxsize=4096)
def language(server: str) -> str:
    """The content language of a wiki, as MediaWiki codes it: `en.wikipedia.org` is `en`.

    It is the language of namespaces and of generated summaries; wikis of many languages use English.
    """
    label, _, family = server.partition(".")
    if family == "wikimedia.org":
        return _CHAPTERS.get(label, "en")
    if family not in _FAMILIES or label in _NOT_LANGUAGES:
        return "en"
    return _LANGUAGES.get(label, label)


def fallback_languages(code: str) -> tuple[str, ...]:
    """The languages whose words MediaWiki takes where `code` has none, best first; English is the last."""
    others = tuple(_fallbacks().get(code, ()))
    return others if "en" in others else (*others, "en")


@lru_cache(maxsize=1)
def _fallbacks() -> dict[str, list[str]]:
    text = resources.files("processors").joinpath("data", "fallbacks.json").read_text(encoding="utf-8")
    fallbacks: dict[str, list[str]] = json.loads(text)
    return fallbacks


def is_case_sensitive(server: str) -> bool:
    """Whether the first letter of a title keeps its case: on Wiktionaries and the Lojban Wikipedia."""
    return server.endswith(".wiktionary.org") or server == "jbo.wikipedia.org"
