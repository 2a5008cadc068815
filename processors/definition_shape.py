"""The shape of a written program, checked by pydantic: keys, kinds of values, names, times.

Every value arrives as text; the models hold what it means. Messages are for organisers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from processors.errors import InvalidInput
from processors.ports import Metric
from processors.programs import Membership, Side, Visibility
from processors.titles import canonical_user, is_ip
from processors.wikis import nearest, server_name


@dataclass(frozen=True, slots=True)
class Given:
    """What validation needs to know beside the document."""

    timezone: ZoneInfo
    known_wikis: Collection[str] = ()


def _given(info: ValidationInfo) -> Given:
    assert isinstance(info.context, Given)
    return info.context


def zone(name: str) -> ZoneInfo:
    """The time zone of that name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = nearest(name, available_timezones())
        hint = f"; did you mean {close}?" if close else ", such as Europe/Paris"
        raise ValueError(f"{name!r} is no time zone of the IANA list{hint}") from None


def _known_zone(name: str) -> str:
    return zone(name).key


def _wiki(name: str, info: ValidationInfo) -> str:
    try:
        return server_name(name, _given(info).known_wikis)
    except InvalidInput as error:
        raise ValueError(str(error)) from error


def _wiki_or_default(name: str, info: ValidationInfo) -> str:
    return name if name == "default" else _wiki(name, info)


_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,6})?)?) ?(Z|[+-]\d\d:?\d\d(?::?\d\d)?)?)?", re.ASCII
)


def _instant(value: object, info: ValidationInfo) -> datetime:
    """UTC; a time without offset is one of the program's time zone, and has to be there exactly once."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("is not a time; write it as 2026-11-08T14:00")
    if match[2] is None:
        raise ValueError(f"is a day without a time; write {match[1]}T00:00 for its beginning")
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2].replace(',', '.')}{match[3] or ''}")
        if moment.tzinfo is None:
            moment = _in_zone(moment, _given(info).timezone)
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def _in_zone(local: datetime, timezone: ZoneInfo) -> datetime:
    moment = local.replace(tzinfo=timezone)
    if moment.astimezone(UTC).astimezone(timezone).replace(tzinfo=None) != local:
        raise ValueError(f"does not exist in {timezone.key}: the clocks are put forward over it")
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        options = " or ".join(moment.replace(fold=fold).isoformat(timespec="minutes") for fold in (0, 1))
        raise ValueError(f"is there twice in {timezone.key}, where the clocks are put back; write {options}")
    return moment


_ILLEGAL = re.compile(r"[\x00-\x1f\x7f\ufffd#<>\[\]{}|]")


def legal(text: str) -> str:
    """`text` if it can be a title or a part of one.

    Raises:
        ValueError: it is empty or has a character that no title has.
    """
    if not text:
        raise ValueError("is empty")
    found = _ILLEGAL.search(text)
    if found:
        raise ValueError(f"{text!r} has a {found[0]!r}, which no title or name on a wiki has")
    return text


def _user(name: str) -> str:
    name = legal(canonical_user(name))
    if is_ip(name):
        raise ValueError(f"{name} is an IP address: addresses are never kept, so it could not be counted")
    if "/" in name or len(name.encode()) > 255:
        raise ValueError(f"{name!r} is no user name: they have no / and at most 255 bytes")
    return name


def _slug(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    if not text or len(text) > 100 or text[0] in "-._" or not all(_fits_slug(char) for char in text):
        raise ValueError(
            f"{text!r} is no slug: up to 100 letters, digits, -, . and _, beginning with a letter or digit"
        )
    return text


def _fits_slug(char: str) -> bool:
    return char in "-._" or unicodedata.category(char)[0] in "LMN"


def _lines(value: object) -> object:
    """A list may be written as text, one item a line."""
    return [line for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


def _all(value: object) -> object:
    return None if value == "all" else [value] if isinstance(value, str) else value


def _one_of(*choices: str) -> Callable[[str], str]:
    def check(key: str) -> str:
        if key not in choices:
            close = nearest(key, choices)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(choices)}"
            raise ValueError(f"unknown; {hint}")
        return key

    return check


POINTS = ("edit", "article_created", "per_1000_bytes")

Instant = Annotated[datetime, BeforeValidator(_instant)]
Name = Annotated[str, AfterValidator(_user)]
Wiki = Annotated[str, AfterValidator(_wiki)]
Legal = Annotated[str, AfterValidator(lambda text: legal(text.strip()))]
Number = Annotated[int, Field(ge=0)]


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


class ParticipantShape(Shape):
    user: Name
    team: str = ""
    joined: Instant | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_a_name(cls, value: object) -> object:
        return {"user": value} if isinstance(value, str) else value


_KINDS = ("category", "titles", "prefix")


class ScopeShape(Shape):
    category: Legal | None = None
    titles: Annotated[list[Legal], BeforeValidator(_lines)] | None = None
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
    membership: Membership = Membership.AT_EDIT

    @model_validator(mode="before")
    @classmethod
    def _may_be_the_list_itself(cls, value: object) -> object:
        if isinstance(value, list):
            return {"any": value}
        if isinstance(value, dict) and value.keys() & set(_KINDS):
            return {"any": [{key: inner for key, inner in value.items() if key != "membership"}]} | {
                key: inner for key, inner in value.items() if key == "membership"
            }
        return value


class ExclusionsShape(Shape):
    bots: bool = True
    minor: bool = False
    redirects: bool = False
    reverted: bool = False
    users: Annotated[list[Name], BeforeValidator(_lines)] = []
    titles: Annotated[list[Legal], BeforeValidator(_lines)] = []


class ProgramShape(Shape):
    slug: Annotated[str, AfterValidator(_slug)]
    title: str | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    sessions: Annotated[list[SessionShape], Field(min_length=1)]
    wikis: Annotated[list[Wiki], BeforeValidator(_lines), Field(min_length=1)]
    namespaces: dict[
        Annotated[str, AfterValidator(_wiki_or_default)],
        Annotated[frozenset[Number] | None, BeforeValidator(_all)],
    ] = {"default": frozenset({0})}
    participants: Annotated[list[ParticipantShape], BeforeValidator(_lines)] | None = None
    open: bool = False
    scope: ScopesShape | None = None
    exclude: ExclusionsShape = ExclusionsShape()
    visibility: Visibility = Visibility.PUBLIC
    goals: dict[Annotated[str, AfterValidator(_one_of(*Metric))], Number] = {}
    points: dict[Annotated[str, AfterValidator(_one_of(*POINTS))], Annotated[float, Field(allow_inf_nan=False)]] = {}

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
    "any": ScopeShape,
    "scope": ScopesShape,
    "exclude": ExclusionsShape,
}
_SHORT_KEYS = ("start", "end", "wiki")


def keys_at(place: tuple[Any, ...]) -> list[str]:
    """The keys that a mapping at `place` of a program may have."""
    names = [part for part in place if isinstance(part, str)]
    shape = _NESTED.get(names[-1]) if names else None
    return list(shape.model_fields) if shape else [*ProgramShape.model_fields, *_SHORT_KEYS]
