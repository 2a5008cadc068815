"""What a notice says to people, without any markup: chats, mails and feeds clothe it each in its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from processors.alerts.alerts import AlertKind, AlertState
from processors.alerts.notices import Notice

MOST_TITLE = 200
MOST_DETAIL = 300
MOST_USERS = 5
MOST_URL = 1500
"""Characters. Longer addresses are left out: half of one leads nowhere."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message: `label: text`."""

    label: str
    text: str
    url: str = ""
    """What the text leads to; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A notice in words. All texts are single lines, harmless in themselves but not escaped for any markup."""

    subject: str
    """The page, the user or the program that it is about."""
    url: str
    """What the subject leads to; empty: nothing."""
    phrase: str
    """What happened to it: `tagged for speedy deletion`."""
    lines: tuple[Line, ...]

    @property
    def headline(self) -> str:
        return f"{isolated(self.subject)}: {self.phrase}"


_ASKED = {
    AlertKind.SPEEDY: "tagged for speedy deletion",
    AlertKind.PROPOSED: "proposed for deletion",
    AlertKind.DISCUSSION: "nominated for deletion",
    AlertKind.OTHER_DELETION: "tagged for deletion or declined",
}
_OPEN = {
    AlertKind.MOVED_OUT: "moved to where it does not count",
    AlertKind.PROTECTED: "protected",
    AlertKind.BLOCKED: "blocked",
    AlertKind.SUPPRESSED: "a contribution was hidden",
    AlertKind.REVERTED: "a contribution was reverted",
    AlertKind.MASS_REVERTS: "many contributions were reverted",
    AlertKind.MILESTONE: "reached a milestone",
    AlertKind.GOAL: "reached its goal",
    AlertKind.LAG: "counting lags behind",
    AlertKind.GAP: "some edits were not seen",
    AlertKind.SILENT: "no contributions for a while",
}
_CLOSED = {
    AlertKind.MOVED_OUT: "moved back",
    AlertKind.PROTECTED: "no longer protected",
    AlertKind.BLOCKED: "no longer blocked",
    AlertKind.SUPPRESSED: "a contribution is shown again",
    AlertKind.REVERTED: "a contribution is no longer reverted",
    AlertKind.GOAL: "fell below its goal",
    AlertKind.LAG: "counting has caught up",
    AlertKind.GAP: "what was not seen has been read",
    AlertKind.SILENT: "there are contributions again",
}


def phrase(kind: AlertKind, state: AlertState) -> str:
    """What happened, to be read behind `Marie Curie:`."""
    match state:
        case AlertState.TAGGED:
            return _ASKED.get(kind, f"tagged ({kind})")
        case AlertState.UNTAGGED:
            return f"no longer {_ASKED.get(kind, f'tagged ({kind})')}"
        case AlertState.KEPT:
            return "kept"
        case AlertState.DELETED:
            return "deleted"
        case AlertState.RESTORED:
            return "restored"
        case AlertState.OPEN:
            return _OPEN.get(kind, kind.replace("_", " "))
        case AlertState.CLOSED:
            return _CLOSED.get(kind, f"over: {_OPEN.get(kind, kind)}")


def say(notice: Notice) -> Saying:
    """A notice in words."""
    program = line(notice.program_title, MOST_TITLE) or notice.program
    title = line(notice.title, MOST_TITLE)
    users = _users(notice.users)
    subject = title or (users if notice.kind is AlertKind.BLOCKED else "") or program
    lines = [
        Line("Program", isolated(program), _address(notice.board_url)),
        Line("Wiki", line(notice.wiki, MOST_TITLE)),
        Line("Participants", users if subject != users else ""),
        Line("Edit", str(notice.rev_id) if notice.rev_id else "", _address(notice.diff_url)),
        Line("Note", isolated(line(notice.detail, MOST_DETAIL))),
        Line("When", f"{notice.at:%Y-%m-%d %H:%M} UTC"),
    ]
    said = phrase(notice.kind, notice.state)
    url = _address(notice.page_url) if title else lines[0].url
    return Saying(subject, url, f"test: {said}" if notice.is_test else said, tuple(one for one in lines if one.text))


def _users(users: tuple[str, ...]) -> str:
    shown = ", ".join(isolated(line(user, MOST_TITLE)) for user in users[:MOST_USERS])
    more = len(users) - MOST_USERS
    return f"{shown} and {more} more" if more > 0 else shown


_ADDRESS = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+")
"""In ASCII, without spaces, quotes, angle brackets and the like."""


def _address(url: str) -> str:
    """An address that can stand in any markup; empty if it cannot."""
    return url if _ADDRESS.fullmatch(url) and len(url) <= MOST_URL else ""


_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\uf8ff\U000e0000-\U000e007f]"
)
"""What is not seen, or turns around what follows. Joiners stay: some scripts and emoji are not written without."""


def line(text: str, most: int) -> str:
    """`text` on one line, without what is not seen, and cut if it is long."""
    seen = _UNSEEN.sub("", " ".join(text.split()))
    return seen if len(seen) <= most else f"{seen[: most - 1].rstrip()}…"


def isolated(text: str) -> str:
    """`text` so that its direction does not carry over to what stands beside it."""
    turns = any(unicodedata.bidirectional(one) in ("R", "AL", "AN") for one in text)
    return f"\u2068{text}\u2069" if turns else text
