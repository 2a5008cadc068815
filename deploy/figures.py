"""What a finished run has to say: its figures and its boards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.render import board_json
from deploy.counting.plan import Figures
from processors.ports.boards import Board


@dataclass(frozen=True, slots=True)
class Run:
    """A run over a recording."""

    figures: Figures
    seconds: float
    boards: tuple[Board, ...]

    @property
    def contributions(self) -> int:
        """Edits that count now, over all programs of the store."""
        return sum(board.totals.edits for board in self.boards)

    def as_json(self) -> dict[str, Any]:
        """For machines: figures as numbers, boards as the API gives them."""
        figures = self.figures
        return {
            "events_read": figures.events_read,
            "canaries": figures.canaries,
            "duplicates_dropped": figures.duplicates_dropped,
            "dead_letters": figures.dead_letters,
            "facts": figures.facts,
            "edits_judged": figures.edits_judged,
            "contributions": self.contributions,
            "seconds": round(self.seconds, 3),
            "events_per_second": round(figures.events_read / self.seconds) if self.seconds else None,
            "boards": [board_json(board) for board in self.boards],
        }

    def lines(self) -> list[tuple[str, str]]:
        """For people: (what, how much)."""
        figures = self.figures
        rows = [
            ("events read", f"{figures.events_read:,}"),
            ("duplicates dropped", f"{figures.duplicates_dropped:,}"),
            ("edits judged", f"{figures.edits_judged:,}"),
            ("contributions", f"{self.contributions:,}"),
            ("seconds", f"{self.seconds:.2f}"),
            ("events per second", f"{figures.events_read / self.seconds:,.0f}" if self.seconds else "-"),
        ]
        if figures.dead_letters:
            rows.insert(2, ("dead letters", f"{figures.dead_letters:,}"))
        return rows
