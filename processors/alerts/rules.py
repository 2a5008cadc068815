"""Rules for deletion tags: which categories, and which edit summaries, say on a wiki that a page may be deleted.

Those that are shipped are data (`processors/data/alert_rules.json`), each with its source; operators add their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from processors.alerts.alerts import AlertKind
from processors.facts.titles import canonical_title


class Sign(StrEnum):
    """What a rule looks at."""

    CATEGORY = "category"
    """A page is in this category as long as it is tagged."""
    COMMENT = "comment"
    """The summary of the edit that tags a page."""
    CLEARED = "cleared"
    """The summary of the edit that takes the tag away."""
    REQUEST = "request"
    """An edit of another page: the one on which the deletion is asked for."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one wiki, or of a family of wikis."""

    wiki: str
    """Server name, `*.wikisource.org` or `*`."""
    sign: Sign
    kind: AlertKind
    text: str
    """Title of the category, with its prefix; or a regular expression."""
    is_pattern: bool = False
    """`text` is a regular expression: for all that follows a category's prefix, or for something in a summary."""
    on: str = ""
    """Of a request: regular expression for the whole title of the page that is edited."""
    new: bool = False
    """Of a request: only if the edit creates that page."""
    source: str = ""
    """Where it is written that this is so, for people."""
    verified: str = ""
    """When and how the source was read."""

    @property
    def name(self) -> str:
        """What it is called where rules are switched off or shown."""
        return self.on or self.text


class WikiRules:
    """The rules of one wiki, ready to be asked at every event."""

    __slots__ = ("_cleared", "_comments", "_names", "_patterns", "_requests", "rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        categories = [rule for rule in rules if rule.sign is Sign.CATEGORY]
        self._names = {_name(rule.text): rule for rule in reversed(categories) if not rule.is_pattern}
        self._patterns = _Patterns([rule for rule in categories if rule.is_pattern])
        self._comments = _Patterns([rule for rule in rules if rule.sign is Sign.COMMENT])
        self._cleared = _Patterns([rule for rule in rules if rule.sign is Sign.CLEARED])
        requests = [rule for rule in rules if rule.sign is Sign.REQUEST]
        self._requests = [(re.compile(rule.on), re.compile(rule.text), rule) for rule in requests]

    def category_kind(self, title: str) -> AlertKind | None:
        """What a page in this category is tagged as; None: nothing. `title` as events write it."""
        rule = self.category_rule(title)
        return rule.kind if rule else None

    def comment_kind(self, comment: str) -> AlertKind | None:
        """What an edit with this summary tags its page as."""
        rule = self.comment_rule(comment)
        return rule.kind if rule and rule.sign is Sign.COMMENT else None

    def comment_cleared(self, comment: str) -> AlertKind | None:
        """What an edit with this summary says that its page is no longer tagged as."""
        rule = self.comment_rule(comment)
        return rule.kind if rule and rule.sign is Sign.CLEARED else None

    def category_rule(self, title: str) -> Rule | None:
        """The rule that a category falls under. A title in full goes before patterns, and those in their order."""
        name = title.partition(":")[2]
        return self._names.get(name) or self._patterns.fullmatch(name)

    def comment_rule(self, comment: str) -> Rule | None:
        """The rule that a summary falls under; one of a tag taken away goes first, since both name the tag."""
        return self._cleared.search(comment) or self._comments.search(comment)

    def request(self, title: str, comment: str, *, created: bool) -> tuple[Rule, str] | None:
        """What an edit of `title` asks for: the rule, and the page that is to be deleted."""
        for on, text, rule in self._requests:
            place = on.fullmatch(title)
            if place is None or (rule.new and not created):
                continue
            said = text.search(comment)
            if said is not None:
                page = (place.groupdict() | said.groupdict())["page"]
                return rule, canonical_title(page)
        return None

    def match(self, title: str, comment: str = "", *, created: bool = False) -> tuple[tuple[Rule, str], ...]:
        """Every rule that something falls under, for people, and the page it is about.

        Args:
            title: of the category, or of the page that was edited.
        """
        category = self.category_rule(title)
        said = self.comment_rule(comment)
        found = [(rule, title) for rule in (category, said) if rule]
        request = self.request(title, comment, created=created)
        return (*found, request) if request else tuple(found)


class _Patterns:
    """Several expressions that are tried at once: nearly always none fits."""

    __slots__ = ("_any", "_each")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._each = [(re.compile(rule.text), rule) for rule in rules]
        self._any = re.compile("|".join(f"(?:{rule.text})" for rule in rules)) if rules else None

    def fullmatch(self, text: str) -> Rule | None:
        if self._any is None or not self._any.fullmatch(text):
            return None
        return next(rule for pattern, rule in self._each if pattern.fullmatch(text))

    def search(self, text: str) -> Rule | None:
        if self._any is None or not self._any.search(text):
            return None
        return next(rule for pattern, rule in self._each if pattern.search(text))


def _name(title: str) -> str:
    """What follows the prefix: wikis have it in several languages, and events in one."""
    return canonical_title(title.partition(":")[2])


@dataclass(frozen=True, slots=True)
class Overrides:
    """What an operator wants otherwise on one wiki or family."""

    rules: tuple[Rule, ...] = ()
    """Go before those that are shipped."""
    shipped: bool = True
    """False: the shipped rules of this wiki do not hold."""
    without: frozenset[str] = frozenset()
    """Names of shipped rules that do not hold."""


class AlertRules:
    """The rules of all wikis; a value."""

    __slots__ = ("_by_wiki", "_known")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_wiki: dict[str, list[Rule]] = {}
        self._known: dict[str, WikiRules] = {}
        for rule in rules:
            self._by_wiki.setdefault(rule.wiki, []).append(rule)

    def merged(self, overrides: Mapping[str, Overrides]) -> AlertRules:
        """These rules as an operator wants them: by wiki or family, as `read_overrides` returns it."""
        kept = {
            wiki: [rule for rule in rules if _holds(rule, overrides.get(wiki))] for wiki, rules in self._by_wiki.items()
        }
        wikis = dict.fromkeys((*overrides, *kept))
        return AlertRules(
            rule
            for wiki in wikis
            for rule in (*(overrides[wiki].rules if wiki in overrides else ()), *kept.get(wiki, ()))
        )

    def of(self, wiki: str) -> WikiRules:
        """What holds on a wiki: its own rules, then those of its family, then those of all."""
        known = self._known.get(wiki)
        if known is None:
            names = (wiki, f"*.{wiki.partition('.')[2]}", "*")
            known = WikiRules([rule for name in names for rule in self._by_wiki.get(name, ())])
            self._known[wiki] = known
        return known

    @property
    def wikis(self) -> tuple[str, ...]:
        """Wikis and families that have rules."""
        return tuple(self._by_wiki)


def _holds(rule: Rule, override: Overrides | None) -> bool:
    return override is None or (override.shipped and rule.name not in override.without)
