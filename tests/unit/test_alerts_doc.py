"""What the pages about alerts tell organisers and writers of bots is so."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from api.alert_models import AlertAnswer
from api.alert_render import alert_json
from api.feed_render import MOST_ENTRIES
from processors.alerts.alerts import LIVE, Alert, AlertKind, AlertState, Step
from processors.alerts.payloads import MOST_DETAIL, MOST_USERS
from processors.alerts.subscriptions import Format
from processors.ports.alerts import MOST, FeedFilter, ShownAlert
from tests.deploying import check_command

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("alerts", "webhooks", "chat", "alert-rules")


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def commands(name: str) -> list[list[str]]:
    """The words behind `wikitally` of every line of a shell block."""
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", page(name), re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("wikitally ")]


COMMANDS = [(name, words) for name in PAGES for words in commands(name)]


@pytest.mark.parametrize(("name", "words"), COMMANDS, ids=[f"{name}: {' '.join(words)}" for name, words in COMMANDS])
def test_commands_of_the_pages_exist_with_their_options(name: str, words: list[str]) -> None:
    check_command(words)


def test_every_page_has_commands() -> None:
    assert {name for name, _ in COMMANDS} == set(PAGES)


def test_every_kind_is_in_the_table_of_alerts_and_every_format_in_that_of_chats() -> None:
    assert set(AlertKind) == set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]*) \| ", page("alerts"), re.M))))
    assert set(re.findall(r"^\| `(\w+)` \|", page("chat"), re.MULTILINE)) == set(Format) - {Format.STANDARD}


def test_the_alert_of_the_page_is_what_the_api_answers() -> None:
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    tagged = Step(AlertState.TAGGED, at, "e", "Patrol", 70, "Catégorie:Suppression immédiate")
    deleted = Step(AlertState.DELETED, at + timedelta(minutes=30), "f", "Sysop", 0, "no sources")
    alert = Alert(
        "women-in-red", "0123456789abcdef" * 2, AlertKind.SPEEDY, "fr.wikipedia.org", "Marie Curie", ("Ada",),
        (tagged, deleted),
    )  # fmt: skip
    (block,) = re.findall(r"```json\n(.*?)```", page("alerts"), re.DOTALL)
    assert json.loads(block) == orjson.loads(orjson.dumps(alert_json(ShownAlert(alert, "Women in Red"))))
    assert json.loads(block).keys() == AlertAnswer.model_fields.keys()


def test_the_numbers_and_words_of_the_pages_are_those_of_the_code() -> None:
    alerts, webhooks, chat = page("alerts"), page("webhooks"), page("chat")
    (live,) = re.findall(r"alerts that are (.*?),? and neither", alerts, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", live)) == set(LIVE)
    assert f"`?limit=` is {FeedFilter().limit} unless you say otherwise, at most {MOST}" in alerts
    assert f"at most {MOST_USERS} `users`, and {MOST_DETAIL} characters of `detail`" in webhooks
    assert f"the {FeedFilter().limit} alerts of a program that changed last" in chat
    assert f"at most {MOST_ENTRIES}" in chat
