"""Requests to real servers that mean no good."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any

import pytest
import trustme

from api.webhooks import sending
from api.webhooks.guard import Guard, TargetRefused
from api.webhooks.sending import Sender
from tests.receivers import (
    Receiver,
    answer,
    gigabytes,
    hang,
    headers_without_end,
    nonsense,
    receiving,
    slam,
    trickle,
)

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    one = Sender(Guard(["127.0.0.1"]), user_agent="wikitally-test")
    yield one
    await one.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)
    monkeypatch.setattr(sending, "BODY_SECONDS", 0.2)


async def test_a_message_arrives_as_it_was_sent(receiver: Receiver, sender: Sender) -> None:
    sent = await sender.send(receiver.url("/hook?a=%20b"), HEADERS, b'{"a":"\xc3\xa6"}')
    assert (sent.status, sent.error) == (204, "")
    (request,) = receiver.requests
    assert request.line == "POST /hook?a=%20b HTTP/1.1"
    assert request.body == b'{"a":"\xc3\xa6"}'
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["user-agent"] == "wikitally-test"
    assert request.headers["content-type"] == "application/json"
    assert "cookie" not in request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(receiver: Receiver, sender: Sender, status: int) -> None:
    receiver.behaviours["/"] = answer(status, f"Location: {receiver.url('/inner')}\r\n")
    assert (await sender.send(receiver.url(), HEADERS, b"{}")).error == f"http_{status}"
    assert receiver.at("/inner") == []


async def test_cookies_and_connections_are_not_kept(receiver: Receiver, sender: Sender) -> None:
    receiver.behaviours["/"] = answer(200, "Set-Cookie: a=b\r\nConnection: keep-alive\r\n")
    for _ in range(2):
        assert (await sender.send(receiver.url(), HEADERS, b"{}")).status == 200
    assert receiver.connections == 2
    assert all("cookie" not in one.headers for one in receiver.requests)


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (hang, "timeout"),
        (trickle, "timeout"),
        (headers_without_end, "not_http"),
        (nonsense, "not_http"),
        (slam, "broken_off"),
        (answer(500, body=b"Traceback: db.internal"), "http_500"),
        (answer(429, "Retry-After: 120\r\n"), "http_429"),
    ],
)
async def test_bad_answers_are_a_word_and_take_no_longer_than_the_limit(
    receiver: Receiver, sender: Sender, hasty: None, behaviour: Any, error: str
) -> None:
    receiver.behaviours["/"] = behaviour
    started = perf_counter()
    sent = await sender.send(receiver.url(), HEADERS, b"{}")
    assert sent.error == error
    assert perf_counter() - started < 3
    assert sent.retry_after == ("120" if error == "http_429" else None)


async def test_an_answer_without_end_is_not_read_to_its_end(receiver: Receiver, sender: Sender, hasty: None) -> None:
    receiver.behaviours["/"] = gigabytes
    started = perf_counter()
    assert (await sender.send(receiver.url(), HEADERS, b"{}")).error == ""
    assert perf_counter() - started < 3


async def test_nobody_there_is_told_from_nobody_by_that_name(sender: Sender) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert (await sender.send(f"http://127.0.0.1:{port}/", HEADERS, b"{}")).error == "refused"
    assert (await sender.send("https://nobody.invalid.example.org/", HEADERS, b"{}")).error in ("dns", "timeout")


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let names resolve to these, one list after the other."""
    left = list(answers)

    def resolve(host: str, port: int) -> list[tuple[int, str]]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, one) for one in found]

    monkeypatch.setattr(sending, "_getaddrinfo", resolve)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::1"], ["8.8.8.8", "10.0.0.1"], ["169.254.169.254"], ["fe80::1%1"], ["2002:7f00:1::"]],
)
async def test_a_name_that_leads_inside_is_refused_at_registration_and_when_sending(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    sender = Sender(Guard(), user_agent="x")
    resolving(monkeypatch, addresses)
    with pytest.raises(TargetRefused) as refused:
        await sender.check("https://hooks.example.org/")
    assert refused.value.rule == "address"
    assert (await sender.send("https://hooks.example.org/", HEADERS, b"{}")).error == "not_allowed"
    await sender.close()


async def test_a_name_that_is_rebound_after_it_was_checked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(Guard(), user_agent="x")
    resolving(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    await sender.check("https://hooks.example.org/")
    assert (await sender.send("https://hooks.example.org/", HEADERS, b"{}")).error == "not_allowed"
    await sender.close()


async def test_the_connection_goes_to_the_address_that_was_checked_under_the_name_that_was_given(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """The name resolves to something else by the time of the connection; certificates are of the name."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.chat.internal").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    sender = Sender(Guard(["hooks.chat.internal", "other.chat.internal"]), user_agent="x", tls=trusting)
    resolving(monkeypatch, ["127.0.0.1"], ["192.0.2.1"])
    sent = await sender.send(f"https://hooks.chat.internal:{port}/", HEADERS, b"{}")
    assert (sent.error, sent.status) == ("", 204)
    assert receiver.requests[0].headers["host"] == f"hooks.chat.internal:{port}"

    resolving(monkeypatch, ["127.0.0.1"])
    assert (await sender.send(f"https://other.chat.internal:{port}/", HEADERS, b"{}")).error == "tls"
    server.close()
    await sender.close()


async def test_an_address_without_a_name_is_checked_too() -> None:
    sender = Sender(Guard(), user_agent="x")
    for url in ("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/meta-data/"):
        assert (await sender.send(url, HEADERS, b"{}")).error == "not_allowed"
    await sender.close()


async def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert (await sender.send(receiver.url(), HEADERS, b"{}")).error == ""
        assert proxy.requests == []


async def test_a_name_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(sending, "DNS_SECONDS", 0.2)
    monkeypatch.setattr(
        sending, "_getaddrinfo", lambda host, port: asyncio.run_coroutine_threadsafe(done.wait(), loop).result(5) and []
    )
    sender = Sender(Guard(), user_agent="x")
    started = perf_counter()
    assert (await sender.send("https://hooks.example.org/", HEADERS, b"{}")).error == "timeout"
    assert perf_counter() - started < 2
    done.set()
    await sender.close()
