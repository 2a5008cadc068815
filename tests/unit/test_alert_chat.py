"""Messages to chats: taken by services that check their real form, and calling nobody whatever a title says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.alerts.alerts import AlertKind, AlertState
from processors.alerts.chat import CONTENT_TYPE, chat_body
from processors.alerts.notices import TEST, Notice
from processors.alerts.wording import isolated, line, phrase, say
from tests.chat_services import CHECKS, chat_services

NOTICE = Notice(
    message_id="msg_0123456789abcdef0123456789abcdef",
    type="alert.tagged",
    at=datetime(2026, 11, 8, 14, 2, tzinfo=UTC),
    program="women-in-red-2026-11",
    program_title="Women in Red, November 2026",
    alert_id="a" * 32,
    kind=AlertKind.SPEEDY,
    state=AlertState.TAGGED,
    opened_at=datetime(2026, 11, 8, 14, 2, tzinfo=UTC),
    wiki="en.wikipedia.org",
    title="Marie Curie (physicist)",
    page_url="https://en.wikipedia.org/wiki/Marie_Curie_%28physicist%29",
    board_url="https://tally.example.org/programs/women-in-red-2026-11",
    users=("Ada B.", "Chén Xiǎomíng"),
    rev_id=123,
    diff_url="https://en.wikipedia.org/wiki/Special:Diff/123",
    detail="Requesting speedy deletion ([[WP:CSD#A7|CSD A7]]).",
)
HOSTILE = [
    "@everyone",
    "@here @channel @all @room ＠everyone",
    "<!channel> <!everyone|x> <@U123> <#C123>",
    "<@123456789012345678> <@&1> <t:0> </cmd:1>",
    "a|b||c||d",
    "```code``` `x` **b** __u__ ~~s~~ # h > q - l 1. n",
    "[click](https://evil.example/) <https://evil.example|here>",
    "<b>bold</b><a href='x'>y</a> &amp; &nope; </a></strong>",
    "\u202eevil\u202c \u2066x\u2069 \u200b\u200e",
    "مرحبا بالعالم",
    "\\",
    "\\\\`",
    "line\nbreak\r\nand\ttab\x00\x1b[31m",
    "\ud800 lone",
    "😀" * 300,
    "@everyone " * 1000,
    "\\_*[" * 3000,
    "é" + "\u0301" * 5000,
]
FORMATS = sorted(CHECKS)


def shaped(format: str, notice: Notice) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(chat_body(format, notice))
    return body


@pytest.mark.parametrize("format", FORMATS)
async def test_a_service_takes_every_message(format: str) -> None:
    """Each kind, each state and each hostile text, as a request to a server that checks."""
    cases = [replace(NOTICE, kind=kind, state=state) for kind in AlertKind for state in AlertState]
    for text in HOSTILE:
        address = f"https://en.wikipedia.org/wiki/{quote(text.encode('utf-8', 'replace'))}"
        cases.append(
            replace(
                NOTICE, title=text, detail=text, program_title=text, users=(text,) * 60, page_url=address, wiki=text
            )
        )
    cases += [
        replace(NOTICE, title="", page_url="", board_url="", users=(), rev_id=0, diff_url="", detail="", wiki=""),
        replace(NOTICE, type=TEST),
    ]
    async with chat_services() as (server, taken), aiohttp.ClientSession() as session:
        for notice in cases:
            body = chat_body(format, notice)
            query = {"chat_id": "1"} if format == "telegram" else {}
            async with session.post(
                server.make_url(f"/{format}"), data=body, params=query, headers={"Content-Type": CONTENT_TYPE}
            ) as answer:
                assert answer.status == 200, (notice, await answer.text(), body)
        assert len(taken) == len(cases)


@pytest.mark.parametrize("format", FORMATS)
@given(text=st.text(max_size=400), detail=st.text("@<>!&|`*_~[]()\\#a \n", max_size=400))
def test_no_text_breaks_out_of_its_place(format: str, text: str, detail: str) -> None:
    notice = replace(NOTICE, title=text, detail=detail, program_title=detail, users=(detail, text))
    assert list(CHECKS[format](shaped(format, notice))) == []


def texts(body: object) -> Iterator[str]:
    match body:
        case str():
            yield body
        case dict():
            for value in body.values():
                yield from texts(value)
        case list():
            for value in body:
                yield from texts(value)


@pytest.mark.parametrize("format", FORMATS)
def test_a_message_says_what_happened_to_which_page_in_which_program(format: str) -> None:
    said = unescape("".join(texts(shaped(format, NOTICE)))).replace("\\", "")
    for word in ("Marie Curie (physicist)", "tagged for speedy deletion", "Women in Red, November 2026", "Ada B."):
        assert word in said
    for address in ("https://en.wikipedia.org/wiki/Marie_Curie_%28physicist%29", NOTICE.board_url, NOTICE.diff_url):
        assert address in said
    assert "2026-11-08 14:02 UTC" in said


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"text": "<!channel>", "blocks": []}, "control sequence"),
        ({"text": "x", "blocks": [{"type": "section", "elements": []}]}, "unknown block"),
    ],
)
def test_the_receiver_sees_what_is_wrong_for_slack(body: dict[str, Any], problem: str) -> None:
    assert any(problem in one for one in CHECKS["slack"](body))


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("mattermost", {"text": "@all"}),
        ("mattermost", {"text": "`code`"}),
        ("matrix", {"text": "@room", "html": ""}),
        ("matrix", {"text": "", "html": "<script>"}),
        ("discord", {"embeds": [], "allowed_mentions": {"parse": ["everyone"]}}),
        ("telegram", {"text": "<i>x", "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}),
        ("telegram", {"text": "x" * 4097, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}),
    ],
)
def test_the_receivers_see_what_is_wrong(format: str, body: dict[str, Any]) -> None:
    assert list(CHECKS[format](body))


def test_there_is_no_message_in_a_form_that_is_no_chats() -> None:
    with pytest.raises(KeyError):
        chat_body("standard", NOTICE)


def test_every_kind_and_state_has_words() -> None:
    said = {(kind, state): phrase(kind, state) for kind in AlertKind for state in AlertState}
    assert all(said.values())
    assert said[AlertKind.PROPOSED, AlertState.UNTAGGED] == "no longer proposed for deletion"
    assert say(replace(NOTICE, type=TEST)).phrase == "test: tagged for speedy deletion"


def test_of_a_block_the_user_is_what_it_is_about_and_otherwise_the_program() -> None:
    blocked = replace(NOTICE, kind=AlertKind.BLOCKED, state=AlertState.OPEN, title="", page_url="", users=("Ada",))
    assert say(blocked).headline == "Ada: blocked"
    assert "Participants" not in {one.label for one in say(blocked).lines}
    goal = replace(blocked, kind=AlertKind.GOAL)
    assert (say(goal).subject, say(goal).url) == (NOTICE.program_title, NOTICE.board_url)


def test_text_is_one_line_without_what_is_not_seen_and_cut() -> None:
    assert line("a\u202eb\n c\x00\u200bd\ufeff", 10) == "ab cd"
    assert line("x" * 11, 10) == "x" * 9 + "…"
    assert line("می\u200cخواهم", 20) == "می\u200cخواهم"
    assert isolated("مرحبا") == "\u2068مرحبا\u2069"
    assert isolated("Ada") == "Ada"


def test_an_address_that_could_break_markup_is_left_out() -> None:
    for address in ("javascript:alert(1)", "https://x/ y", "https://x/>", "https://x/" + "a" * 2000):
        assert say(replace(NOTICE, page_url=address)).url == ""
