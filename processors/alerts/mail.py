"""Notices as mails: plain text, threaded by alert, and the same whenever the same notice is sent."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from processors.alerts.notices import Notice
from processors.alerts.wording import line, say
from processors.errors import InvalidInput

_MOST_SUBJECT = 150
_POLICY = SMTP.clone(max_line_length=78)


def mail_address(text: str) -> Address:
    """One address: `ada@example.org`.

    Raises:
        InvalidInput: it is none, or more.
    """
    try:
        address = Address(addr_spec=text)
    except Exception:  # Python's reader of addresses raises whatever it stumbles over
        raise InvalidInput(f"{text!r} is no mail address") from None
    bare = not set(text) & set(' "(),:;<>[\\]') and text.isascii() and text.isprintable()
    if not bare or not address.username or "." not in address.domain or len(text) > 254:
        raise InvalidInput(f"{text!r} is no mail address such as ada@example.org")
    return address


def mail(notice: Notice, message_id: str, *, sender: str, to: str) -> EmailMessage:
    """
    The mail of a notice. Mail clients show the steps of an alert as one conversation, and a repetition once.

    Args:
        message_id: of the notice and the recipient.

    Raises:
        InvalidInput: `sender` or `to` is no mail address.
    """
    said = say(notice)
    own = mail_address(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(line(f"{notice.program_title} (wikitally)", 100), own.username, own.domain)
    message["To"] = mail_address(to)
    message["Subject"] = line(said.headline, _MOST_SUBJECT)
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = f"<{message_id}@{own.domain}>"
    message["References"] = f"<alert.{_hash(notice.program)[:8]}.{notice.alert_id}@{own.domain}>"
    # RFC 2919; RFC 3834 keeps vacation notes from being answered to it.
    message["List-Id"] = f"<{_label(notice.program)}.alerts.{own.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    rows = [f"{one.label}: {one.text}{f' <{one.url}>' if one.url else ''}" for one in said.lines]
    head = [said.headline, *([said.url] if said.url else [])]
    foot = "-- \nSomebody asked for the alerts of this program at this address."
    message.set_content("\n".join((*head, "", *rows, "", foot)), cte="quoted-printable")
    return message


def _label(slug: str) -> str:
    """A slug in letters, digits and hyphens; of any other, what identifies it."""
    plain = slug.isascii() and slug.replace("-", "").isalnum() and len(slug) <= 60
    return slug if plain else f"p{_hash(slug)[:16]}"


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()
