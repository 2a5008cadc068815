"""Names that somebody gives in a command, as the wikis write them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from processors.errors import InvalidInput
from processors.programs.definition_build import build_page
from processors.programs.definition_shape import PageShape
from processors.programs.definition_values import Given, Instant, Name, Slug, Wiki
from processors.programs.program import Page, Program

UTC = ZoneInfo("UTC")
_USER: TypeAdapter[str] = TypeAdapter(Name)
_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_WIKI: TypeAdapter[str] = TypeAdapter(Wiki)
_TIME: TypeAdapter[datetime] = TypeAdapter(Instant)
_PAGE: TypeAdapter[PageShape] = TypeAdapter(PageShape)


def _read(adapter: TypeAdapter[Any], value: object, given: Given, what: str) -> Any:
    try:
        return adapter.validate_python(value, context=given)
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False)
        message = str(first["ctx"]["error"]) if first["type"] == "value_error" else first["msg"]
        raise InvalidInput(f"{what} {message}") from error


def read_user(name: str) -> str:
    """The canonical name of an account.

    Raises:
        InvalidInput: no account has such a name.
    """
    return str(_read(_USER, name, Given(UTC), "user:"))


def read_slug(text: str) -> str:
    """The slug in its canonical form.

    Raises:
        InvalidInput: it is none.
    """
    return str(_read(_SLUG, text, Given(UTC), "slug:"))


def read_wiki(name: str, known_wikis: Collection[str] = ()) -> str:
    """The server name or family that is meant.

    Raises:
        InvalidInput: there is no such wiki.
    """
    return str(_read(_WIKI, name, Given(UTC, known_wikis), "wiki:"))


def read_time(text: str, timezone: ZoneInfo = UTC) -> datetime:
    """The instant, in UTC; one without offset is one of `timezone`.

    Raises:
        InvalidInput: it is none.
    """
    at: datetime = _read(_TIME, text, Given(timezone), repr(text))
    return at.astimezone(UTC)


def read_page(page: Page, program: Program) -> Page:
    """The page as its wiki writes it, or, where several are meant, as most do.

    Raises:
        InvalidInput: there is no such wiki, or no page can have such a title.
    """
    only = program.wikis[0] if len(program.wikis) == 1 and not program.wikis[0].startswith("*") else ""
    written = {"title": page.title} | ({"wiki": page.wiki} if page.wiki else {})
    return build_page(_read(_PAGE, written, Given(UTC, program.wikis), "page:"), only)
