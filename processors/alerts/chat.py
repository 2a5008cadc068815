"""
Notices as messages of chats: the bodies of their incoming webhooks.

Titles and summaries are anybody's text. It calls nobody, becomes no markup, and stays within what each service takes;
the limits, with where they are documented, stand beside each.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import orjson

from processors.alerts.alerts import AlertState
from processors.alerts.notices import Notice
from processors.alerts.subscriptions import Format
from processors.alerts.wording import Saying, isolated, say

CONTENT_TYPE = "application/json"

_JOINER = "\u2060"
"""Not seen. Behind an @ it makes that no name begins there."""


def chat_body(format: str, notice: Notice) -> bytes:
    """
    The body of a message, in JSON.

    Raises:
        KeyError: it is the format of no chat.
    """
    return orjson.dumps(_SHAPES[format](say(notice), notice))


def _slack(said: Saying, notice: Notice) -> dict[str, Any]:
    """
    https://docs.slack.dev/reference/block-kit/blocks/rich-text-block: text in it is no markup, so nothing is escaped.

    `text` is what notifications show; of it, &, < and > are escaped
    (https://docs.slack.dev/messaging/formatting-message-text).
    """
    head = [_slack_text(isolated(said.subject), said.url, bold=True), _slack_text(f": {said.phrase}")]
    rows = [[_slack_text(f"\n{one.label}: "), _slack_text(one.text, one.url)] for one in said.lines]
    elements = [*head, *(element for row in rows for element in row)]
    return {
        "text": html.escape(said.headline, quote=False),
        "blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}],
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _slack_text(text: str, url: str = "", *, bold: bool = False) -> dict[str, Any]:
    style = {"style": {"bold": True}} if bold else {}
    return {"type": "link", "url": url, "text": text, **style} if url else {"type": "text", "text": text, **style}


def _mattermost(said: Saying, notice: Notice) -> dict[str, Any]:
    """
    https://developers.mattermost.com/integrate/webhooks/incoming/: Markdown, and Slack's `<!channel>` beside it.

    A message has at most 16,383 characters.
    """
    rows = [f"{one.label}: {_linked(_markdown(one.text), one.url)}" for one in said.lines]
    head = f"**{_linked(_markdown(isolated(said.subject)), said.url)}**: {said.phrase}"
    return {"text": "  \n".join((head, *rows))}


_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!~|])")


def _markdown(text: str) -> str:
    return _MARKUP.sub(r"\\\1", html.escape(_called_nobody(text), quote=False))


def _linked(text: str, url: str) -> str:
    """A link in Markdown, of text that is escaped already."""
    address = url.replace("(", "%28").replace(")", "%29")
    return f"[{text}]({address})" if address else text


def _called_nobody(text: str) -> str:
    """`text` in which no @ begins a name: `@all`, `@room`, somebody's."""
    return text.replace("@", f"@{_JOINER}").replace("＠", f"＠{_JOINER}")


def _matrix(said: Saying, notice: Notice) -> dict[str, Any]:
    """
    https://matrix-org.github.io/matrix-hookshot/latest/setup/webhooks.html: `text` is the plain message, `html` the
    formatted one. An event has at most 65,536 bytes
    (https://spec.matrix.org/latest/client-server-api/#size-limits).
    """
    rows = [f"{html.escape(one.label)}: {_anchor(one.text, one.url)}" for one in said.lines]
    head = f"<strong>{_anchor(isolated(said.subject), said.url)}</strong>: {html.escape(said.phrase)}"
    plain = [f"{one.label}: {_called_nobody(one.text)}{f' {one.url}' if one.url else ''}" for one in said.lines]
    return {
        "text": "\n".join((f"{_called_nobody(said.headline)}{f' {said.url}' if said.url else ''}", *plain)),
        "html": "<br>".join((head, *rows)),
    }


def _anchor(text: str, url: str) -> str:
    shown = html.escape(_called_nobody(text))
    return f'<a href="{html.escape(url)}">{shown}</a>' if url else shown


_COLOURS = {
    AlertState.TAGGED: 0xD73333,
    AlertState.DELETED: 0xD73333,
    AlertState.OPEN: 0xEDAB00,
    AlertState.KEPT: 0x14866D,
    AlertState.RESTORED: 0x14866D,
    AlertState.UNTAGGED: 0x14866D,
    AlertState.CLOSED: 0x14866D,
}


_DISCORD_MARKUP = re.compile(r"([\\`*_\[\]()#+\-.!~|<>:])")


def _discord(said: Saying, notice: Notice) -> dict[str, Any]:
    """
    https://docs.discord.com/developers/resources/webhook#execute-webhook and, of embeds,
    https://docs.discord.com/developers/resources/message#embed-object-embed-limits.

    `content` has at most 2,000 characters, an embed's title 256, its description 4,096, all of it 6,000.
    `allowed_mentions` without anything in `parse` makes that nobody is called.
    """
    rows = [f"{one.label}: {_linked(_discord_text(one.text), one.url)}" for one in said.lines]
    embed: dict[str, Any] = {
        "title": _cut(_discord_text(said.headline), 256),
        "description": _fitting(rows, 4096),
        "color": _COLOURS[notice.state],
        "timestamp": notice.at.isoformat(),
    }
    if said.url:
        embed["url"] = said.url
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def _discord_text(text: str) -> str:
    return _DISCORD_MARKUP.sub(r"\\\1", _called_nobody(text))


def _fitting(rows: list[str], most: int) -> str:
    """The rows that fit, each whole: half of a link is none."""
    kept: list[str] = []
    for row in rows:
        if _units("\n".join((*kept, row))) <= most:
            kept.append(row)
    return "\n".join(kept)


def _telegram(said: Saying, notice: Notice) -> dict[str, Any]:
    """
    https://core.telegram.org/bots/api#sendmessage and …#html-style: &, < and > are escaped.

    `text` has at most 4,096 characters. The chat is named in the address: `…/sendMessage?chat_id=…`.
    """
    rows = [f"{html.escape(one.label)}: {_anchor(one.text, one.url)}" for one in said.lines]
    head = f"<b>{_anchor(isolated(said.subject), said.url)}</b>: {html.escape(said.phrase)}"
    return {
        "text": "\n".join((head, *rows)),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


def _units(text: str) -> int:
    """UTF-16 units, which is how some services count."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, most: int) -> str:
    if _units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore")
    return f"{kept.rstrip(chr(92))}…"


_SHAPES: dict[str, Callable[[Saying, Notice], dict[str, Any]]] = {
    Format.SLACK: _slack,
    Format.MATTERMOST: _mattermost,
    Format.MATRIX: _matrix,
    Format.DISCORD: _discord,
    Format.TELEGRAM: _telegram,
}
