"""E-mail by SMTP: one notice, one mail, one attempt. Trying again is the outbox's business."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib

from deploy.settings import Settings
from processors.alerts.delivery import GONE, Outcome
from processors.alerts.mail import mail, mail_address
from processors.alerts.notices import Notice
from processors.errors import InvalidInput

STEP_SECONDS = 10.0
"""For each answer of the server."""
TOTAL_SECONDS = 30.0
MOST_AT_ONCE = 4
"""Connections to the server."""

_NO_SUCH_MAILBOX = ("5.1.1", "5.1.10", "5.2.1")
"""Enhanced status codes (RFC 3463) of mailboxes that are not there, or no longer in use."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server, as `WIKITALLY_SMTP_URL` names it."""

    host: str
    port: int
    tls: Literal["from_start", "required", "if_offered", "none"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    """File of the authority that its certificate is from; None: those that the machine trusts."""

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """Read `smtp[s]://[user:password@]host[:port][?tls=required|none&ca=FILE]`.

        With a password TLS is required unless `tls=none` is written: who can cut the line could else read it.

        Raises:
            InvalidInput: it is no such address; the message does not repeat it, since it may hold a password.
        """
        try:
            parts = urlsplit(url)
            host, port, user = parts.hostname, parts.port, parts.username
            options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        except ValueError:
            raise InvalidInput(_FORM) from None
        asked = options.get("tls")
        odd = options.keys() - {"tls", "ca"} or asked not in (None, "required", "none")
        if parts.scheme not in ("smtp", "smtps") or not host or parts.path.strip("/") or odd:
            raise InvalidInput(_FORM)
        if parts.scheme == "smtps":
            if asked:
                raise InvalidInput("WIKITALLY_SMTP_URL: smtps has TLS from the start; leave tls out")
            tls: Literal["from_start", "required", "if_offered", "none"] = "from_start"
        elif asked:
            tls = "required" if asked == "required" else "none"
        else:
            tls = "required" if user else "if_offered"
        usual = 465 if tls == "from_start" else 587 if user else 25
        password = None if parts.password is None else unquote(parts.password)
        return cls(host, port or usual, tls, unquote(user) if user else None, password, options.get("ca"))


_FORM = "WIKITALLY_SMTP_URL: want smtp[s]://[user:password@]host[:port][?tls=required|none&ca=FILE]"


class Mailer:
    """Sends mails by one server. Belongs to one event loop; holds nothing open."""

    def __init__(self, server: MailServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        try:
            self._tls = ssl.create_default_context(cafile=server.ca)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(f"WIKITALLY_SMTP_URL: {server.ca} cannot be read as certificates") from error

    async def send_mail(self, to: str, message_id: str, notice: Notice) -> Outcome:
        """Send a notice to an address and tell what came of it; never raises but when it is cancelled."""
        try:
            message = mail(notice, message_id, sender=self._sender, to=to)
        except InvalidInput:
            return Outcome(error="address")
        async with self._places:
            started = perf_counter()
            try:
                async with asyncio.timeout(TOTAL_SECONDS), self._connection() as smtp:
                    await smtp.send_message(message, sender=self._sender, recipients=[to])
            except Exception as error:
                return _failed(error, perf_counter() - started)
            return Outcome(status=250, seconds=perf_counter() - started)

    def _connection(self) -> aiosmtplib.SMTP:
        server = self._server
        upgrade = {"required": True, "if_offered": None}.get(server.tls, False)
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls == "from_start",
            start_tls=upgrade,
            tls_context=self._tls,
            local_hostname=mail_address(self._sender).domain,  # else it asks a name server, and waits
            timeout=STEP_SECONDS,
        )


def mailer_of(settings: Settings) -> Mailer | None:
    """What sends mails, as the settings have it; None: they name no server.

    Raises:
        InvalidInput: they name a server and no address that mails come from, or something wrong.
    """
    if settings.smtp_url is None:
        return None
    if not settings.mail_from:
        raise InvalidInput("WIKITALLY_MAIL_FROM: is needed with WIKITALLY_SMTP_URL: the address that mails come from")
    mail_address(settings.mail_from)
    return Mailer(MailServer.parse(settings.smtp_url.get_secret_value()), settings.mail_from)


def _failed(error: Exception, seconds: float) -> Outcome:
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return _failed(first, seconds)
        case aiosmtplib.SMTPAuthenticationError():
            return Outcome(error="mail_login", seconds=seconds)
        case aiosmtplib.SMTPResponseException(code=code, message=said):
            # Nobody is there: that is what 410 says of an address on the web.
            gone = code >= 500 and said.startswith(_NO_SUCH_MAILBOX)
            return Outcome(GONE if gone else code, f"smtp_{code}", seconds)
        case TimeoutError() | aiosmtplib.SMTPTimeoutError():
            return Outcome(error="timeout", seconds=seconds)
        case ssl.SSLError():
            return Outcome(error="tls", seconds=seconds)
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected() | OSError():
            return Outcome(error="tls" if isinstance(error.__cause__, ssl.SSLError) else "refused", seconds=seconds)
        case aiosmtplib.SMTPException():
            return Outcome(error="tls" if "STARTTLS" in str(error) else "smtp", seconds=seconds)
    return Outcome(error="error", seconds=seconds)
