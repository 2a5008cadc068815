"""Queries that are about the wikis of a share only: `storage/queries/*.sql` with `%(of)s` and `%(partitions)s`."""

from __future__ import annotations

from typing import Any

from processors.ports.store import Share


def share_params(share: Share) -> dict[str, Any]:
    """What such a query is asked with. `kafkaMurmurHash` of ClickHouse is what Kafka's clients partition keys by."""
    # An empty tuple is no SQL; no partition has this number.
    return {"of": share.of, "partitions": tuple(sorted(share.partitions)) or (-1,)}
