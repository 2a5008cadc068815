"""The views that analysts read, in a database of their own beside the tables: one file each in `storage/views`.

Their names and columns stay; what is behind them may change. No private or unlisted program is in them, and nobody
who hides their name: rows that tell of single edits are left out, sums are shown under a pseudonym.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from string import Template

from storage.connection import Connections
from storage.target import Target, quoted


@cache
def view_texts() -> dict[str, str]:
    """Name and definition of each view, in the order in which they are made."""
    files = sorted(resources.files("storage").joinpath("views").iterdir(), key=lambda file: file.name)
    return {file.name.removesuffix(".sql"): file.read_text(encoding="utf-8") for file in files}


def ensure_views(connections: Connections) -> None:
    """Make the views what this version of wikitally wants them to be; does nothing where they are.

    They read the tables with the rights of the account that makes them.

    Raises:
        StoreUnavailable: a server is away; call it again.
    """
    target = connections.target
    names = _names(target)
    texts = [Template(text).substitute(names) for text in view_texts().values()]
    digest = hashlib.sha256("\n".join([target.user, *texts]).encode()).hexdigest()
    comment = f"views of wikitally for analysts, {digest}"
    for host in connections.told():
        if host.rows("database_comment", {"name": target.analytics}) == [(comment,)]:
            continue
        host.command(f"CREATE DATABASE IF NOT EXISTS {quoted(target.analytics)}{names['on_cluster']}")
        for text in texts:
            host.command(text)
        host.command(f"ALTER DATABASE {quoted(target.analytics)}{names['on_cluster']} MODIFY COMMENT '{comment}'")


def _names(target: Target) -> dict[str, str]:
    return {
        "physical": quoted(target.database),
        "analytics": quoted(target.analytics),
        "on_cluster": target.layout.on_cluster,
    }
