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
    source: str = ""
    """Where it is written that this is so, for people."""
    verified: str = ""
    """How the source was read."""


class WikiRules:
    """The rules of one wiki, ready to be asked at every event."""

    __slots__ = ("_cleared", "_comments", "_names", "_patterns", "rules")

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        categories = [rule for rule in rules if rule.sign is Sign.CATEGORY]
        self._names = {_name(rule.text): rule for rule in reversed(categories) if not rule.is_pattern}
        self._patterns = _Patterns([rule for rule in categories if rule.is_pattern])
        self._comments = _Patterns([rule for rule in rules if rule.sign is Sign.COMMENT])
        self._cleared = _Patterns([rule for rule in rules if rule.sign is Sign.CLEARED])

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
    """Texts of shipped rules that do not hold."""


class AlertRules:
    """The rules of all wikis; a value."""

    __slots__ = ("_by_wiki", "_known")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_wiki: dict[str, list[Rule]] = {}
        self._known: dict[str, WikiRules] = {}
        for rule in rules:
            self._by_wiki.setdefault(rule.wiki, []).append(rule)

    @staticmethod
    def shipped() -> AlertRules:
        """Those that come with wikitally."""
        from processors.alerts.rules_data import shipped_rules

        return AlertRules(shipped_rules())

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
    return override is None or (override.shipped and rule.text not in override.without)
