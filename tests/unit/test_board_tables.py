"""Boards, statistics and results in a terminal."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console, RenderableType

from deploy.cli.board_tables import board_table, comparison_table, results_table, statistics_table
from processors.numbers.numbers import By, Division, Goal, Metric, Standing, Totals
from processors.ports.boards import (
    Board,
    Campaign,
    CampaignBoard,
    Comparison,
    Difference,
    Freshness,
    Part,
    Result,
    Statistics,
)
from tests.boards import PROGRAM, START, standing

FRESH = Freshness(START, 1.25, 0)
TOTALS = Totals(2, 2, 4, 1234, 10, 1, 2, START, new_editors=1)
ADA = replace(standing("[bold]Ada", 3, 1200, "blue"), rank=1)
HIDDEN = replace(standing("Participant 2", 1), rank=2, hidden=True)
BOARD = Board(PROGRAM, Metric.EDITS, (ADA, HIDDEN), TOTALS, FRESH)


def printed(what: RenderableType) -> str:
    console = Console(width=160, no_color=True)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def test_a_board_shows_totals_goals_and_how_fresh_it_is() -> None:
    text = printed(board_table(replace(BOARD, goals=(Goal("edits", 40, 4),))))
    assert "[bold]Ada" in text, "names are no markup"
    assert "Women in <Red> & more" in text
    assert "2 editors (1 new) · 4 edits · +1,234 bytes · 1 created · 2 edited" in text
    assert "goal: Edits 4 of 40 (10%)" in text
    assert "as of 2026-11-24 14:00:00 UTC" in text


def test_special_numbers_show_where_there_are_any_and_the_ranked_one_always() -> None:
    assert "uploads" not in printed(board_table(BOARD))
    assert "uploads" in printed(board_table(replace(BOARD, metric=Metric.UPLOADS)))
    text = printed(board_table(replace(BOARD, totals=replace(TOTALS, points=7.5))))
    assert "7.5 points" in text


def test_a_board_that_is_cut_says_so_and_an_empty_one_too() -> None:
    assert "and 1 more" in printed(board_table(BOARD, rows=1))
    assert "No contributions yet." in printed(board_table(replace(BOARD, standings=())))


def test_boards_of_articles_and_campaigns_name_what_they_are_of() -> None:
    article = Standing("", "", 3, 0, 0, 0, 0, START, wiki="en.wikipedia.org", title="Marie Curie", rank=1)
    assert "Marie Curie (en.wikipedia.org)" in printed(board_table(replace(BOARD, by=By.ARTICLE, standings=(article,))))
    team = Standing("", "", 3, 0, 0, 0, 0, START, rank=1)
    assert "no team" in printed(board_table(replace(BOARD, by=By.TEAM, standings=(team,))))
    campaign = CampaignBoard(Campaign("autumn", (PROGRAM,), 0), Metric.EDITS, (ADA,), TOTALS, FRESH)
    assert "Campaign autumn" in printed(board_table(campaign))


def test_statistics_have_a_line_for_each_part() -> None:
    found = Statistics(
        PROGRAM, Division.USER_CLASS, (Part("named", "named", TOTALS), Part("", "", TOTALS)), TOTALS, FRESH
    )
    text = printed(statistics_table(found))
    assert "by user class" in text
    assert "named" in text
    assert "none" in text


RESULT = Result("wir", "final", START, START, "ab" * 32, True, Metric.EDITS, (ADA, HIDDEN), TOTALS)


def test_results_are_listed_and_a_broken_one_stands_out() -> None:
    text = printed(results_table("wir", [RESULT, replace(RESULT, name="half", intact=False)], FRESH))
    assert text.count("DOES NOT MATCH") == 1
    assert "programs freeze wir NAME" in printed(results_table("wir", [], FRESH))


def test_a_result_says_what_has_changed_since() -> None:
    text = printed(comparison_table(Comparison(RESULT, TOTALS, (Difference(ADA, replace(ADA, edits=2)),), FRESH)))
    assert "[bold]Ada: edits 3 → 2" in text
    assert "ab" * 32 + " matches what is stored" in text
    later = replace(ADA, last_edit_at=None)
    assert "the time of the last edit" in printed(
        comparison_table(Comparison(RESULT, TOTALS, (Difference(ADA, later),), FRESH))
    )
    assert "Nothing has changed since." in printed(comparison_table(Comparison(RESULT, TOTALS, (), FRESH)))
