"""Campaigns: several programs as one, in which nothing counts twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from deploy.answers.board_asking import Asking, window
from deploy.answers.board_parts import line
from deploy.answers.board_people import enrolled
from deploy.answers.explaining import stored_program
from processors.errors import InvalidInput
from processors.numbers.numbers import By, Metric
from processors.numbers.standings import rank
from processors.ports.boards import NOW, Campaign, CampaignBoard, Moment
from processors.programs.program import Visibility
from storage.statistics import CampaignProgram, Cut


def list_campaigns(asking: Asking, visibilities: Collection[Visibility]) -> list[Campaign]:
    """Campaigns with a public program, by slug."""
    rows = asking.store.campaign_programs("", visibilities)
    slugs = {slug for row in rows if row.visibility is Visibility.PUBLIC for slug in row.campaigns}
    return [_campaign(slug, [row for row in rows if slug in row.campaigns]) for slug in sorted(slugs)]


def _campaign(slug: str, rows: Sequence[CampaignProgram]) -> Campaign:
    public = [stored_program(row.definition) for row in rows if row.visibility is Visibility.PUBLIC]
    public.sort(key=lambda program: (program.start, program.slug), reverse=True)
    return Campaign(slug, tuple(public), len(rows) - len(public))


def read_campaign_board(
    asking: Asking,
    slug: str,
    metric: Metric,
    limit: int | None,
    visibilities: Collection[Visibility],
    *,
    moment: Moment = NOW,
    by: By = By.USER,
    names: bool = False,
) -> CampaignBoard | None:
    """The leaderboard of a campaign, of the programs that are in it now; None where there are none.

    Raises:
        InvalidInput: it is asked for points or a session, which only programs have.
    """
    if metric is Metric.POINTS:
        raise InvalidInput("a campaign has no points: each of its programs has rules of its own")
    if moment.session is not None:
        raise InvalidInput("a campaign has no sessions: each of its programs has its own")
    rows = asking.store.campaign_programs(slug, visibilities) if slug else []
    if not rows:
        return None
    dated = sorted(
        ((stored_program(row.definition), row.version) for row in rows), key=lambda one: (one[0].start, one[0].slug)
    )
    programs = [program for program, _ in dated]
    freshness = asking.freshness(moment)
    teams = asking.people.teams(programs)
    cut = Cut(
        visibilities=visibilities,
        campaign=slug,
        as_of=moment.as_of,
        window=window(None, moment, freshness),
        teams=teams,
        newcomers=asking.people.newcomers(programs, visibilities, as_of=moment.as_of, campaign=slug),
    )
    masks = asking.people.masks(dated, visibilities, names=names)
    lines = [line(one, by) for one in asking.store.parts(cut, by)]
    totals = asking.store.whole(cut).totals
    members = {one.user for program in programs for one in enrolled(program)}
    return CampaignBoard(
        campaign=_campaign(slug, rows),
        metric=metric,
        standings=tuple(rank(asking.shown(lines, by, programs, teams, masks), metric)[:limit]),
        totals=replace(totals, participants=max(len(members), totals.editors)),
        freshness=freshness,
        by=by,
    )
