"""The single values in a written program: names, wikis, times, titles. Each arrives as text and is checked.

Messages are for organisers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from processors.errors import InvalidInput
from processors.facts.hashtags import hashtags
from processors.facts.titles import canonical_user, is_ip
from processors.facts.wikis import nearest, server_name


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


def known_zone(name: str) -> str:
    return zone(name).key


def _wiki(name: str, info: ValidationInfo) -> str:
    try:
        return server_name(name, _given(info).known_wikis)
    except InvalidInput as error:
        raise ValueError(str(error)) from error


def wiki_or_default(name: str, info: ValidationInfo) -> str:
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


def _hashtag(text: str) -> str:
    """As `processors/facts/hashtags.py` finds it in a summary."""
    tag = unicodedata.normalize("NFC", text.strip()).removeprefix("#").casefold()
    if hashtags(f"#{tag}") != {tag}:
        raise ValueError(
            f"{text!r} is no hashtag: letters, digits, _ and -, beginning with a letter or digit, not a number"
        )
    return tag


def as_list(value: object) -> object:
    """A list may be written as text, one item a line."""
    return [line for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


def all_or_numbers(value: object) -> object:
    """`all` is None; one number may stand without a list."""
    return None if value == "all" else [value] if isinstance(value, str) else value


def one_of(*choices: str) -> Callable[[str], str]:
    """A check that a key is one of these."""

    def check(key: str) -> str:
        if key not in choices:
            close = nearest(key, choices)
            hint = f"did you mean {close}?" if close else f"there are {', '.join(choices)}"
            raise ValueError(f"unknown; {hint}")
        return key

    return check


Instant = Annotated[datetime, BeforeValidator(_instant)]
Name = Annotated[str, AfterValidator(_user)]
Wiki = Annotated[str, AfterValidator(_wiki)]
Slug = Annotated[str, AfterValidator(_slug)]
Hashtag = Annotated[str, AfterValidator(_hashtag)]
Legal = Annotated[str, AfterValidator(lambda text: legal(text.strip()))]
Number = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(ge=0, le=36_500)]
RevisionId = Annotated[int, Field(ge=1, lt=2**63)]
