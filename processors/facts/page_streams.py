"""Events of the streams beside recentchange: what they tell that it does not.

Wire shapes: mediawiki/page/change 1.x, mediawiki/revision/tags-change and mediawiki/revision/visibility-change 1.0.x.
Titles come with underscores, and prefixed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter

from processors.errors import InvalidEvent
from processors.facts.facts import Logged, PageChanged, RevisionTagged
from processors.facts.logs import hidden_params, typed_log
from processors.facts.wire import Int32, Int64, Meta, Wire, event_id_of, parse, position_of, storable, user_of, utc


class _Page(Wire):
    page_id: Int64
    page_title: str
    namespace_id: Int32 = 0
    is_redirect: bool = False


class _Performer(Wire):
    user_text: str | None = None
    is_bot: bool = False
    is_temp: bool = False
    user_id: Int64 | None = None
    user_central_id: Int64 | None = None
    registration_dt: AwareDatetime | None = None


class _Revision(Wire):
    rev_id: Int64 | None = None
    rev_parent_id: Int64 | None = None
    rev_size: Int64 | None = None
    is_minor_edit: bool = False
    comment: str | None = None
    is_content_visible: bool | None = None
    is_comment_visible: bool | None = None
    is_editor_visible: bool | None = None

    @property
    def hidden(self) -> int | None:
        """Bits as of `RevisionsHidden`; None where the event does not say."""
        return _bits(self.is_content_visible, self.is_comment_visible, self.is_editor_visible)


class _PriorPage(Wire):
    page_title: str | None = None
    namespace_id: Int32 | None = None


class _Prior(Wire):
    page: _PriorPage | None = None
    revision: _Revision | None = None


class _PageChange(Wire):
    meta: Meta
    page_change_kind: str
    dt: AwareDatetime
    wiki_id: str
    page: _Page
    performer: _Performer | None = None
    comment: str | None = None
    revision: _Revision | None = None
    prior_state: _Prior | None = None


class _RevisionEvent(Wire):
    """What the older schemas share."""

    meta: Meta
    database: str | None = None
    page_id: Int64
    page_title: str
    page_namespace: Int32
    rev_id: Int64
    comment: str | None = None


class _PriorTags(Wire):
    tags: list[str] | None = None


class _TagsChange(_RevisionEvent):
    tags: list[str] | None = None
    prior_state: _PriorTags | None = None


class _Visibility(Wire):
    text: bool
    comment: bool
    user: bool


class _OldPerformer(Wire):
    user_text: str | None = None
    user_is_bot: bool | None = None


class _VisibilityChange(_RevisionEvent):
    visibility: _Visibility
    performer: _OldPerformer | None = None


_PAGE_CHANGE = TypeAdapter(_PageChange)
_TAGS_CHANGE = TypeAdapter(_TagsChange)
_VISIBILITY_CHANGE = TypeAdapter(_VisibilityChange)


def page_changed(data: bytes) -> PageChanged | Logged:
    """The fact of a page_change event: a `PageChanged`, or what only this stream tells of the page's history."""
    change = parse(_PAGE_CHANGE, data)
    if change.page_change_kind == "visibility_change" and change.revision is not None:
        hidden, rev_id = change.revision.hidden, change.revision.rev_id
        if hidden is not None and rev_id is not None:
            return _entry(_common(change), "visibility", "page_change", hidden_params(rev_id, hidden))
    # Whoever suppresses a page is not named, and recentchange does not report it at all.
    if change.page_change_kind == "delete" and change.performer is None:
        return _entry(_common(change), "delete", "delete", "{}")
    return _change(change)


