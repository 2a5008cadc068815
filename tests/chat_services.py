"""
Chat services on loopback that take a message only in the form that their documentation gives.

Each check is written from the service's own pages, named beside it; what it finds wrong is answered with 400, as
the service would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

MENTIONS = re.compile(r"(?<![\w\\])[@＠](?=[\w])")
"""An @ that a name may begin behind."""
SLACK_STYLE = re.compile(r"<(?:[!@#][^>]*|https?://[^>|]+(?:\|[^>]*)?)>")


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def keys(body: dict[str, Any], required: set[str], optional: set[str]) -> Iterator[str]:
    if missing := required - body.keys():
        yield f"lacks {sorted(missing)}"
    if unknown := body.keys() - required - optional:
        yield f"has unknown {sorted(unknown)}"


def slack(body: dict[str, Any]) -> Iterator[str]:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, …/block-kit/blocks/rich-text-block."""
    yield from keys(body, {"text", "blocks"}, {"mrkdwn", "unfurl_links", "unfurl_media"})
    if SLACK_STYLE.search(body["text"]) or re.search(r"&(?!(?:amp|lt|gt);)", body["text"]):
        yield "text has a control sequence, or a character that is not escaped"
    if not 1 <= len(body["blocks"]) <= 50:
        yield "1 to 50 blocks"
    for block in body["blocks"]:
        if block["type"] != "rich_text":
            yield f"unknown block {block['type']}"
        for section in block["elements"]:
            if section["type"] != "rich_text_section":
                yield f"unknown element {section['type']}"
            for element in section["elements"]:
                yield from slack_element(element)


def slack_element(element: dict[str, Any]) -> Iterator[str]:
    match element["type"]:
        case "text":
            yield from keys(element, {"type", "text"}, {"style"})
        case "link":
            yield from keys(element, {"type", "url"}, {"text", "style", "unsafe"})
            if len(element["url"]) > 3000:
                yield "url is longer than 3,000 characters"
        case other:
            yield f"{other} is an element that calls somebody, or an unknown one"
    if not element.get("text"):
        yield "text is empty"


MARKDOWN_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\(([^()\s]*)\)")


def markdown(text: str, labels: Callable[[str], bool] = bool) -> Iterator[str]:
    """Markup other than links and the bold of the first line."""
    rest = MARKDOWN_LINK.sub(r"\1", text)
    rest = re.sub(r"^\*\*((?:[^*\\]|\\.)*)\*\*", r"\1", rest)
    bare = re.sub(r"\\.", "", rest)
    if found := re.search(r"[`*\[\]|~]|(?<!\w)_|_(?!\w)|^[#>]", bare, re.MULTILINE):
        yield f"markup that is not escaped: {found[0]!r}"


def mattermost(body: dict[str, Any]) -> Iterator[str]:
    """https://developers.mattermost.com/integrate/webhooks/incoming/#parameters."""
    yield from keys(body, {"text"}, set())
    text = body["text"]
    if len(text) > 16383:
        yield "text is longer than 16,383 characters"
    if MENTIONS.search(text) or SLACK_STYLE.search(text):
        yield "text calls somebody"
    if "<" in text:
        yield "text has HTML"
    yield from markdown(text)


class Html(HTMLParser):
    """Reads HTML of few tags; `problems` says what else there is."""

    def __init__(self, tags: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.problems, self.text = tags, list[str](), list[str](), ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.tags:
            self.problems.append(f"unknown tag {tag}")
        if dict(attrs).keys() - ({"href"} if tag == "a" else set()):
            self.problems.append(f"unknown attributes {attrs}")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"{tag} is not nested")

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed_html(text: str, tags: set[str]) -> Html:
    html = Html(tags)
    html.feed(text)
    html.close()
    html.problems += [f"{tag} is not closed" for tag in html.open]
    return html


def matrix(body: dict[str, Any]) -> Iterator[str]:
    """https://matrix-org.github.io/matrix-hookshot/latest/setup/webhooks.html#webhook-handling."""
    yield from keys(body, {"text", "html"}, {"username"})
    html = parsed_html(body["html"], {"a", "strong", "br"})
    yield from html.problems
    for text in (body["text"], html.text):
        if "@room" in text or MENTIONS.search(text):
            yield "calls somebody"
    if len(str(body).encode("utf-8", "replace")) > 60_000:
        yield "an event is not larger than 65,536 bytes"


def discord(body: dict[str, Any]) -> Iterator[str]:
    """https://docs.discord.com/developers/resources/webhook#execute-webhook, …/resources/message#embed-object."""
    yield from keys(body, {"embeds", "allowed_mentions"}, {"content"})
    if body["allowed_mentions"] != {"parse": []}:
        yield "allowed_mentions lets it call somebody"
    if units(body.get("content", "")) > 2000 or not 1 <= len(body["embeds"]) <= 10:
        yield "content has at most 2,000 characters, and there are 1 to 10 embeds"
    for embed in body["embeds"]:
        yield from keys(embed, {"title", "description", "color", "timestamp"}, {"url"})
        title, description = embed["title"], embed["description"]
        if units(title) > 256 or units(description) > 4096 or units(title + description) > 6000:
            yield "an embed has at most 256 characters of title, 4,096 of description, 6,000 of all"
        if not title or not description:
            yield "is empty"
        if not 0 <= embed["color"] <= 0xFFFFFF or datetime.fromisoformat(embed["timestamp"]).tzinfo is None:
            yield "colour or time are none"
        for text in (title, description):
            yield from markdown(text)
            if re.search(r"(?<!\\)<", text) or MENTIONS.search(text):
                yield "has what looks as if somebody were called"


def telegram(body: dict[str, Any]) -> Iterator[str]:
    """https://core.telegram.org/bots/api#sendmessage, …#html-style."""
    yield from keys(body, {"text", "parse_mode", "link_preview_options"}, {"chat_id"})
    if body["parse_mode"] != "HTML" or body["link_preview_options"] != {"is_disabled": True}:
        yield "is not of the form"
    if found := re.search(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)", body["text"]):
        yield f"has an unknown entity {body['text'][found.start() :][:10]}"
    html = parsed_html(body["text"], {"a", "b"})
    yield from html.problems
    if not 1 <= units(html.text) <= 4096:
        yield "text has 1 to 4,096 characters"
    if MENTIONS.search(html.text):
        yield "text calls somebody"


CHECKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "slack": slack,
    "mattermost": mattermost,
    "matrix": matrix,
    "discord": discord,
    "telegram": telegram,
}


@asynccontextmanager
async def chat_services() -> Any:
    """A server that has every service at `/{name}`, and the list of what was taken."""
    taken: list[tuple[str, dict[str, Any]]] = []

    async def take(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if request.content_type != "application/json":
            return web.Response(status=415)
        body = await request.json()
        problems = list(CHECKS[name](body))
        if name == "telegram" and "chat_id" not in request.query:
            problems.append("chat_id is in the address")
        if problems:
            return web.json_response(problems, status=400)
        taken.append((name, body))
        return web.json_response({"ok": True})

    app = web.Application(client_max_size=100_000)
    app.router.add_post("/{name}", take)
    async with TestServer(app) as server:
        yield server, taken
