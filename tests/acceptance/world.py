"""A store with everything around it, as the service puts it together; time is what the test says it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp

from api.app import create_app
from api.live import Live
from api.probes import Health
from deploy.answers.alert_feeds import StoreAlertFeeds
from deploy.answers.boards import StoreBoards
from deploy.answers.reasons import StoreReasons
from deploy.counting.worker import Worker
from deploy.programs.commands import Commands
from deploy.programs.desk import StoreDesk
from ingest.tracking import PositionTracker
from processors.judging.preview import Preview
from processors.metrics import NoMetrics
from processors.ports.programs import Carried
from processors.ports.store import RawEvent
from processors.programs.commands import Apply, Command
from processors.programs.definitions import dump_programs, parse_documents
from processors.programs.tokens import Role, Token
from storage.clickhouse import ClickHouseStore
from tests.acceptance.little_wiki import LittleWiki, Stream
from tests.stores import log_of

STREAMS = "mediawiki.recentchange"


def day(month: int, date: int, clock: str = "00:00", year: int = 2020) -> datetime:
    """A time in UTC; the talk page is of 2020."""
    hour, minute = map(int, clock.split(":"))
    return datetime(year, month, date, hour, minute, tzinfo=UTC)


@dataclass(slots=True)
class World:
    """Wikis whose stream is read into a store, organisers who decide, and people who look."""

    store: ClickHouseStore
    now: datetime
    """What the clock shows. Reading moves it on to when the events came."""
    stream: Stream = field(default_factory=Stream)
    worker: Worker = field(init=False)
    commands: Commands = field(init=False)
    _site: ASGIApp = field(init=False)

    def __post_init__(self) -> None:
        self.commands = Commands(self.store, log_of(self.store), self.clock)
        self._site = self._open_site()
        self.restart()

    def clock(self) -> datetime:
        return self.now

    def restart(self) -> None:
        """Start the process again that reads and judges."""
        tracker = PositionTracker(STREAMS, self.store.checkpoint(STREAMS), self.store.open_gaps())
        self.worker = Worker(self.store, log_of(self.store), tracker, metrics=NoMetrics(), clock=self.clock)
        self.worker.catch_up()

    def wiki(self, server: str, dbname: str, language: str = "en", /, **namespaces: int) -> LittleWiki:
        """A new wiki on the stream; `namespaces` are those of its own, by prefix."""
        return LittleWiki(self.stream, server, dbname, namespaces, language)

    def read(self, at: datetime | None = None) -> frozenset[str]:
        """Read what the wikis wrote, in one batch; return the programs whose boards are told to change."""
        return self.read_events(self.stream.take(), at)

    def read_events(self, events: Sequence[bytes], at: datetime | None = None) -> frozenset[str]:
        """Read these events."""
        came = max((datetime.fromisoformat(orjson.loads(event)["meta"]["dt"]) for event in events), default=self.now)
        self.now = max(self.now, came + timedelta(seconds=1), at or self.now)
        plan = self.worker.read([RawEvent(event, None, STREAMS) for event in events])
        return self.worker.commit(plan)

    def apply(self, text: str, reason: str = "") -> Carried:
        """Apply programs as a file has them, and let the books follow."""
        written = parse_documents(text, source="program.yaml")
        return self.decide(*(Apply(one.program, one.version, reason) for one in written))

    def decide(self, *commands: Command, actor: str = "Olga") -> Carried:
        """Let an organiser decide, a second later, and the books follow."""
        self.now += timedelta(seconds=1)
        carried = self.commands.carry_out(commands, actor=actor)
        self.worker.catch_up()
        self.now += timedelta(seconds=1)
        return carried

    def preview(self, text: str) -> Preview:
        """What applying a file with one program would change."""
        (written,) = parse_documents(text, source="program.yaml")
        would = self.commands.would_change([Apply(written.program, written.version)])
        return self.commands.preview(would.states[written.program.slug].program)

    def definition(self, slug: str) -> str:
        """The program as `wikitally programs show` prints it."""
        state = self.commands.state(slug)
        return dump_programs([state.program], {slug: state.version})

    def token(self, role: Role, *programs: str) -> str:
        """The secret of a new token for these programs."""
        name = f"{role} of {', '.join(programs)}"

        def make(digest: str, at: datetime) -> Token:
            return Token(name, role, digest, at, programs=frozenset(programs))

        return self.commands.add_token(make)[1]

    def get(self, path: str, status: int = 200, *, token: str = "", **query: Any) -> Any:
        """The JSON of an answer of the API."""
        return orjson.loads(self.get_text(path, status, token=token, **query))

    def get_text(self, path: str, status: int = 200, *, token: str = "", **query: Any) -> str:
        """An answer of the API, or a page."""
        given = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in query.items()}
        return self._answer("GET", path, status, token, params=given)

    def post(self, path: str, status: int = 200, *, token: str = "", **body: Any) -> Any:
        """Decide something over the API, and the books follow."""
        self.now += timedelta(seconds=1)
        answer = orjson.loads(self._answer("POST", path, status, token, json=body))
        self.worker.catch_up()
        return answer

    def _answer(self, method: str, path: str, status: int, token: str, **more: Any) -> str:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = asyncio.run(self._ask(method, path, headers=headers, **more))
        assert answer.status_code == status, f"{path}: {answer.status_code}\n{answer.text}"
        return answer.text

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._site), base_url="http://test") as client:
            return await client.request(method, path, **more)

    def _open_site(self) -> ASGIApp:
        boards = StoreBoards(self.store, self.clock)
        return create_app(
            boards,
            Live(boards, metrics=NoMetrics()),
            metrics_text=lambda: b"",
            health=_healthy,
            version="0",
            reasons=StoreReasons(self.store, self.clock),
            desk=StoreDesk(self.store, self.commands, self.clock),
            feeds=StoreAlertFeeds(self.store, self.clock),
        )

    def board(self, slug: str, **query: Any) -> Any:
        """A leaderboard."""
        return self.get(f"/api/v1/programs/{slug}/leaderboard", **query)

    def totals(self, slug: str, **query: Any) -> Any:
        """The numbers of a program as a whole."""
        return self.board(slug, **query)["totals"]

    def edits(self, slug: str, **query: Any) -> dict[str, int]:
        """Counted edits by user, or by whatever `by` says."""
        by = query.get("by", "user")
        name = {"article": "title", "user": "user", "team": "team", "wiki": "wiki"}[by]
        return {line[name]: line["edits"] for line in self.board(slug, **query)["standings"]}

    def parts(self, slug: str, by: str, **query: Any) -> dict[str, Any]:
        """The parts of a program's statistics, by their keys."""
        answer = self.get(f"/api/v1/programs/{slug}/statistics", by=by, **query)
        return {part["key"]: part for part in answer["parts"]}

    def explain(self, slug: str, wiki: LittleWiki, rev_id: int) -> Any:
        """Why an edit counts or not."""
        return self.get(f"/api/v1/programs/{slug}/explain", wiki=wiki.server, rev=rev_id)

    def why(self, slug: str, wiki: LittleWiki, rev_id: int) -> tuple[str, str]:
        """The verdict on an edit, and the sentence for it."""
        answer = self.explain(slug, wiki, rev_id)
        return answer["verdict"], answer["reason"]

    def person(self, slug: str, user: str) -> Any:
        """All that somebody did while the program ran."""
        return self.get(f"/api/v1/programs/{slug}/participants/{user}")

    def ledger(self, slug: str, **query: Any) -> list[Any]:
        """The newest changes of the books."""
        lines: list[Any] = self.get(f"/api/v1/programs/{slug}/ledger", limit=1000, **query)["lines"]
        return lines

    def quiet(self, slug: str) -> str:
        """Why there is little on the board."""
        return " ".join(self.get(f"/api/v1/programs/{slug}/quiet")["sentences"])

    def rules(self, slug: str) -> str:
        """What counts, in sentences."""
        return " ".join(self.get(f"/api/v1/programs/{slug}/rules")["sentences"])

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """What an analyst's SELECT gives."""
        return self.store.connections.statement(statement)[0]


