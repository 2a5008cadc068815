"""What a preview asks the books: how much counts now."""

from __future__ import annotations

from collections.abc import Collection

from processors.judging.contributions import PageRef
from processors.judging.preview import Amounts
from storage.connection import Connections, external


class ClickHousePreviews:
    """Reads `contributions`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def amounts(self, program: str) -> Amounts:
        """The program's numbers."""
        ((edits, uploads, editors, pages, bytes_added),) = self._connections.rows(
            "preview_amounts", {"program": program}
        )
        return Amounts(edits, uploads, editors, pages, bytes_added)

    def by_user(self, program: str, users: Collection[str]) -> dict[str, int]:
        """How many contributions each of these users has; who has none is left out."""
        if not users:
            return {}
        table = external("users", ("user",), ((user,) for user in users))
        return dict(self._connections.rows("preview_users", {"program": program}, [table]))

    def by_page(self, program: str, pages: Collection[PageRef]) -> dict[PageRef, int]:
        """How many contributions each of these pages has; those without are left out."""
        if not pages:
            return {}
        table = external("pages", ("wiki", "title"), pages)
        rows = self._connections.rows("preview_pages", {"program": program}, [table])
        return {PageRef(wiki, title): count for wiki, title, count in rows}
