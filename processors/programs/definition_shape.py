"""The shape of a written program, checked by pydantic: its keys and what stands in them.

Every value arrives as text; the models hold what it means. Messages are for organisers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from processors.numbers.numbers import Metric
from processors.numbers.points import POINT_RULES
from processors.programs.definition_values import (
    Days,
    Hashtag,
    Instant,
    Legal,
    Name,
    Number,
    RevisionId,
    Slug,
    Wiki,
    all_or_numbers,
    as_list,
    known_zone,
    one_of,
    wiki_or_default,
)
from processors.programs.program import Membership, Side, Visibility

GOALS: tuple[str, ...] = (*(metric.value for metric in Metric), "editors", "new_editors")
"""The statistics that a program may set a goal for."""
POINTS: tuple[str, ...] = tuple(POINT_RULES)


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SessionShape(Shape):
    start: Instant
    end: Instant
    title: str = ""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> SessionShape:
        if self.end <= self.start:
            raise ValueError("ends before it starts" if self.end < self.start else "ends when it starts")
        return self


class PeriodShape(Shape):
    joined: Instant | None = None
    left: Instant | None = None

    @model_validator(mode="after")
    def _leaves_after_joining(self) -> PeriodShape:
        if self.joined is not None and self.left is not None and self.left <= self.joined:
            raise ValueError("left is to be after joined")
        return self


class PageShape(Shape):
    title: Legal
    wiki: Wiki | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_a_title(cls, value: object) -> object:
        return {"title": value} if isinstance(value, str) else value


class ParticipantShape(PeriodShape):
    user: Name
    team: str = ""
    periods: list[PeriodShape] | None = None
    hidden: bool = False
    pages: Annotated[list[PageShape], BeforeValidator(as_list)] = []

    @model_validator(mode="before")
    @classmethod
    def _only_a_name(cls, value: object) -> object:
        return {"user": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_once_when(self) -> ParticipantShape:
        if self.periods is not None and (self.joined is not None or self.left is not None):
            raise ValueError("has periods, and joined or left beside them; put these into the periods")
        return self


_KINDS = ("category", "titles", "prefix")


class ScopeShape(Shape):
    category: Legal | None = None
    titles: Annotated[list[Legal], BeforeValidator(as_list)] | None = None
    prefix: Legal | None = None
    wiki: Wiki | None = None
    depth: Annotated[int, Field(ge=0, le=20)] | None = None
    side: Side | None = None

    @model_validator(mode="before")
    @classmethod
    def _is_of_one_kind(cls, value: object) -> object:
        if isinstance(value, dict):
            kinds = [kind for kind in _KINDS if kind in value]
            if len(kinds) != 1 and (kinds or value.keys() <= cls.model_fields.keys()):
                raise ValueError(
                    f"is to have one of category, titles and prefix, and has {' and '.join(kinds) or 'none'}"
                )
            if kinds != ["category"] and value.keys() & {"depth", "side"}:
                raise ValueError("depth and side go with a category")
        return value


class ScopesShape(Shape):
    any: list[ScopeShape] | None = None
    outside: Annotated[list[ScopeShape], Field(alias="except")] = []
    membership: Membership = Membership.AT_EDIT

    @model_validator(mode="before")
    @classmethod
    def _may_be_the_list_itself(cls, value: object) -> object:
        if isinstance(value, list):
            return {"any": value}
        if isinstance(value, dict) and value.keys() & set(_KINDS):
            beside = {"membership", "except"}
            return {"any": [{key: inner for key, inner in value.items() if key not in beside}]} | {
                key: inner for key, inner in value.items() if key in beside
            }
        return value


class ExcludedUserShape(Shape):
    user: Name
    reason: str = ""

    @model_validator(mode="before")
    @classmethod
    def _only_a_name(cls, value: object) -> object:
        return {"user": value} if isinstance(value, str) else value


class ExcludedPageShape(PageShape):
    reason: str = ""


class ExcludedRevisionShape(Shape):
    wiki: Wiki | None = None
    rev: RevisionId
    reason: str = ""

    @model_validator(mode="before")
    @classmethod
    def _only_a_number(cls, value: object) -> object:
        return {"rev": value} if isinstance(value, str) else value


class ExclusionsShape(Shape):
    bots: bool = True
    minor: bool = False
    redirects: bool = False
    reverted: bool = False
    tools: bool = True
    users: Annotated[list[ExcludedUserShape], BeforeValidator(as_list)] = []
    titles: Annotated[list[ExcludedPageShape], BeforeValidator(as_list)] = []
    revisions: Annotated[list[ExcludedRevisionShape], BeforeValidator(as_list)] = []


class ProgramShape(Shape):
    slug: Slug
    version: Annotated[int, Field(ge=1)] | None = None
    title: str | None = None
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    sessions: Annotated[list[SessionShape], Field(min_length=1)]
    wikis: Annotated[list[Wiki], BeforeValidator(as_list), Field(min_length=1)]
    namespaces: dict[
        Annotated[str, AfterValidator(wiki_or_default)],
        Annotated[frozenset[Number] | None, BeforeValidator(all_or_numbers)],
    ] = {"default": frozenset({0})}
    participants: Annotated[list[ParticipantShape], BeforeValidator(as_list)] | None = None
    organisers: Annotated[list[Name], BeforeValidator(as_list)] = []
    open: bool = False
    hashtags: Annotated[list[Hashtag], BeforeValidator(as_list)] = []
    scope: ScopesShape | None = None
    exclude: ExclusionsShape = ExclusionsShape()
    visibility: Visibility = Visibility.PUBLIC
    goals: dict[Annotated[str, AfterValidator(one_of(*GOALS))], Number] = {}
    points: dict[Annotated[str, AfterValidator(one_of(*POINTS))], Annotated[float, Field(allow_inf_nan=False)]] = {}
    campaigns: Annotated[list[Slug], BeforeValidator(as_list)] = []
    expires: Instant | None = None
    new_editor_days: Days = 14
    hide_names_after_days: Days | None = None

    @model_validator(mode="before")
    @classmethod
    def _may_be_short(cls, value: object) -> object:
        """One session without a list, one wiki without one, one line of namespaces for all wikis."""
        if not isinstance(value, dict):
            return value
        written = dict(value)
        if "sessions" not in written and written.keys() & {"start", "end"}:
            written["sessions"] = [{key: written.pop(key) for key in ("start", "end") if key in written}]
        if "wikis" not in written and "wiki" in written:
            written["wikis"] = [written.pop("wiki")]
        if isinstance(written.get("namespaces"), str | list):
            written["namespaces"] = {"default": written["namespaces"]}
        return written

    @field_validator("title")
    @classmethod
    def _says_something(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("is empty; without the key, the slug is the title")
        return value


_NESTED: Mapping[str, type[Shape]] = {
    "sessions": SessionShape,
    "participants": ParticipantShape,
    "periods": PeriodShape,
    "pages": PageShape,
    "scope": ScopesShape,
    "any": ScopeShape,
    "except": ScopeShape,
    "exclude": ExclusionsShape,
    "users": ExcludedUserShape,
    "titles": ExcludedPageShape,
    "revisions": ExcludedRevisionShape,
}
SHORT_KEYS = ("start", "end", "wiki")


def keys_of(shape: type[Shape]) -> list[str]:
    """The keys that a mapping of this shape may have, as they are written."""
    return [field.alias or name for name, field in shape.model_fields.items()]


def keys_at(place: tuple[Any, ...]) -> list[str]:
    """The keys that a mapping at `place` of a program may have."""
    names = [part for part in place if isinstance(part, str)]
    shape = _NESTED.get(names[-1]) if names else None
    return keys_of(shape) if shape else [*keys_of(ProgramShape), *SHORT_KEYS]
