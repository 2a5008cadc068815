"""deploy/nginx in a real nginx, in front of two web processes."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from deploy.http_server import serving
from tests.deploy_tools import nginx
from tests.tls import Authority

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx"
SECRET = "wt_s3cret"
MAIN = """\
{user}
daemon off;
worker_processes 1;
error_log {folder}/main.log crit;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/wikitally.conf;
}}
"""


@dataclass
class Replica:
    """A web process that remembers what it was asked, and gives frames when told."""

    asked: list[str] = field(default_factory=list)
    frames: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    away: bool = False

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v1/programs/x/live", self._live),
                Route("/{rest:path}", self._any, methods=["GET", "POST"]),
            ]
        )

    async def _any(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}")
        headers = {"Seen": ",".join(sorted(name for name in request.headers if name.startswith("x-")))}
        return PlainTextResponse("hello", status_code=503 if self.away else 200, headers=headers)

    async def _live(self, request: Request) -> Response:
        async def frames() -> AsyncIterator[bytes]:
            while frame := await self.frames.get():
                yield frame

        return StreamingResponse(frames(), media_type="text/event-stream")


@dataclass
class Site:
    """nginx, and what is behind it."""

    url: str
    plain: str
    replicas: list[Replica]
    folder: Path
    http: aiohttp.ClientSession

    def logs(self) -> str:
        return "".join(path.read_text(encoding="utf-8") for path in self.folder.glob("*.log"))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def configured(folder: Path, upstream: list[str]) -> tuple[int, int]:
    """The configuration as it is installed, with the places and ports of this test; gives its two ports."""
    tls = folder / "tls"
    tls.mkdir()
    cert, key = Authority(folder).issue("127.0.0.1")
    cert.rename(tls / "fullchain.pem")
    key.rename(tls / "privkey.pem")
    plain, secure = free_port(), free_port()
    for name in ("wikitally.conf", "locations.conf", "upstream.conf"):
        text = (CONFIGURATION / name).read_text(encoding="utf-8")
        text = text.replace("/etc/nginx/wikitally", str(folder)).replace("/var/log/nginx", str(folder))
        text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
        text = text.replace("listen 80 ", f"listen 127.0.0.1:{plain} ").replace(
            "listen 443 ", f"listen 127.0.0.1:{secure} "
        )
        servers = "".join(f"server {one} max_fails=2 fail_timeout=5s;\n" for one in upstream)
        text = text.replace("server 127.0.0.1:8080 max_fails=2 fail_timeout=5s;\n", servers)
        (folder / name).write_text(text, encoding="utf-8")
    # Root's workers would be somebody who may not read the folders of tests.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    return plain, secure


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    replicas = [Replica(), Replica()]
    program = nginx()
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serving(one.app(), "127.0.0.1", 0)) for one in replicas]
        plain, secure = configured(tmp_path, [f"127.0.0.1:{url.rpartition(':')[2]}" for url in urls])
        command = (str(program), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)))
        try:
            await listening(process, secure)
            yield Site(f"https://127.0.0.1:{secure}", f"http://127.0.0.1:{plain}", replicas, tmp_path, http)
        finally:
            for one in replicas:
                one.frames.put_nowait(b"")
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            _, complaints = await process.communicate()
    assert complaints == b""


async def listening(process: asyncio.subprocess.Process, port: int) -> None:
    for _ in range(200):
        if process.returncode is not None:
            assert process.stderr is not None
            pytest.fail(f"nginx: {(await process.stderr.read()).decode()}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    pytest.fail("nginx does not listen")


async def test_a_frame_of_a_board_arrives_before_the_next_is_made(site: Site) -> None:
    for one in site.replicas:
        one.frames.put_nowait(b"data: 1\n\n")
    async with site.http.get(f"{site.url}/api/v1/programs/x/live", headers={"Accept-Encoding": "gzip"}) as answer:
        assert await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 5) == b"data: 1\n\n"
        assert "Content-Encoding" not in answer.headers
        for one in site.replicas:
            one.frames.put_nowait(b"data: 2\n\n")
        assert await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 5) == b"data: 2\n\n"


async def test_no_token_parameter_or_address_of_a_reader_is_logged(site: Site) -> None:
    site.replicas[0].away = True
    for headers in ({"Authorization": f"Bearer {SECRET}"}, {"X-ClickHouse-Key": SECRET}, {"Cookie": SECRET}):
        for path in ("/", "/sql", f"/sql/?password={SECRET}", f"/api/v1/programs?token={SECRET}"):
            async with site.http.get(site.url + path, headers=headers) as answer:
                await answer.read()
    async with site.http.get(f"{site.plain}/?token={SECRET}", allow_redirects=False) as answer:
        assert answer.status == 301
    logs = site.logs()
    assert " GET /sql " in logs
    assert SECRET not in logs
    assert not re.search(r"(?<![\d.])127\.0\.0\.1(?!:\d)", logs)


async def test_another_replica_answers_when_one_has_no_store_and_nothing_is_written_twice(site: Site) -> None:
    first, second = site.replicas
    first.away = second.away = True
    async with site.http.post(f"{site.url}/api/v1/programs", data=b"x") as answer:
        assert answer.status == 503
    assert len(first.asked) + len(second.asked) == 1
    second.away = False
    for _ in range(4):
        async with site.http.get(f"{site.url}/programs/x") as answer:
            assert answer.status == 200
    assert "GET /programs/x" in first.asked


async def test_metrics_are_not_for_the_world_and_health_is(site: Site) -> None:
    async with site.http.get(f"{site.url}/metrics") as answer:
        assert answer.status == 404
    async with site.http.get(f"{site.url}/health") as answer:
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"]
    assert [asked for one in site.replicas for asked in one.asked] == ["GET /health"]


async def test_sql_is_limited_by_address_and_boards_are_not(site: Site) -> None:
    async def status(path: str) -> int:
        async with site.http.get(site.url + path) as answer:
            return answer.status

    assert set(await asyncio.gather(*(status("/programs/x") for _ in range(60)))) == {200}
    assert 429 in await asyncio.gather(*(status("/sql?query=1") for _ in range(60)))


async def test_a_body_larger_than_any_that_wikitally_takes_is_refused_at_the_door(site: Site) -> None:
    for path, size, status in (
        ("/sql", 3 << 19, 413),
        ("/api/v1/programs", 3 << 20, 200),
        ("/api/v1/programs", 9 << 20, 413),
    ):
        async with site.http.post(site.url + path, data=io.BytesIO(b"x" * size)) as answer:
            assert answer.status == status, (path, size)
