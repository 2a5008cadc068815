"""Commands that read a stream or a recording: run, rehearse, demo, replay."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

import structlog
from rich.console import Group, RenderableType
from rich.live import Live as LiveDisplay
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from deploy.alerting.keeping import keep_alerts
from deploy.answers.boards import StoreBoards
from deploy.cli.board_tables import board_table
from deploy.cli.reading import print_json
from deploy.cli.terminal import err, out, pairs
from deploy.clock import now
from deploy.counting.pipeline import Pipeline
from deploy.counting.worker import Worker
from deploy.demo import PROGRAM, run_demo
from deploy.figures import Run
from deploy.live_stream import live_stream, names_of
from deploy.logs import configure_logging
from deploy.looping import read_instant, run_loop, set_within, stop_on_signals, until
from deploy.metrics import PrometheusMetrics
from deploy.opening import owned_store, patiently
from deploy.programs.applying import apply_programs, read_programs
from deploy.service import Service, service
from deploy.settings import Settings, load_settings
from ingest.eventstreams import build_user_agent
from ingest.recorded import Recorded
from ingest.rehearsal import Rehearsal
from ingest.tracking import PositionTracker
from processors.metrics import NoMetrics
from processors.numbers.numbers import Metric

_log = structlog.get_logger()


def run(settings: Settings, programs: Sequence[Path], since: str | None) -> None:
    """Read the live stream until told to stop."""
    agent = build_user_agent(settings.contact)
    definitions = read_programs(programs)
    start = read_instant(since) if since else None
    configure_logging(settings.log_format)
    with err.status("Opening the store ...") as status, owned_store(settings) as opened:
        status.stop()
        if programs:
            applied = patiently(lambda: apply_programs(opened.log, definitions), opened.revive)
            _log.info("programs applied", **asdict(applied))
        elif not patiently(opened.log.last_position, opened.revive):
            _log.warning("no programs: facts are kept, nothing is counted; `wikitally programs apply FILE` adds some")
        metrics = PrometheusMetrics()
        source = live_stream(settings, user_agent=agent, metrics=metrics, since=start)

        async def main() -> None:
            stop = stop_on_signals()
            async with service(opened, settings, source, names_of(settings), metrics, user_agent=agent) as running:
                _log.info("serving", url=running.url, store=str(settings.data))
                await until(stop, running.pipeline)
                _log.info("stopping")

        run_loop(main())


def rehearse(files: Sequence[Path], *, host: str, port: int, speed: float, rebase: bool, close_after: float) -> None:
    """Serve recordings until told to stop."""
    configure_logging()

    async def main() -> None:
        stop = stop_on_signals()
        async with Rehearsal(
            files, host=host, port=port, speed=speed, rebase=rebase, close_after=close_after or math.inf
        ) as rehearsal:
            out.print(
                f"EventStreams rehearsal on {rehearsal.url}/v2/stream/{','.join(rehearsal.streams)}", markup=False
            )
            out.print(f"  wikitally run --programs FILE --stream {rehearsal.url}", style="dim", markup=False)
            progress = Progress(
                SpinnerColumn(), TextColumn("{task.completed:,} of {task.total:,} events"), BarColumn(),
                TimeElapsedColumn(), console=err,
            )  # fmt: skip
            with progress:
                task = progress.add_task("", total=rehearsal.total)
                while not stop.is_set():
                    progress.update(task, completed=rehearsal.published)
                    await set_within(stop, 0.25)

    run_loop(main())


def replay(settings: Settings, files: Sequence[Path], programs: Sequence[Path], *, as_json: bool) -> None:
    """Count recordings into the store."""
    configure_logging(settings.log_format, quiet=True)
    definitions = read_programs(programs)
    source = Recorded(files)
    with ExitStack() as stack:
        status = stack.enter_context(err.status("Opening the store ..."))
        opened = stack.enter_context(owned_store(settings))
        apply_programs(opened.log, definitions)
        streams = "recorded"
        # Of the past nobody is written to.
        alerts = keep_alerts(opened.store, settings, now, metrics=NoMetrics(), written_to=False)
        tracker = PositionTracker(streams, None)
        worker = Worker(opened.store, opened.log, tracker, metrics=NoMetrics(), clock=now, alerts=alerts)
        pipeline = Pipeline(source, worker, metrics=NoMetrics(), revive=opened.revive)
        status.stop()

        async def main() -> None:
            with Progress(
                SpinnerColumn(), TextColumn("{task.completed:,} events read"), TimeElapsedColumn(),
                console=err, transient=True,
            ) as progress:  # fmt: skip
                task = progress.add_task("", total=None)
                work = asyncio.create_task(pipeline.run(None), name="pipeline")
                while not work.done():
                    progress.update(task, completed=worker.figures.events_read)
                    await asyncio.wait([work], timeout=0.1)
                work.result()

        started = perf_counter()
        run_loop(main())
        seconds = perf_counter() - started
        boards = StoreBoards(opened.store, now).read_boards(Metric.BYTES_ADDED)
    _report(Run(worker.figures, seconds, boards), as_json=as_json)


def _report(run: Run, *, as_json: bool) -> None:
    if as_json:
        print_json(run.as_json())
        return
    for board in run.boards:
        out.print(board_table(board, rows=20))
        out.print()
    out.print(pairs(run.lines()))


def demo(*, once: bool, as_json: bool, data: Path | None, port: int | None, speed: float) -> None:
    """Play the packaged recordings through everything."""
    configure_logging(quiet=True)
    with ExitStack() as stack:
        directory = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wikitally-demo-")))
        # A store of its own, whatever is configured.
        settings = load_settings(data=directory, port=port or 0).model_copy(update={"clickhouse_url": None})
        status = stack.enter_context(err.status("Starting ClickHouse ..."))
        opened = stack.enter_context(owned_store(settings))
        status.stop()
        result = run_loop(
            run_demo(opened, settings, speed=math.inf if once else speed, watch=_wait if once else _watch)
        )
    _report(result, as_json=as_json)


async def _wait(running: Service) -> None:
    """Until the recording has been read."""
    await asyncio.wait([running.pipeline])


async def _watch(running: Service) -> None:
    """Show the board while it moves; on a terminal it then stays until Ctrl-C."""
    where = f"{running.url}/programs/{PROGRAM}"
    out.print(f"The board: {where}", markup=False, soft_wrap=True)
    await _show_board(running)
    if out.is_terminal and not running.pipeline.exception():
        out.print(f"The recording has ended; the board stays at {where}. Ctrl-C ends.", soft_wrap=True)
        await stop_on_signals().wait()


async def _show_board(running: Service) -> None:
    """Until the recording has ended: redrawn in place, or every few seconds where it cannot be."""

    async def draw() -> RenderableType:
        board = await asyncio.to_thread(running.boards.read_board, PROGRAM, Metric.BYTES_ADDED)
        read = Text(f"{running.worker.figures.events_read:,} events read", style="dim")
        return Group(board_table(board, rows=12), read) if board else read

    if not out.is_terminal:
        while not running.pipeline.done():
            await asyncio.wait([running.pipeline], timeout=5)
            out.print(await draw())
        return
    with LiveDisplay(console=out, auto_refresh=False) as display:
        while not running.pipeline.done():
            display.update(await draw(), refresh=True)
            await asyncio.wait([running.pipeline], timeout=0.25)
        display.update(await draw(), refresh=True)