def _change(change: _PageChange) -> PageChanged:
    performer = change.performer or _Performer()
    revision = change.revision or _Revision()
    prior = change.prior_state or _Prior()
    prior_page = prior.page or _PriorPage()
    return PageChanged(
        **{**_common(change), "comment": change.comment or revision.comment or ""},
        kind=change.page_change_kind,
        page_id=change.page.page_id,
        rev_id=revision.rev_id,
        parent_id=revision.rev_parent_id or None,
        length_new=revision.rev_size,
        length_old=prior.revision.rev_size if prior.revision else None,
        minor=revision.is_minor_edit,
        is_redirect=change.page.is_redirect,
        prior_title=prior_page.page_title.replace("_", " ") if prior_page.page_title else None,
        prior_namespace=prior_page.namespace_id,
        user_central_id=performer.user_central_id,
        user_registered_at=_registered_at(performer.registration_dt),
    )


def _registered_at(at: datetime | None) -> datetime | None:
    """The instant in UTC; None where it is missing or none that an account can have been made at."""
    return at.astimezone(UTC) if at is not None and storable(at) else None


def _common(change: _PageChange) -> dict[str, Any]:
    performer = change.performer or _Performer()
    user, user_class = user_of(performer.user_text, temporary=performer.is_temp)
    return {
        "event_id": event_id_of(change.meta),
        "wiki": change.meta.domain or change.wiki_id,
        "dbname": change.wiki_id,
        "occurred_at": utc(change.dt, "dt").replace(microsecond=0),
        "emitted_at": utc(change.meta.dt or change.dt, "meta.dt"),
        "rcid": None,
        "user": user,
        "user_class": user_class,
        "bot": performer.is_bot,
        "namespace": change.page.namespace_id,
        "title": change.page.page_title.replace("_", " "),
        "comment": change.comment or "",
        "position": position_of(change.meta),
    }


def revision_tagged(data: bytes) -> RevisionTagged:
    """The fact of a revision-tags-change event.

    Its performer may be who tagged or who made the revision: the schema does not tell, so it is nobody here.
    """
    change = parse(_TAGS_CHANGE, data)
    prior = change.prior_state or _PriorTags()
    return RevisionTagged(
        **_revision_common(change, None, bot=False),
        rev_id=change.rev_id,
        page_id=change.page_id,
        tags=_sorted(change.tags),
        prior_tags=_sorted(prior.tags),
    )


def _sorted(tags: list[str] | None) -> tuple[str, ...]:
    return tuple(sorted(set(tags or ())))


def revision_hidden(data: bytes) -> Logged:
    """The fact of a revision-visibility-change event: a `RevisionsHidden`."""
    change = parse(_VISIBILITY_CHANGE, data)
    now = change.visibility
    performer = change.performer or _OldPerformer()
    common = _revision_common(change, performer.user_text, bot=bool(performer.user_is_bot))
    params = hidden_params(change.rev_id, _bits(now.text, now.comment, now.user) or 0)
    return _entry(common, "visibility", "revision", params)


def _revision_common(change: _RevisionEvent, name: str | None, *, bot: bool) -> dict[str, Any]:
    meta = change.meta
    if meta.dt is None:
        raise InvalidEvent("schema", "meta.dt: missing")
    wiki = meta.domain or change.database
    if not wiki:
        raise InvalidEvent("schema", "meta.domain: missing")
    user, user_class = user_of(name)
    emitted_at = utc(meta.dt, "meta.dt")
    return {
        "event_id": event_id_of(meta),
        "wiki": wiki,
        "dbname": change.database or "",
        "occurred_at": emitted_at.replace(microsecond=0),
        "emitted_at": emitted_at,
        "rcid": None,
        "user": user,
        "user_class": user_class,
        "bot": bot,
        "namespace": change.page_namespace,
        "title": change.page_title.replace("_", " "),
        "comment": change.comment or "",
        "position": position_of(meta),
    }


def _bits(text: bool | None, comment: bool | None, user: bool | None) -> int | None:
    """What is hidden, from what is visible; None where a part of it is not said."""
    if text is None or comment is None or user is None:
        return None
    return (not text) * 1 | (not comment) * 2 | (not user) * 4


def _entry(common: dict[str, Any], log_type: str, log_action: str, params: str) -> Logged:
    return typed_log(common, log_id=None, log_type=log_type, log_action=log_action, params=params)
