"""Alerts by mail, to a real SMTP server: what arrives, how it threads, and what comes of refusals."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from deploy.delivering import mail as mailing
from deploy.delivering.mail import Mailer, MailServer, mailer_of
from deploy.settings import Settings
from processors.alerts.alerts import AlertState
from processors.alerts.delivery import Outcome
from processors.alerts.mail import mail, mail_address
from processors.errors import InvalidInput
from tests.tls import Authority, tls_before
from tests.unit.test_alert_chat import HOSTILE, NOTICE

HOST, SENDER, TO, ID = "127.0.0.1", "alerts@tally.example.org", "ada@example.org", "msg_" + "1" * 32


class Mailbox:
    """What a mail server does with what comes."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.came: list[tuple[Envelope, Session]] = []

    async def handle_RCPT(  # noqa: N802, the server's name for it
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.came.append((envelope, session))
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        found = [message_from_bytes(envelope.original_content or b"", policy=default) for envelope, _ in self.came]
        return [one for one in found if isinstance(one, EmailMessage)]


@contextmanager
def smtp_server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname=HOST, port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mailer(port: int, query: str = "", login: str = "") -> Mailer:
    return Mailer(MailServer.parse(f"smtp://{login}{HOST}:{port}{query}"), SENDER)


async def test_a_mail_arrives_and_says_what_the_notice_says() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        outcome = await mailer(port).send_mail(TO, ID, NOTICE)
    assert (outcome.status, outcome.error) == (250, "")
    (envelope, _), (message,) = mailbox.came[0], mailbox.messages()
    assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [TO])
    assert message["Subject"] == "Marie Curie (physicist): tagged for speedy deletion"
    assert message["From"] == '"Women in Red, November 2026 (wikitally)" <alerts@tally.example.org>'
    assert message["To"] == TO
    assert message["Message-ID"] == f"<{ID}@tally.example.org>"
    assert message["List-Id"] == "<women-in-red-2026-11.alerts.tally.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Sun, 08 Nov 2026 14:02:00 +0000"
    assert message.get_content_type() == "text/plain"
    text = message.get_content()
    for said in (NOTICE.page_url, NOTICE.board_url, NOTICE.diff_url, "Ada B.", "Chén Xiǎomíng", NOTICE.detail):
        assert said in text


async def test_a_repetition_is_the_same_mail_and_the_next_step_of_an_alert_answers_in_its_thread() -> None:
    mailbox = Mailbox()
    with smtp_server(mailbox) as port:
        sender = mailer(port)
        for number, state in ((1, AlertState.TAGGED), (1, AlertState.TAGGED), (2, AlertState.DELETED)):
            await sender.send_mail(TO, f"msg_{number}", replace(NOTICE, state=state))
    first, again, next_step = mailbox.messages()
    assert first.as_bytes() == again.as_bytes()
    assert first["Message-ID"] != next_step["Message-ID"]
    assert first["References"] == next_step["References"]


@given(text=st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200)))
def test_no_text_becomes_a_header_and_lines_are_short(text: str) -> None:
    notice = replace(NOTICE, title=text, detail=text, program_title=text, program=text or "p", users=(text,))
    raw = mail(notice, ID, sender=SENDER, to=TO).as_bytes()
    read = message_from_bytes(raw, policy=default)
    assert sorted(key.lower() for key in read) == sorted(
        ["from", "to", "subject", "date", "message-id", "references", "list-id", "auto-submitted",
         "content-type", "content-transfer-encoding", "mime-version"]
    )  # fmt: skip
    assert read["To"] == TO
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    raw.decode("ascii")


async def test_credentials_are_sent_only_over_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(HOST))
    seen: list[Any] = []

    def authenticate(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        seen.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=data.password == b"pass word", handled=False)

    mailbox = Mailbox()
    with smtp_server(mailbox, tls_context=context, authenticator=authenticate, auth_require_tls=False) as port:
        trusted = f"?ca={authority.file}"
        assert (await mailer(port, trusted, "ada:pass%20word@").send_mail(TO, ID, NOTICE)).delivered
        assert (await mailer(port, trusted, "ada:wrong@").send_mail(TO, ID, NOTICE)).error == "mail_login"
        untrusted = await mailer(port, "", "ada:pass%20word@").send_mail(TO, ID, NOTICE)
        assert untrusted.error == "tls"
    assert set(seen) == {(b"ada", b"pass word", True), (b"ada", b"wrong", True)}
    seen.clear()
    with smtp_server(mailbox, authenticator=authenticate, auth_require_tls=False) as port:
        assert (await mailer(port, "", "ada:pass%20word@").send_mail(TO, ID, NOTICE)).error == "tls"
    assert not seen


