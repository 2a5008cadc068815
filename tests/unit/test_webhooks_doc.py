"""What `docs/webhooks.md` tells receivers to do works on what we send."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.webhooks.signing import new_secret, signed_headers
from deploy.delivering.queue import MOST_DOUBTFUL, MOST_IN_FLIGHT
from processors.alerts.alerts import Alert, AlertKind, AlertState, Step
from processors.alerts.changes import AlertChange
from processors.alerts.payloads import notices, payload
from processors.alerts.subscriptions import MOST_OF_A_PROGRAM
from processors.privacy.pseudonyms import Masks
from tests.needs import missing

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def block(language: str, containing: str = "") -> str:
    found = [one for one in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if containing in one]
    assert len(found) == 1
    return str(found[0])


def message() -> bytes:
    at = datetime(2026, 11, 25, 12, tzinfo=UTC)
    step = Step(AlertState.TAGGED, at, "e", "Sysop", 70, "Catégorie:Suppression immédiate")
    program = "women-in-red-2026-11"
    alert = Alert(
        program, "0123456789abcdef" * 2, AlertKind.SPEEDY, "fr.wikipedia.org", "Marie Curie", ("Ada",), (step,)
    )
    (notice,) = notices(AlertChange(alert, (step,)), "WiR", "https://tally.example.org", Masks())
    return payload(notice)


def test_the_payload_of_the_page_is_what_we_send() -> None:
    assert json.loads(block("json")) == json.loads(message())


def test_every_kind_and_state_is_on_the_page() -> None:
    for word in (*AlertKind, *AlertState):
        assert f"`{word}`" in PAGE


def test_the_pages_python_verifies_what_we_send_and_nothing_else() -> None:
    made: dict[str, Any] = {}
    exec(block("python"), made)
    secret, body = new_secret(), message()
    headers = signed_headers("msg_1", datetime.now(UTC), body, [secret])
    assert made["read"](body, headers, secret) == json.loads(body)
    assert made["read"](body + b" ", headers, secret) is None
    assert made["read"](body, headers, new_secret()) is None


@pytest.mark.parametrize("right", [True, False])
def test_the_pages_shell_verifies_what_we_send_and_nothing_else(tmp_path: Path, right: bool) -> None:
    if shutil.which("openssl") is None:
        missing("openssl", "install it with the system's package manager")
    secret, body = new_secret(), message()
    headers = signed_headers("msg_1", datetime.now(UTC), body, [new_secret(), secret])
    (tmp_path / "body").write_bytes(body if right else body + b" ")
    names = {"ID": "webhook-id", "TIMESTAMP": "webhook-timestamp", "SIGNATURE": "webhook-signature"}
    given = {name: headers[header] for name, header in names.items()} | {"SECRET": secret}
    said = subprocess.run(
        ["sh", "-c", block("sh", "openssl")],
        cwd=tmp_path, env={"PATH": os.environ["PATH"], **given}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip() == ("good" if right else "bad")


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"Of {MOST_IN_FLIGHT} messages under way at most {MOST_DOUBTFUL} go" in PAGE
    assert f"up to\n{MOST_OF_A_PROGRAM}." in PAGE
