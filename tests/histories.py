"""Random histories of one small wiki, as facts; and the shuffles that a stream may do to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from processors.facts.facts import (
    Categorized,
    Direction,
    Edit,
    Fact,
    PageDeleted,
    PageMoved,
    PageRestored,
    Position,
    RevisionsHidden,
    RevisionTagged,
    Uploaded,
    UserClass,
    UserRenamed,
)
from processors.folds.pages import PageLog
from processors.programs.program import (
    CategoryScope,
    Exclusions,
    Membership,
    Participant,
    Period,
    PrefixScope,
    Program,
    Session,
    Side,
    TitlesScope,
)

WIKI = "en.wikipedia.org"
START = datetime(2026, 11, 8, 14, tzinfo=UTC)
TITLES = ("A", "B", "User:Ada/Draft", "Talk:A", "Talk:B", "C")
CATEGORIES = ("Category:X", "Category:Y")
USERS = ("Ada", "Ben", "Lovelace", None)
RENAMES = (("Ada", "Lovelace"), ("Lovelace", "Ada"), ("Ben", "Ada"), ("Eve", "Ben"))
TAGS = (("mw-reverted",), (), ("mw-new-redirect", "mobile edit"), ("mw-removed-redirect",), ("proofreadpage-quality3",))
NAMESPACES = {"User": 2, "Talk": 1, "Category": 14}


def namespace_of(title: str) -> int:
    prefix, colon, _ = title.partition(":")
    return NAMESPACES.get(prefix, 0) if colon else 0


def common(number: int, title: str, user: str | None = "Ada", *, seconds: int | None = None) -> dict[str, Any]:
    """The shared fields of the `number`th fact. Several facts fall into one second."""
    at = START + timedelta(seconds=number // 3 if seconds is None else seconds)
    return {
        "event_id": f"event-{number:04}",
        "wiki": WIKI,
        "dbname": "enwiki",
        "occurred_at": at,
        "emitted_at": at + timedelta(milliseconds=300),
        "rcid": 1000 + number,
        "user": user,
        "user_class": UserClass.NAMED if user else UserClass.ANONYMOUS,
        "bot": False,
        "namespace": namespace_of(title),
        "title": title,
        "comment": "",
        "position": Position("eqiad.mediawiki.recentchange", 0, number),
    }


def edit(
    number: int, title: str, user: str | None = "Ada", *, old: int | None = 10, new: int = 30, **more: Any
) -> Edit:
    fields = common(number, title, user) | {
        "rev_id": 5000 + number,
        "parent_id": None if old is None else 1,
        "created": old is None,
        "minor": False,
        "length_old": old,
        "length_new": new,
    }
    return Edit(**(fields | more))


def moved(number: int, title: str, target: str, *, over_redirect: bool = False) -> PageMoved:
    return PageMoved(
        **common(number, title),
        **_log("move", "move_redir" if over_redirect else "move", f'{{"target":"{target}","noredir":"0"}}'),
        target=target,
        left_redirect=True,
        over_redirect=over_redirect,
    )


def deleted(number: int, title: str) -> PageDeleted:
    return PageDeleted(**common(number, title), **_log("delete", "delete", "[]"))


def restored(number: int, title: str) -> PageRestored:
    return PageRestored(**common(number, title), **_log("delete", "restore", "[]"))


def hidden(number: int, title: str, rev_id: int, bits: int) -> RevisionsHidden:
    params = f'{{"ids":[{rev_id}],"nfield":{bits}}}'
    return RevisionsHidden(
        **common(number, title), **_log("delete", "revision", params), rev_ids=(rev_id,), hidden=bits
    )


def uploaded(number: int, title: str, user: str | None = "Ada") -> Uploaded:
    return Uploaded(
        **common(number, title, user), **_log("upload", "upload", "{}") | {"log_id": 900 + number}, overwrite=False
    )


def renamed(number: int, old: str, new: str) -> UserRenamed:
    params = f'{{"olduser":"{old}","newuser":"{new}","edits":3}}'
    fields = common(number, f"User:{old}", "Admin") | _log("renameuser", "renameuser", params)
    return UserRenamed(**fields, old=old, new=new)


def tagged(number: int, one: Edit, *tags: str, prior: tuple[str, ...] = ()) -> RevisionTagged:
    fields = common(number, one.title, None) | {"rcid": None, "user_class": UserClass.HIDDEN}
    return RevisionTagged(
        **fields, rev_id=one.rev_id, page_id=TITLES.index(one.title), tags=tuple(sorted(tags)), prior_tags=prior
    )


def categorized(
    number: int, category: str, page: str, direction: Direction = Direction.ADDED, *, hours: int = 0
) -> Categorized:
    """`hours`: so much later than its number says."""
    fields = common(number, category)
    fields |= {"occurred_at": fields["occurred_at"] + timedelta(hours=hours)}
    if direction is Direction.LISTED:
        fields |= {"rcid": None, "user": None, "user_class": UserClass.HIDDEN, "position": None}
    return Categorized(**fields, page=page, direction=direction, rev_id=None)


def _log(log_type: str, log_action: str, params: str) -> dict[str, Any]:
    return {"log_id": None, "log_type": log_type, "log_action": log_action, "params": params}


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts in the order in which they happened; listings of categories at any time."""
    facts: list[Fact] = []
    title = st.sampled_from(TITLES)
    for number in range(draw(st.integers(1, 24))):
        what = draw(st.integers(0, 14))
        at = draw(title)
        if what <= 5:
            old = draw(st.sampled_from((None, 0, 10, 100)))
            user = draw(st.sampled_from(USERS))
            facts.append(edit(number, at, user, old=old, new=draw(st.integers(0, 120))))
        elif what <= 7:
            target = draw(st.sampled_from([other for other in TITLES if other != at]))
            facts.append(moved(number, at, target, over_redirect=draw(st.booleans())))
        elif what == 8:
            facts.append(deleted(number, at))
        elif what == 9:
            facts.append(restored(number, at))
        elif what == 10:
            page = draw(st.sampled_from((*TITLES, CATEGORIES[1])))
            direction = draw(st.sampled_from(list(Direction)))
            hours = draw(st.integers(-1, 1)) if direction is Direction.LISTED else 0
            facts.append(categorized(number, draw(st.sampled_from(CATEGORIES)), page, direction, hours=hours))
        elif what == 11:
            facts.append(renamed(number, *draw(st.sampled_from(RENAMES))))
        elif what == 12:
            facts.append(uploaded(number, at, draw(st.sampled_from(USERS))))
        elif not (edits := [fact for fact in facts if isinstance(fact, Edit)]):
            continue
        elif what == 13:
            facts.append(tagged(number, draw(st.sampled_from(edits)), *draw(st.sampled_from(TAGS)), prior=TAGS[0]))
        else:
            one = draw(st.sampled_from(edits))
            now_at = _where_it_is(one, facts)
            facts.append(hidden(number, now_at, one.rev_id, draw(st.sampled_from((0, 1, 2, 5)))))
    return facts


