"""The shape of the written rules of a wiki, checked by pydantic: its keys and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo, model_validator

from processors.alerts.alerts import TAGS, AlertKind
from processors.alerts.rules import Rule, Sign
from processors.facts.titles import canonical_title, namespaces_for
from processors.programs.definition_values import as_list

_CATEGORY = 14


def _expression(text: str) -> str:
    """One that can be tried together with others."""
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if compiled.flags & ~re.UNICODE:
        raise ValueError("sets flags for all: write (?i:…) instead of (?i)…")
    return text


def _plain_expression(text: str) -> str:
    compiled = re.compile(_expression(text))
    if compiled.groups:
        raise ValueError("has groups: write (?:…) instead of (…)")
    if compiled.fullmatch("") or compiled.search(""):
        raise ValueError("fits everything")
    return text


def _category(title: str, info: ValidationInfo) -> str:
    """As events of the wiki write it; of a family only what follows the prefix counts."""
    assert isinstance(info.context, str)
    if info.context.startswith("*"):
        if ":" not in title:
            raise ValueError(f"{title!r} is not the title of a category: it begins with no Category:")
        return canonical_title(title)
    names = namespaces_for(info.context)
    if names.namespace_of(canonical_title(title)) != _CATEGORY:
        raise ValueError(f"{title!r} is not the title of a category: it begins with no {names.name(_CATEGORY)}:")
    return names.canonical(title)


def _tag(kind: object) -> object:
    if kind not in TAGS:
        raise ValueError(
            f"{kind!r} is no kind of deletion tag; there are {', '.join(k for k in AlertKind if k in TAGS)}"
        )
    return kind


Kind = Annotated[AlertKind, BeforeValidator(_tag)]
Expression = Annotated[str, AfterValidator(_expression)]
PlainExpression = Annotated[str, AfterValidator(_plain_expression)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    source: str = ""
    verified: str = ""


class CategoryShape(Shape):
    title: Annotated[str, AfterValidator(_category)] | None = None
    pattern: PlainExpression | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> CategoryShape:
        if (self.title is None) == (self.pattern is None):
            raise ValueError("is to have either a title or a pattern")
        return self

    def rule(self, wiki: str) -> Rule:
        return Rule(
            wiki, Sign.CATEGORY, self.kind, self.title or self.pattern or "", self.title is None,
            source=self.source, verified=self.verified,
        )  # fmt: skip


class CommentShape(Shape):
    pattern: PlainExpression

    def rule(self, wiki: str, sign: Sign) -> Rule:
        return Rule(wiki, sign, self.kind, self.pattern, True, source=self.source, verified=self.verified)


class RequestShape(Shape):
    on: Expression
    comment: Expression = ""
    new: bool = False

    @model_validator(mode="after")
    def _names_the_page(self) -> RequestShape:
        groups = [group for text in (self.on, self.comment) for group in re.compile(text).groupindex]
        if groups != ["page"]:
            raise ValueError("is to name the page once, as (?P<page>…), in `on` or in `comment`")
        return self

    def rule(self, wiki: str) -> Rule:
        return Rule(wiki, Sign.REQUEST, self.kind, self.comment, True, self.on, self.new, self.source, self.verified)


class WikiShape(BaseModel):
    """What is written of one wiki. It is validated with the wiki as context."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shipped: bool = True
    without: Annotated[Sequence[str], BeforeValidator(as_list)] = ()
    categories: Sequence[CategoryShape] = ()
    comments: Sequence[CommentShape] = ()
    cleared: Sequence[CommentShape] = ()
    requests: Sequence[RequestShape] = ()

    def rules(self, wiki: str) -> tuple[Rule, ...]:
        """The rules of `wiki`, whose rules these are."""
        return (
            *(one.rule(wiki) for one in self.categories),
            *(one.rule(wiki, Sign.COMMENT) for one in self.comments),
            *(one.rule(wiki, Sign.CLEARED) for one in self.cleared),
            *(one.rule(wiki) for one in self.requests),
        )


_LISTS: dict[str, type[BaseModel]] = {
    "categories": CategoryShape,
    "comments": CommentShape,
    "cleared": CommentShape,
    "requests": RequestShape,
}


def keys_at(place: Sequence[str | int]) -> list[str]:
    """The keys that the mapping at `place` may have."""
    model = _LISTS.get(str(place[0]), WikiShape) if place else WikiShape
    return list(model.model_fields)