async def test_tls_from_the_start(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(HOST))
    mailbox = Mailbox()
    with smtp_server(mailbox) as plain, tls_before(plain, context) as port:
        server = MailServer.parse(f"smtps://{HOST}:{port}?ca={authority.file}")
        outcome = await Mailer(server, SENDER).send_mail(TO, ID, NOTICE)
    assert outcome.delivered, outcome
    assert len(mailbox.came) == 1


@pytest.mark.parametrize(
    ("refusal", "status", "error"),
    [
        ("550 5.1.1 no such user", 410, "smtp_550"),
        ("550 5.7.1 policy", 550, "smtp_550"),
        ("451 4.7.1 come back later", 451, "smtp_451"),
        ("552 5.2.2 mailbox full", 552, "smtp_552"),
    ],
)
async def test_a_refusal_is_told_and_only_a_missing_mailbox_ends_it(refusal: str, status: int, error: str) -> None:
    with smtp_server(Mailbox(refusal)) as port:
        outcome = await mailer(port).send_mail(TO, ID, NOTICE)
    assert (outcome.status, outcome.error) == (status, error)
    assert outcome.ends_subscription is (status == 410)


async def test_a_server_that_is_away_or_hangs_costs_a_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailing, "STEP_SECONDS", 0.2)
    with socket.create_server((HOST, 0)) as silent:
        started = asyncio.get_running_loop().time()
        assert (await mailer(silent.getsockname()[1]).send_mail(TO, ID, NOTICE)).error == "timeout"
        assert asyncio.get_running_loop().time() - started < 2
        port = silent.getsockname()[1]
    assert (await mailer(port).send_mail(TO, ID, NOTICE)).error == "refused"


async def test_a_bad_address_is_no_mail() -> None:
    assert await mailer(1).send_mail("ada", ID, NOTICE) == Outcome(error="address")


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@example.org", "a@b", "a b@example.org", "a@example.org,b@example.org",
     "a@example.org\r\nBcc: b@example.org", "<a@example.org>", "ä@example.org", "a@example.org\x00",
     f"{'a' * 250}@example.org"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput):
        mail_address(address)


@pytest.mark.parametrize("address", ["ada@example.org", "ada.b+tag@mail.example.org", "o'neil@example.org"])
def test_an_address_is_taken(address: str) -> None:
    assert mail_address(address).addr_spec == address


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", MailServer("mail.example.org", 25, "if_offered")),
        ("smtp://ada:p%40ss@mail.example.org", MailServer("mail.example.org", 587, "required", "ada", "p@ss")),
        ("smtps://ada:x@mail.example.org", MailServer("mail.example.org", 465, "from_start", "ada", "x")),
        ("smtp://ada:x@mail:2525?tls=none", MailServer("mail", 2525, "none", "ada", "x")),
        ("smtp://mail?tls=required&ca=/ca.pem", MailServer("mail", 25, "required", ca="/ca.pem")),
    ],
)
def test_the_server_is_read_from_an_address(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize(
    "url",
    ["mail", "http://mail", "smtp://", "smtp://mail:x", "smtp://mail/box", "smtp://mail?tls=maybe", "smtp://mail?x=1",
     "smtps://mail?tls=none"],
)  # fmt: skip
def test_what_is_no_server_is_told_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput, match="WIKITALLY_SMTP_URL"):
        MailServer.parse(url)


def test_mail_needs_an_address_that_it_comes_from() -> None:
    assert mailer_of(Settings()) is None
    with pytest.raises(InvalidInput, match="WIKITALLY_MAIL_FROM"):
        mailer_of(Settings(smtp_url=SecretStr("smtp://mail")))
    with pytest.raises(InvalidInput, match="no mail address"):
        mailer_of(Settings(smtp_url=SecretStr("smtp://mail"), mail_from="me"))
    assert mailer_of(Settings(smtp_url=SecretStr("smtp://mail"), mail_from="me@example.org"))


def test_the_servers_client_is_python_s_own_too() -> None:
    """The receiving side works with another client than ours, so that its answers are not made for ours."""
    mailbox = Mailbox()
    with smtp_server(mailbox) as port, smtplib.SMTP(HOST, port) as client:
        client.send_message(mail(NOTICE, ID, sender=SENDER, to=TO))
    assert mailbox.messages()[0]["Message-ID"] == f"<{ID}@tally.example.org>"
