"""How long a server asks us to wait."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime


def read_retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a `Retry-After` header asks for, in either of its forms (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.isascii() and value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return None
