"""Commands that print numbers: leaderboards, statistics, frozen results."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.render import board_csv, board_json, board_wikitext, freshness_json
from api.statistics_render import (
    campaign_board_json,
    comparison_json,
    result_json,
    statistics_csv,
    statistics_json,
)
from deploy.answers.boards import StoreBoards
from deploy.cli.board_tables import board_table, comparison_table, results_table, statistics_table
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import err, out
from deploy.clock import now
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.facts.wikis import nearest
from processors.numbers.numbers import By, Division, Metric
from processors.ports.boards import Board, CampaignBoard, Moment
from processors.programs.names import read_time


class BoardFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    WIKITEXT = "wikitext"


class TableFormat(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@contextmanager
def _boards(settings: Settings) -> Iterator[StoreBoards]:
    with opened_store(settings) as opened, err.status("Adding up ..."):
        yield StoreBoards(opened.store, now)


def _moment(boards: StoreBoards, slug: str, as_of: str | None, session: str | None, last_minutes: int | None) -> Moment:
    """A time without an offset is in the program's time zone."""
    if as_of is None:
        return Moment(None, session, last_minutes)
    view = boards.read_program(slug)
    return Moment(read_time(as_of, ZoneInfo(view.program.timezone if view else "UTC")), session, last_minutes)


def leaderboard(
    settings: Settings,
    slug: str,
    metric: Metric,
    output: BoardFormat,
    limit: int | None,
    *,
    as_of: str | None,
    session: str | None,
    last_minutes: int | None,
    by: By,
    campaign: bool,
    names: bool,
) -> None:
    """Print the board of a program or a campaign."""
    with _boards(settings) as boards:
        board: Board | CampaignBoard | None
        if campaign:
            time = read_time(as_of, ZoneInfo("UTC")) if as_of else None
            moment = Moment(time, session, last_minutes)
            board = boards.read_campaign_board(slug, metric, limit, moment=moment, by=by, names=names)
        else:
            moment = _moment(boards, slug, as_of, session, last_minutes)
            board = boards.read_board(slug, metric, limit, moment=moment, by=by, names=names)
        if board is None:
            raise _no_campaign(slug, boards) if campaign else _no_program(slug, boards, moment)
    match output:
        case BoardFormat.TABLE:
            out.print(board_table(board))
        case BoardFormat.JSON:
            print_json(board_json(board) if isinstance(board, Board) else campaign_board_json(board))
        case BoardFormat.CSV:
            sys.stdout.write(board_csv(board))
        case BoardFormat.WIKITEXT:
            sys.stdout.write(board_wikitext(board))


def statistics(
    settings: Settings,
    slug: str,
    by: Division,
    output: TableFormat,
    *,
    as_of: str | None,
    session: str | None,
    last_minutes: int | None,
) -> None:
    """Print a program's numbers in parts."""
    with _boards(settings) as boards:
        moment = _moment(boards, slug, as_of, session, last_minutes)
        found = boards.read_statistics(slug, by, moment=moment)
        if found is None:
            raise _no_program(slug, boards, moment)
    match output:
        case TableFormat.TABLE:
            out.print(statistics_table(found))
        case TableFormat.JSON:
            print_json(statistics_json(found))
        case TableFormat.CSV:
            sys.stdout.write(statistics_csv(found))


def results(settings: Settings, slug: str, name: str | None, *, names: bool, as_json: bool) -> None:
    """Print the frozen results of a program, or one of them beside the live numbers."""
    with _boards(settings) as boards:
        found = boards.read_results(slug, names=names)
        if found is None:
            raise _no_program(slug, boards, Moment())
        fresh = boards.read_freshness()
        comparison = boards.read_comparison(slug, name, names=names) if name else None
    if name is None:
        if as_json:
            print_json({"results": [result_json(one, full=False) for one in found], **freshness_json(fresh)})
        else:
            out.print(results_table(slug, found, fresh))
        return
    if comparison is None:
        known = [one.name for one in found]
        close = nearest(name, known)
        hint = f"; did you mean {close}?" if close else f"; there are: {', '.join(known)}" if known else ""
        raise InvalidInput(f"{slug}: no result {name!r}{hint}")
    if as_json:
        print_json(comparison_json(comparison))
    else:
        out.print(comparison_table(comparison))


def _no_program(slug: str, boards: StoreBoards, moment: Moment) -> InvalidInput:
    slugs = [program.slug for program in boards.list_programs()]
    if slug in slugs and moment.as_of is not None:
        return InvalidInput(f"{slug}: there was no such program at {moment.as_of.isoformat()}")
    if not slugs:
        return InvalidInput(f"{slug}: the store has no programs; `wikitally programs apply FILE` adds some")
    close = nearest(slug, slugs)
    hint = f"did you mean {close}?" if close else f"there are: {', '.join(slugs[:10])}"
    return InvalidInput(f"{slug}: no such program; {hint}")


def _no_campaign(slug: str, boards: StoreBoards) -> InvalidInput:
    slugs = [campaign.slug for campaign in boards.list_campaigns()]
    if not slugs:
        return InvalidInput(f"{slug}: no program of the store is in a campaign; `campaigns: [{slug}]` puts one into it")
    close = nearest(slug, slugs)
    hint = f"did you mean {close}?" if close else f"there are: {', '.join(slugs[:10])}"
    return InvalidInput(f"{slug}: no such campaign; {hint}")
