"""Signatures of the Standard Webhooks specification: HMAC-SHA256, scheme `v1`.

Its other scheme, `v1a` (Ed25519), is left out: the specification's own library for receivers verifies none, so nothing
could show that ours are right. A signature more in the same header would change nothing for those who have v1.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
_BYTES = 32
"""The specification wants 24 to 64."""


def new_secret() -> str:
    """A secret for one endpoint, as its receiver is given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(message_id: str, at: datetime, body: bytes, live: Sequence[str]) -> dict[str, str]:
    """The three headers of a message that is sent `at`, with a signature by each of the live secrets."""
    # The library takes any time for one in UTC, whatever zone it says.
    at = at.astimezone(UTC)
    text = body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(one).sign(message_id, at, text) for one in live),
    }