def _where_it_is(one: Edit, facts: Sequence[Fact]) -> str:
    """The title that a log entry about the revision carries."""
    log = PageLog()
    for fact in facts:
        log.add(fact)
    return log.locate(one.title, one.order).title


@st.composite
def deliveries(draw: st.DrawFn, facts: Sequence[Fact]) -> list[list[Fact]]:
    """The same facts as a stream may deliver them: in any order, some repeatedly, in any batches."""
    repeated = [fact for fact in facts if draw(st.booleans())]
    order = draw(st.permutations([*facts, *repeated]))
    batches: list[list[Fact]] = [[]]
    for fact in order:
        if draw(st.integers(0, 3)) == 0:
            batches.append([])
        batches[-1].append(fact)
    return [batch for batch in batches if batch]


def programs() -> list[Program]:
    """One program of each kind that decides by something else."""
    sessions = (Session(START, START + timedelta(hours=3)),)
    both = (Participant("Ada", team="blue"), Participant("Ben"))

    def program(slug: str, **more: Any) -> Program:
        return Program(slug=slug, title=slug, sessions=sessions, wikis=(WIKI,), **more)

    everywhere = (("default", None),)
    return [
        program("open-all", open=True, namespaces=everywhere),
        program("articles", participants=both),
        program("drafts", participants=both, namespaces=(("default", frozenset({2})),)),
        program("short", participants=both, exclude=Exclusions(minor=True), namespaces=everywhere),
        program("clean", participants=both, exclude=Exclusions(reverted=True, redirects=True), namespaces=everywhere),
        program("left", participants=(Participant("Ada", periods=(Period(None, START + timedelta(seconds=4)),)),)),
        program("titles", open=True, namespaces=everywhere, scope=(TitlesScope(frozenset({"A"}), WIKI),)),
        program("titles-now", open=True, scope=(TitlesScope(frozenset({"A", "C"})),), membership=Membership.NOW),
        program("prefix", open=True, namespaces=everywhere, scope=(PrefixScope("User:Ada/"),)),
        program("category", participants=both, namespaces=everywhere, scope=(CategoryScope(WIKI, "Category:X", 1),)),
        program(
            "category-now",
            open=True,
            namespaces=everywhere,
            scope=(CategoryScope(WIKI, "Category:X", 1),),
            membership=Membership.NOW,
        ),
        program("banner", open=True, namespaces=everywhere, scope=(CategoryScope(WIKI, "Category:Y", 0, Side.TALK),)),
    ]
