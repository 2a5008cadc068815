"""Facts: what the wikis did. Immutable, each with an id of its own, times aware and UTC.

A fact is appended once, whatever the number of times it arrives. Where a value can be missing on the
wire it is None here. Integers are unbounded (rcid and rev_id exceed 32 bits). Wikis are named by their
server name (`en.wikipedia.org`).

Source of the shapes: the recentchange, page_change, revision/tags-change and revision/visibility-change schemas
of Wikimedia's primary event schemas.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeGuard


class UserClass(StrEnum):
    """What kind of account acted. Only `named` and `temporary` have a name that is kept."""

    NAMED = "named"
    TEMPORARY = "temporary"
    ANONYMOUS = "anonymous"
    """An IP address: it is dropped where the event is decoded and never stored."""
    HIDDEN = "hidden"
    """Redacted by the stream (`user` is absent)."""


class Direction(StrEnum):
    """What a category change did; `unknown` where the wiki's wording is the same for both."""

    ADDED = "added"
    REMOVED = "removed"
    UNKNOWN = "unknown"
    LISTED = "listed"
    """No change: the wiki said that the page was in the category. Since when is not known."""


class ActionKind(StrEnum):
    """What somebody did that may count."""

    EDIT = "edit"
    UPLOAD = "upload"


class Position(NamedTuple):
    """Where on the stream an event was read. `offset` is of the event itself, not of the next one."""

    topic: str
    partition: int
    offset: int


class Order(NamedTuple):
    """The place of a fact in its wiki's history: facts of one wiki compare as they happened.

    Seconds are the stream's resolution; within one, the wiki's own rcid decides (assigned in commit
    order), and the id makes the order total.
    """

    occurred_at: datetime
    rcid: int
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What all facts share."""

    event_id: str
    """`meta.id`, or `topic/partition/offset` where the producer gave none. The idempotency key."""
    wiki: str
    """Server name: `en.wikipedia.org`."""
    dbname: str
    """Database name: `enwiki`."""
    occurred_at: datetime
    """When the wiki says it happened (`timestamp`), whole seconds."""
    emitted_at: datetime
    """When the event was produced (`meta.dt`), milliseconds. Watermark and lag are measured by it."""
    rcid: int | None
    """Recent changes id; absent on log events that are sent to feeds only."""
    user: str | None
    user_class: UserClass
    bot: bool
    namespace: int
    title: str
    """Prefixed, with spaces, in the wiki's language."""
    comment: str
    position: Position | None = None

    @property
    def order(self) -> Order:
        """See `Order`. A fact without rcid comes after those of its second that have one."""
        return Order(self.occurred_at, self.rcid if self.rcid is not None else 1 << 62, self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Fact):
    """A revision: (wiki, rev_id) identifies it."""

    rev_id: int
    parent_id: int | None
    created: bool
    """The revision is the page's first (`type: new`)."""
    minor: bool
    length_old: int | None
    """Bytes before, all slots; None for a new page and where the wiki did not know."""
    length_new: int | None
    """Bytes after; None where the wiki did not say."""

    @property
    def kind(self) -> ActionKind:
        return ActionKind.EDIT

    @property
    def byte_delta(self) -> int | None:
        """Bytes added (negative: removed); a new page credits its whole length; None when not known."""
        if self.length_new is None:
            return None
        if self.length_old is None:
            return self.length_new if self.created else None
        return self.length_new - self.length_old


@dataclass(frozen=True, slots=True, kw_only=True)
class Categorized(Fact):
    """A revision put `page` into a category or took it out, or it was found there. `title` is the category."""

    page: str | None
    """Prefixed title of the page; None where the sentence could not be read."""
    direction: Direction
    rev_id: int | None
    """The causing revision, where the event names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged(Fact):
    """A log entry without a type of its own below; `params` is the wire's JSON, for those who need it."""

    log_id: int | None
    log_type: str
    log_action: str
    params: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageMoved(Logged):
    """`title` (old) now is `target`; `over_redirect`: a redirect at the target was deleted by it."""

    target: str
    left_redirect: bool
    over_redirect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDeleted(Logged):
    """The page at `title` and all its revisions are gone from view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRestored(Logged):
    """The deleted revisions of `title` are back. The stream does not say which: all are taken to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionsHidden(Logged):
    """The visibility of `rev_ids` changed.

    Log delete/revision or suppress/revision; or `visibility`, with the action `revision` or `page_change` for the
    stream that told it: suppressions, which recentchange keeps to itself, are told by those alone.
    """

    rev_ids: tuple[int, ...]
    hidden: int
    """Bits now: 1 text, 2 comment, 4 user, 8 also from administrators (`visibility` can't tell). 0: visible again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded(Logged):
    """A file arrived (`overwrite` false) or got a new version. Read like an `Edit`; (wiki, log_id) identifies it."""

    overwrite: bool

    @property
    def kind(self) -> ActionKind:
        return ActionKind.UPLOAD

    @property
    def rev_id(self) -> int:
        """The log entry's id, never 0: recentchange does not tell the revision of a file's page."""
        assert self.log_id
        return self.log_id

    @property
    def minor(self) -> bool:
        return False

    @property
    def byte_delta(self) -> int | None:
        """None: an upload credits no bytes."""
        return None

    @property
    def created(self) -> bool:
        """False: a file is no article."""
        return False


Action = Edit | Uploaded
"""What somebody did that may count; its `kind` says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(Logged):
    """An account was made; `created_user` is it, `user` who made it."""

    created_user: str
    user_id: int | None

    @property
    def registered(self) -> bool:
        """Whether the account is new; False where an old one has only come to this wiki for the first time."""
        return self.log_action in ("create", "create2", "byemail")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRenamed(Logged):
    """The account `old` is called `new` from now on; both canonical. Of a merge of accounts there is none."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionTagged(Fact):
    """The change tags of the revision `rev_id` of the page `title` are others now. `user` is not known."""

    rev_id: int
    page_id: int
    tags: tuple[str, ...]
    """Now, sorted."""
    prior_tags: tuple[str, ...]
    """Before, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChanged(Fact):
    """An event of page_change.v1: kept for its stable ids; the folds read recentchange.

    `title` is the page's, with spaces.
    """

    kind: str
    """create, edit, move, delete or undelete; later kinds pass as they are."""
    page_id: int
    rev_id: int | None
    parent_id: int | None
    length_new: int | None
    length_old: int | None
    minor: bool
    is_redirect: bool
    prior_title: str | None
    prior_namespace: int | None
    user_central_id: int | None
    user_registered_at: datetime | None
    """When the account was made."""


def is_action(fact: Fact) -> TypeGuard[Action]:
    """Whether a fact is judged: an edit, or a file that is new."""
    return isinstance(fact, Edit) or (isinstance(fact, Uploaded) and not fact.overwrite)