async def _healthy() -> Health:
    return Health(ok=True)


def adds_up(person: Mapping[str, Any]) -> bool:
    """Whether the parts of somebody's account, counted and not counted, are the whole."""
    names = ("edits", "uploads", "bytes_added")
    return all(sum(part[name] for part in person["sums"]) == person["total"][name] for name in names)


def english(world: World) -> LittleWiki:
    return world.wiki("en.wikipedia.org", "enwiki")


def portuguese(world: World) -> LittleWiki:
    return world.wiki("pt.wikipedia.org", "ptwiki", "pt", Discussão=1, Usuária=2, Usuário=2, Categoria=14)


TOWNS = """
slug: towns
start: 2020-02-20T00:00
end: 2020-03-20T00:00
wiki: igwiki
participants: [Ngozi, Obi, Uche]
"""
"""The program of thread 30."""


def two_hundred_edits(wiki: LittleWiki) -> None:
    """9 articles created, and 200 edits of them."""
    names = ("Ngozi", "Obi", "Uche")
    for number in range(9):
        wiki.new(names[number % 3], f"Obodo {number}", 1000, day(2, 21, f"10:0{number}"))
    for number in range(200):
        at = day(2, 22) + timedelta(minutes=number)
        wiki.edit(names[number % 3], f"Obodo {number % 9}", 50, at)
