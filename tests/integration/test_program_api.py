"""Deciding over HTTP, on a real store: who may, what it does, and what is answered to those who may not."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.auth import EVERYBODY, Viewer
from api.live import Followed, Live
from api.probes import Health
from api.program_bodies import MOST_BYTES
from deploy.answers.boards import StoreBoards
from deploy.answers.reasons import StoreReasons
from deploy.counting.worker import Worker
from deploy.programs.applying import apply_programs
from deploy.programs.commands import Commands
from deploy.programs.desk import StoreDesk
from ingest.tracking import PositionTracker
from processors.metrics import NoMetrics
from processors.numbers.numbers import Metric
from processors.programs.definitions import dump_programs
from processors.programs.program import Participant, Program, Visibility
from processors.programs.tokens import Role, Token
from storage.clickhouse import ClickHouseStore
from tests.batches import take
from tests.histories import WIKI, edit
from tests.stores import log_of
from tests.unit.test_affected import PROGRAM

NOW = datetime(2026, 11, 8, 15, tzinfo=UTC)
BOTH = replace(PROGRAM, participants=(Participant("Ada"), Participant("Ben")), campaigns=("women",))
SECRET = replace(PROGRAM, slug="secret", title="Secret", visibility=Visibility.PRIVATE)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


class Site:
    """The API over a store, and what tests need to look behind it."""

    def __init__(self, store: ClickHouseStore) -> None:
        self.clock = Clock()
        self.store = store
        self.commands = Commands(store, log_of(store), self.clock)
        self.told = 0
        self.desk = StoreDesk(store, self.commands, self.clock, self._changed)
        self.worker = Worker(store, log_of(store), PositionTracker("s", None), metrics=NoMetrics(), clock=self.clock)
        self.client: httpx.AsyncClient
        self.live: Live

    def _changed(self) -> None:
        self.told += 1

    def token(self, role: Role, *, programs: Sequence[str] = (), campaigns: Sequence[str] = (), **more: Any) -> str:
        number = len(self.commands.tokens.all())

        def make(digest: str, at: datetime) -> Token:
            return Token(
                f"{role} {number}",
                role,
                digest,
                at,
                programs=frozenset(programs),
                campaigns=frozenset(campaigns),
                **more,
            )

        return self.commands.add_token(make)[1]

    async def ask(self, method: str, path: str, token: str = "", status: int = 200, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= more.pop("headers", {})
        answer = await self.client.request(method, f"/api/v1/programs{path}", headers=headers, **more)
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    def edits(self, slug: str = "p") -> dict[str, int]:
        self.worker.catch_up()
        sql = f"SELECT user, edits FROM standings FINAL WHERE program = '{slug}' AND edits > 0"
        return dict(self.store.connections.statement(sql)[0])


@pytest.fixture
async def site(store: ClickHouseStore) -> AsyncIterator[Site]:
    apply_programs(log_of(store), [BOTH, SECRET], actor="Olga")
    one = Site(store)
    one.worker.load()
    take(one.worker, [edit(1, "A"), edit(2, "A", "Ben"), edit(3, "B", "Ben", old=None), edit(4, "B", "Eve")], NOW)
    boards = StoreBoards(store, one.clock)

    async def health() -> Health:
        return Health(True)

    one.live = Live(boards, metrics=NoMetrics())
    app = create_app(
        boards,
        one.live,
        metrics_text=lambda: b"",
        health=health,
        version="9",
        reasons=StoreReasons(store, one.clock),
        desk=one.desk,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        one.client = client
        yield one


def yaml(program: Program) -> dict[str, Any]:
    return {"content": dump_programs([program]).encode(), "headers": {"Content-Type": "application/yaml"}}


def json_of(program: Program) -> dict[str, Any]:
    session = program.sessions[0]
    return {
        "slug": program.slug,
        "title": "Ünïcode 😀 /",
        "sessions": [{"start": session.start.isoformat(), "end": session.end.isoformat()}],
        "wikis": list(program.wikis),
        "participants": [one.user for one in program.participants],
        "exclude": {"minor": True},
    }


READS = (
    "", "/leaderboard", "/live", "/statistics", "/results", "/rules", "/quiet", "/ledger", "/participants/Ada",
    f"/explain?wiki={WIKI}&rev=5001",
)  # fmt: skip


@pytest.mark.parametrize("path", READS)
async def test_a_private_program_is_there_for_those_whose_token_says_so_and_for_nobody_else(
    site: Site, path: str
) -> None:
    mine, other = (site.token(Role.VIEWER, programs=[slug]) for slug in (SECRET.slug, BOTH.slug))
    unknown = await site.client.get(f"/api/v1/programs/no-such-program{path}")
    assert unknown.status_code == 404
    refused = await site.client.get(f"/api/v1/programs/{SECRET.slug}{path}")
    assert refused.text.replace(SECRET.slug, "no-such-program") == unknown.text
    assert "private" in (await site.ask("GET", f"/{SECRET.slug}{path}", other, 403))["detail"]
    await site.ask("GET", f"/{SECRET.slug}{path}", "wt_wrong", 401)
    if path != "/live":  # it never ends
        await site.ask("GET", f"/{SECRET.slug}{path}", mine)


async def test_a_private_board_that_is_followed_is_shown_to_nobody_else(site: Site) -> None:
    frames = site.live.follow(Followed(SECRET.slug, Metric.EDITS, private=True))
    while b"event: board" not in await anext(frames):
        pass
    assert await site.live.exists(Followed(SECRET.slug, Metric.EDITS, private=True))
    assert not await site.live.exists(Followed(SECRET.slug, Metric.EDITS))
    await site.ask("GET", f"/{SECRET.slug}/live", status=404)
    await frames.aclose()


async def test_without_a_token_nothing_is_decided(site: Site) -> None:
    for method, path in [
        ("POST", ""), ("PUT", "/p"), ("POST", "/p/preview"), ("GET", "/p/definition"), ("GET", "/p/history"),
        ("DELETE", "/p"), ("POST", "/p/restore"), ("POST", "/p/merge"), ("POST", "/p/clone"), ("POST", "/p/freeze"),
        ("POST", "/p/exclusions"), ("POST", "/p/participants"), ("POST", "/p/roster"), ("PATCH", "/p/participants/Ada"),
        ("DELETE", "/p/participants/Ada"), ("DELETE", "/nothing"), ("DELETE", "/secret"),
    ]:  # fmt: skip
        problem = await site.ask(method, path, status=401)
        assert problem["code"] == "token_needed"
    assert site.told == 0
    assert len(site.commands.events()) == 2


async def test_a_token_that_is_good_for_nothing_is_refused_without_being_repeated(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    expired = site.token(Role.ADMIN, expires=NOW + timedelta(minutes=1))
    revoked = site.token(Role.ADMIN)
    site.commands.revoke_token("admin 1")
    site.clock.at += timedelta(minutes=2)
    for secret in (expired, revoked, "wt_", "wt_nonsense", expired[:-1], expired.upper()):
        problem = await site.ask("DELETE", "/p", secret, status=401)
        assert problem["code"] == "token_invalid"
        assert secret == "wt_" or secret not in str(problem)
        assert secret == "wt_" or secret not in caplog.text
    assert len(site.commands.events()) == 2


async def test_what_is_private_is_like_nothing_to_all_but_those_who_show_a_token(site: Site) -> None:
    other = site.token(Role.ORGANISER, programs=["p"])
    problem = await site.ask("POST", "/secret/participants", other, status=403, json={"user": "Eve"})
    assert problem["code"] == "private"
    assert "you are not enrolled" in problem["detail"]
    missing = await site.ask("POST", "/nothing/participants", other, status=404, json={"user": "Eve"})
    assert missing["code"] == "no_such_program"
    invited = site.token(Role.VIEWER, programs=["secret"])
    enrolled = await site.ask("POST", "/secret/participants", invited, status=201, json={"user": "eve"})
    assert enrolled["enrolments"][0]["user"] == "Eve"
    problem = await site.ask("DELETE", "/secret", invited, status=403)
    assert problem["code"] == "not_allowed"


async def test_whoever_reads_sees_private_programs_only_with_a_token_for_them(site: Site) -> None:
    states = await site.desk.states()
    found = await site.desk.token(site.token(Role.VIEWER, programs=["secret"]))
    assert Viewer(found, states).visibilities_for("secret") == (*EVERYBODY, Visibility.PRIVATE)
    assert Viewer(found, states).visibilities_for("p") == EVERYBODY
    assert Viewer(found, states).visibilities_for("nothing") == EVERYBODY
    assert Viewer().visibilities_for("secret") == EVERYBODY
    other = Viewer(await site.desk.token(site.token(Role.ORGANISER, programs=["p"])), states)
    assert (other.missing("secret").status_code, other.missing("nothing").status_code) == (403, 404)
    (unknown, hidden) = (Viewer().missing(slug) for slug in ("nothing", "secret"))
    assert unknown.detail.replace("nothing", "secret") == hidden.detail
    assert (unknown.status_code, unknown.code) == (hidden.status_code, hidden.code) == (404, "no_such_program")


async def test_a_program_is_made_from_yaml_or_json_and_counts_what_was_already_read(site: Site) -> None:
    organiser = site.token(Role.ORGANISER, programs=["new", "newer"])
    new = replace(PROGRAM, slug="new", participants=(Participant("Eve"),))
    tried = await site.ask("POST", "?preview=true", organiser, **yaml(new))
    assert tried["previews"][0]["plus"]["edits"] == 1
    assert tried["gaps"] == 0
    assert "new" not in site.commands.states()
    made = await site.ask("POST", "", organiser, status=201, **yaml(new))
    assert made["programs"] == [{"slug": "new", "version": 1, "status": "active"}]
    assert made["events"][0]["actor"] == "organiser 0"
    assert site.told == 1
    assert site.edits("new") == {"Eve": 1}
    await site.ask("POST", "", organiser, status=201, json=json_of(replace(new, slug="newer")))
    assert site.commands.state("newer").program.title == "Ünïcode 😀 /"
    again = await site.ask("POST", "", organiser, status=409, **yaml(new))
    assert again["code"] == "exists"
    other = await site.ask("POST", "", organiser, status=403, **yaml(replace(new, slug="another")))
    assert other["code"] == "not_allowed"


async def test_campaign_organisers_make_and_change_programs_of_their_campaign_only(site: Site) -> None:
    token = site.token(Role.CAMPAIGN_ORGANISER, campaigns=["women"])
    await site.ask("POST", "/p/freeze", token, json={"name": "half", "as_of": NOW.isoformat()})
    await site.ask("POST", "", token, status=201, **yaml(replace(BOTH, slug="another")))
    await site.ask("POST", "", token, status=403, **yaml(replace(BOTH, slug="third", campaigns=("men",))))
    await site.ask("DELETE", "/secret", token, status=403)


async def test_every_problem_of_a_definition_is_told_with_its_path(site: Site) -> None:
    admin = site.token(Role.ADMIN)
    wrong = {
        "content": b"slug: x\ntitel: X\nwiki: enwiki\nstart: 2026-11-08T14:00\nend: 2026-11-08T13:00\nopen: true\n"
    }
    problem = await site.ask("POST", "", admin, status=422, **wrong)
    assert problem["code"] == "invalid_definition"
    assert {one["path"] for one in problem["problems"]} >= {"body: x: titel"}
    assert len(problem["problems"]) >= 2
    assert "x" not in site.commands.states()


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b'{"slug": "x"}', "application/xml", 415, "media_type"),
        (b"slug: \xff", "application/yaml", 400, "not_utf8"),
        (b"", "application/yaml", 422, "invalid_definition"),
        (b"[" * 900 + b"]" * 900, "application/json", 400, "not_json"),
        (b"[" * 90 + b"]" * 90, "application/json", 422, "invalid_definition"),
        (b"a: &a [*a]", "application/yaml", 422, "invalid_definition"),
        (b"#" * (MOST_BYTES + 1), "application/yaml", 413, "too_large"),
    ],
)
async def test_a_body_that_is_no_definition_is_refused(
    site: Site, content: bytes, kind: str, status: int, code: str
) -> None:
    admin = site.token(Role.ADMIN)
    problem = await site.ask("POST", "", admin, status=status, content=content, headers={"Content-Type": kind})
    assert problem["code"] == code


async def test_a_change_names_its_version_and_is_refused_when_somebody_was_first(site: Site) -> None:
    organiser = site.token(Role.ORGANISER, programs=["p"])
    answer = await site.client.get("/api/v1/programs/p/definition", headers={"Authorization": f"Bearer {organiser}"})
    assert answer.headers["etag"] == '"1"'
    text = dump_programs([replace(BOTH, title="Q")], {"p": 1})
    unversioned = await site.ask("PUT", "/p", organiser, status=428, content=text)
    assert unversioned["code"] == "version_needed"
    done = await site.ask("PUT", "/p", organiser, content=text, headers={"If-Match": answer.headers["etag"]})
    assert done["events"][0]["version"] == 2
    text = dump_programs([replace(BOTH, title="R")])
    late = await site.ask("PUT", "/p", organiser, status=412, content=text, headers={"If-Match": '"1"'})
    assert late["code"] == "conflict"
    assert "the program was changed by organiser 0" in late["detail"]
    mixed = dump_programs([replace(BOTH, title="R")], {"p": 1})
    problem = await site.ask("PUT", "/p", organiser, status=422, content=mixed, headers={"If-Match": '"2"'})
    assert problem["code"] == "other_version"
    other = dump_programs([replace(BOTH, slug="q")])
    problem = await site.ask("PUT", "/p", organiser, status=422, content=other, headers={"If-Match": '"2"'})
    assert problem["code"] == "other_slug"
    assert site.commands.state("p").program.title == "Q"


async def test_what_removes_contributions_is_to_be_confirmed(site: Site) -> None:
    organiser = site.token(Role.ORGANISER, programs=["p"])
    narrower = replace(BOTH, participants=(Participant("Ada"),))
    tried = await site.ask("POST", "/p/preview", organiser, **yaml(narrower))
    assert tried["previews"][0]["minus"]["edits"] == 2
    content, first = dump_programs([narrower]), {"If-Match": '"1"'}
    asked = await site.ask("PUT", "/p", organiser, status=409, content=content, headers=first)
    assert asked["code"] == "confirmation_needed"
    assert asked["previews"] == tried["previews"]
    assert site.edits() == {"Ada": 1, "Ben": 2}
    await site.ask("PUT", "/p?confirm=true", organiser, content=content, headers=first)
    assert site.edits() == {"Ada": 1}
    empty = replace(BOTH, slug="q", scope=())
    admin = site.token(Role.ADMIN)
    asked = await site.ask("POST", "", admin, status=409, **yaml(empty))
    assert asked["code"] == "confirmation_needed"


async def test_people_are_enrolled_altered_and_taken_out(site: Site) -> None:
    organiser = site.token(Role.ORGANISER, programs=["p"])
    answer = await site.ask("POST", "/p/participants", organiser, status=201, json={"user": "eve", "team": "red"})
    (receipt,) = answer["enrolments"]
    assert (receipt["user"], receipt["already"], receipt["since"]) == ("Eve", False, None)
    assert receipt["event_id"] == answer["events"][0]["event_id"]
    again = await site.ask("POST", "/p/participants", organiser, status=201, json={"user": "Eve"})
    assert again["enrolments"][0]["already"]
    assert site.edits() == {"Ada": 1, "Ben": 2, "Eve": 1}
    await site.ask("PATCH", "/p/participants/Eve", organiser, json={"team": "blue", "hidden": True})
    eve = next(one for one in site.commands.state("p").program.participants if one.user == "Eve")
    assert (eve.team, eve.hidden) == ("blue", True)
    await site.ask("DELETE", "/p/participants/Eve", organiser)
    assert site.edits() == {"Ada": 1, "Ben": 2}
    enrolled = await site.ask("POST", "/p/roster", organiser, status=201, content="user,team\nEve,red\nFay,\n")
    assert [one["user"] for one in enrolled["enrolments"]] == ["Eve", "Fay"]
    refused = await site.ask("POST", "/p/roster", organiser, status=422, content="Gil\n192.0.2.1\n")
    assert refused["problems"][0]["path"] == "line 2"
    problem = await site.ask("POST", "/p/participants", organiser, status=422, json={"user": "192.0.2.1"})
    assert problem["code"] == "invalid_user"


async def test_who_is_invited_enrols_as_they_themselves_would(site: Site) -> None:
    invited = site.token(Role.VIEWER, programs=["p", "secret"])
    problem = await site.ask(
        "POST", "/p/participants", invited, status=403, json={"user": "Eve", "since": NOW.isoformat()}
    )
    assert problem["code"] == "not_allowed"
    await site.ask("POST", "/p/participants", invited, status=201, json={"user": "Eve"})
    site.clock.at = PROGRAM.end
    problem = await site.ask("POST", "/p/participants", invited, status=409, json={"user": "Fay"})
    assert problem["code"] == "ended"
    await site.ask("DELETE", "/p/participants/Eve", invited, status=403)
    await site.ask("POST", "/p/roster", invited, status=403, content="Fay")


async def test_exclusions_count_no_more_and_then_again(site: Site) -> None:
    organiser = site.token(Role.ORGANISER, programs=["p"])
    path = "/p/exclusions"
    await site.ask("POST", path, organiser, json={"user": "Ben", "reason": "copies"})
    assert site.edits() == {"Ada": 1}
    told = (await site.ask("GET", "/p/history", organiser))["events"]
    assert (told[-1]["sentences"], told[-1]["reason"]) == (["All that Ben does does not count any more."], "copies")
    await site.ask("POST", path, organiser, json={"user": "Ben", "excluded": False})
    await site.ask("POST", path, organiser, json={"rev_id": 5003, "wiki": "enwiki"})
    assert site.edits() == {"Ada": 1, "Ben": 1}
    for body in ({}, {"user": "A", "page": "B"}, {"rev_id": 5}, {"user": "A", "more": 1}):
        answer = await site.client.post(
            f"/api/v1/programs{path}", json=body, headers={"Authorization": f"Bearer {organiser}"}
        )
        assert answer.status_code == 422, body


async def test_programs_are_copied_merged_deleted_and_restored(site: Site) -> None:
    organiser = site.token(Role.ORGANISER, programs=["p", "copy"])
    changes = {"slug": "copy", "changes": {"title": "Copy", "participants": ["Eve"]}}
    made = await site.ask("POST", "/p/clone", organiser, status=201, json=changes)
    assert made["programs"][0]["slug"] == "copy"
    refused = await site.ask("POST", "/p/clone", organiser, status=403, json={"slug": "mine"})
    assert refused["code"] == "not_allowed"
    wrong = await site.ask("POST", "/p/clone", organiser, status=422, json={"slug": "copy2", "changes": {"wikis": 5}})
    assert wrong["code"] == "invalid_definition"
    refused = await site.ask("POST", "/copy/merge", organiser, status=403, json={"into": "secret"})
    assert refused["code"] == "private"
    await site.ask("POST", "/copy/merge", organiser, json={"into": "p"})
    assert site.edits() == {"Ada": 1, "Ben": 2, "Eve": 1}
    await site.ask("DELETE", "/p?reason=twice", organiser)
    site.worker.catch_up()
    assert (await site.client.get("/api/v1/programs/p/leaderboard")).status_code == 404
    late = await site.ask("POST", "/p/participants", organiser, status=409, json={"user": "Fay"})
    assert late["code"] == "deleted"
    await site.ask("POST", "/p/restore", organiser)
    assert site.edits() == {"Ada": 1, "Ben": 2, "Eve": 1}
    told = await site.ask("GET", "/p/history", organiser)
    assert [one["kind"] for one in told["events"]] == ["defined", "joined", "deleted", "restored"]
    assert told["events"][2]["reason"] == "twice"


async def test_what_is_allowed_is_asked_with_the_very_state_that_is_decided_from(site: Site) -> None:
    """A program that leaves the campaign between the question and the answer is not decided about."""
    token = site.token(Role.CAMPAIGN_ORGANISER, campaigns=["women"])
    asked: Callable[[], Any] = site.commands.states
    stolen = replace(BOTH, campaigns=())

    def then_changed() -> Any:
        states = asked()
        apply_programs(log_of(site.store), [stolen])
        return states

    site.commands.states = then_changed  # type: ignore[method-assign]
    problem = await site.ask("PUT", "/p?confirm=true", token, status=403, content=dump_programs([BOTH]),
                             headers={"If-Match": '"2"'})  # fmt: skip
    assert problem["code"] == "not_allowed"


async def test_the_description_of_the_api_knows_all_of_it(site: Site) -> None:
    described = (await site.client.get("/openapi.json")).json()["paths"]
    assert set(described["/api/v1/programs/{slug}"]) >= {"put", "delete"}
    assert "post" in described["/api/v1/programs"]
