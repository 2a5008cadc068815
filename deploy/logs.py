"""Logging: structlog to standard error, one line a condition; everybody else's loggers through the same."""

from __future__ import annotations

import logging
import sys

import stamina
import structlog


def configure_logging(log_format: str = "auto", *, quiet: bool = False) -> None:
    """Set logging up for this process.

    Args:
        log_format: `console`, `json`, or `auto`: console on a terminal, JSON elsewhere.
        quiet: warnings and errors only: for commands that print a result.
    """
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    level = logging.WARNING if quiet else logging.INFO
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    if as_json:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # The pipeline logs a lost store once; stamina would log every attempt.
    stamina.instrumentation.set_on_retry_hooks([])
    # So would clickhouse-driver, with a traceback each.
    logging.getLogger("clickhouse_driver").setLevel(logging.ERROR)
