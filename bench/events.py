"""Made-up events in the live stream's proportions and shapes.

Shares by type and wiki as measured on the live stream in October 2026 (categorize 49%, edit 41%, log 8%, new 2%;
Commons 47%, Wikidata 13%, English Wikipedia 12%), sizes about its 1,260 bytes. Every event has its own id, revision and
offset.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOPIC = "eqiad.mediawiki.recentchange"
WIKIS = (
    ("commons.wikimedia.org", "commonswiki"), ("www.wikidata.org", "wikidatawiki"), ("en.wikipedia.org", "enwiki"),
    ("fr.wikipedia.org", "frwiki"), ("de.wikipedia.org", "dewiki"), ("ar.wikipedia.org", "arwiki"),
    ("fr.wikisource.org", "frwikisource"), ("ja.wikipedia.org", "jawiki"),
)  # fmt: skip
WIKI_SHARES = (47, 13, 12, 6, 6, 6, 5, 5)
ENROLLED_SHARE = 0.05
"""Of all edits, those by somebody who is enrolled somewhere."""


def participant(number: int) -> str:
    """The name of an enrolled user."""
    return f"Participant {number}"


def make_events(count: int, *, enrolled: int, rate: float = 50.0, seed: int = 1) -> Iterator[bytes]:
    """Yield events as JSON, `rate` per second of event time, from START on.

    Args:
        enrolled: how many users are enrolled; `ENROLLED_SHARE` of the edits are by one of them.
    """
    draw = random.Random(seed)
    for number in range(count):
        yield make_event(number, START + timedelta(seconds=number / rate), draw, enrolled=enrolled)


def make_event(number: int, at: datetime, draw: random.Random, *, enrolled: int, user: str | None = None) -> bytes:
    """One event."""
    wiki, dbname = draw.choices(WIKIS, WIKI_SHARES)[0]
    if user is None:
        by_participant = draw.random() < ENROLLED_SHARE
        user = participant(draw.randrange(enrolled)) if by_participant else f"Editor {draw.randrange(1000)}"
    page = f"Page {draw.randrange(200_000)}"
    kind = draw.choices(("categorize", "edit", "new", "log"), (49, 41, 2, 8))[0]
    event: dict[str, Any] = {
        "$schema": "/mediawiki/recentchange/1.0.0",
        "meta": {
            "uri": f"https://{wiki}/wiki/{page.replace(' ', '_')}",
            "request_id": "5d1c0c7f-4b3b-4a51-9f0e-0d1a2b3c4d5e",
            "id": str(UUID(int=draw.getrandbits(128), version=4)),
            "domain": wiki,
            "stream": "mediawiki.recentchange",
            "dt": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            "topic": TOPIC,
            "partition": 0,
            "offset": 6_600_000_000 + number,
        },
        "id": 3_000_000_000 + number,
        "type": kind,
        "namespace": 0,
        "title": page,
        "title_url": f"https://{wiki}/wiki/{page.replace(' ', '_')}",
        "comment": "/* History */ a few words on what was changed and why, with a [[link]]",
        "timestamp": int(at.timestamp()),
        "user": user,
        "bot": draw.random() < 0.3,
        "notify_url": f"https://{wiki}/w/index.php?diff={9_000_000 + number}&oldid={8_000_000 + number}",
        "server_url": f"https://{wiki}",
        "server_name": wiki,
        "server_script_path": "/w",
        "wiki": dbname,
        "parsedcomment": '<span class="autocomment">History: </span> a few words on what was changed and why' * 5,
    }
    if kind in ("edit", "new"):
        old = 0 if kind == "new" else draw.randrange(100, 60_000)
        event["minor"] = draw.random() < 0.2
        event["length"] = {"new": old + draw.randrange(0, 2000)} | ({"old": old} if old else {})
        event["revision"] = {"new": 9_000_000 + number} | ({"old": 8_000_000 + number} if old else {})
    elif kind == "categorize":
        event |= {
            "namespace": 14,
            "title": f"Category:Topic {draw.randrange(5000)}",
            "comment": f"[[:{page}]] added to category",
        }
    else:
        event |= {"log_id": number + 1, "log_type": "patrol", "log_action": "patrol", "log_action_comment": "marked"}
        event["log_params"] = {"curid": number, "previd": number - 1, "auto": 0}
    return orjson.dumps(event)
