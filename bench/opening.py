"""A store of our own for as long as something is measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.opening import OpenStore, owned_store
from deploy.settings import load_settings


@contextmanager
def temporary_store() -> Iterator[OpenStore]:
    """The embedded server, whatever the environment says: what it is filled with is gone afterwards.

    Its directory is in `var` and not in /tmp, which is memory on many machines.
    """
    beside = Path("var").absolute()
    beside.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=beside, ignore_cleanup_errors=True) as directory:
        settings = load_settings(data=Path(directory) / "store").model_copy(update={"clickhouse_url": None})
        with owned_store(settings) as opened:
            yield opened
