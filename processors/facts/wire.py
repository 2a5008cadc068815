"""What the events of all streams share on the wire, and how it becomes the fields of a fact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from processors.errors import InvalidEvent
from processors.facts.facts import Position, UserClass
from processors.facts.titles import is_ip, is_temporary

# What the store's columns hold: a number beyond them would be refused there, again and again.
Int64 = Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)]
Int32 = Annotated[int, Field(ge=-(1 << 31), lt=1 << 31)]
UInt16 = Annotated[int, Field(ge=0, lt=1 << 16)]


class Wire(BaseModel):
    """Part of an event. Schemas grow: unknown fields pass."""

    model_config = ConfigDict(extra="ignore", frozen=False)


class Meta(Wire):
    id: str | None = None
    domain: str | None = None
    stream: str | None = None
    dt: AwareDatetime | None = None
    topic: str | None = None
    partition: UInt16 = 0
    offset: Int64 | None = None


_Event = TypeVar("_Event")


def parse(adapter: TypeAdapter[_Event], data: bytes) -> _Event:
    """The event that the bytes hold.

    Raises:
        InvalidEvent: they are not JSON or break the schema.
    """
    try:
        return adapter.validate_json(data)
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> InvalidEvent:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return InvalidEvent("json", first["msg"])
    where = ".".join(map(str, first["loc"]))
    return InvalidEvent("schema", f"{where}: {first['msg']}")


def position_of(meta: Meta) -> Position | None:
    if meta.topic is None or meta.offset is None:
        return None
    return Position(meta.topic, meta.partition, meta.offset)


def event_id_of(meta: Meta) -> str:
    if meta.id:
        return meta.id
    if meta.topic is not None and meta.offset is not None:
        return f"{meta.topic}/{meta.partition}/{meta.offset}"
    raise InvalidEvent("no_id", "neither meta.id nor a position identifies the event")


def user_of(name: str | None, *, temporary: bool = False) -> tuple[str | None, UserClass]:
    """The name to keep and its class; an IP address is dropped here and nowhere later."""
    if not name:
        return None, UserClass.HIDDEN
    if temporary or is_temporary(name):
        return name, UserClass.TEMPORARY
    if is_ip(name):
        return None, UserClass.ANONYMOUS
    return name, UserClass.NAMED


def utc(at: datetime, name: str) -> datetime:
    """The instant in UTC; one that the store's columns can't hold is invalid."""
    if not storable(at):
        raise InvalidEvent("schema", f"{name}: {at} is out of range")
    return at.astimezone(UTC)


def storable(at: datetime) -> bool:
    """Whether the store's columns can hold the instant."""
    return 1970 < at.year < 2106
