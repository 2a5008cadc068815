"""What is another in a program than before, in sentences: for previews and for the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

from processors.programs.program import Page, Participant, Program, Scope, TitlesScope
from processors.why.rule_words import (
    AUDIENCE,
    MEMBERSHIP,
    Names,
    amount,
    excluded_page,
    excluded_revision,
    listed,
    moment,
    namespaces,
    number,
    page,
    period,
    scope,
    session,
    some,
    switched,
    wiki,
)

T = TypeVar("T")


def differences(old: Program, new: Program) -> list[str]:
    """What changes from `old` to `new`; empty where nothing does. Participants hidden in either are not named."""
    parts = (_name, _sessions, _participants, _others, _wikis, _scopes, _exclusions, _numbers, _around)
    found = Names(old, new).masked(sentence for part in parts for sentence in part(old, new))
    return found if found or old == new else ["Only the way in which it is written is another."]


def _gone(old: Sequence[T], new: Sequence[T]) -> list[T]:
    kept = frozenset(new)
    return [one for one in old if one not in kept]


def _listing(what: str, old: Sequence[T], new: Sequence[T], say: Callable[[T], str]) -> Iterator[str]:
    """`what` is one of them: `wiki`."""
    for before, after, verb in ((new, old, "added"), (old, new, "removed")):
        if changed := _gone(before, after):
            count = number(len(changed), f"{what} is", f"{what}s are")
            yield f"{count} {verb}: {some([say(one) for one in changed], what)}."


def _name(old: Program, new: Program) -> Iterator[str]:
    for what in ("slug", "title", "timezone"):
        before, after = getattr(old, what), getattr(new, what)
        if before != after:
            yield f"The {what.replace('timezone', 'time zone')} is “{after}” instead of “{before}”."


def _sessions(old: Program, new: Program) -> Iterator[str]:
    timezone = ZoneInfo(new.timezone)
    yield from _listing("session", old.sessions, new.sessions, lambda one: session(one, timezone))


def _participants(old: Program, new: Program) -> Iterator[str]:
    names = Names(old, new)
    before = {one.user: one for one in old.participants}
    after = {one.user: one for one in new.participants}
    for added, removed, verb in ((after, before, "added"), (before, after, "removed")):
        if users := [user for user in added if user not in removed]:
            count = number(len(users), "participant is", "participants are")
            yield f"{count} {verb}: {names.some(users, 'participant')}."
    stayed = [(before[user], after[user]) for user in after if user in before]
    yield from _changed(names, "is in another team", "are in another team", _team, stayed)
    yield from _changed(names, "counts at other times", "count at other times", _times(new), stayed)
    yield from _changed(names, "has other pages assigned", "have other pages assigned", _pages, stayed)
    for hidden, verb in ((True, "hidden"), (False, "shown again")):
        if changed := sum(two.hidden is hidden for one, two in stayed if one.hidden != two.hidden):
            whose = number(changed, "participant's name is", "participants' names are")
            yield f"{whose} {verb}."


def _changed(
    names: Names,
    verb: str,
    verbs: str,
    say: Callable[[Participant], str],
    pairs: Sequence[tuple[Participant, Participant]],
) -> Iterator[str]:
    notes = {after.user: say(after) for before, after in pairs if say(before) != say(after)}
    if notes:
        count = number(len(notes), f"participant {verb}", f"participants {verbs}")
        yield f"{count}: {names.some(list(notes), 'participant', notes)}."


def _team(one: Participant) -> str:
    return one.team or "no team"


def _times(program: Program) -> Callable[[Participant], str]:
    timezone = ZoneInfo(program.timezone)
    return lambda one: ", and ".join(period(part, timezone) for part in one.periods) or "not any more"


def _pages(one: Participant) -> str:
    return listed([page(part) for part in one.pages]) if one.pages else "none"


def _others(old: Program, new: Program) -> Iterator[str]:
    if old.open != new.open:
        yield "Everyone counts, enrolled or not." if new.open else "Not everyone counts any more: people have to enrol."
    names = Names(old, new)
    for added, removed, verb in ((new, old, "added"), (old, new, "removed")):
        if users := _gone(added.organisers, removed.organisers):
            yield f"{number(len(users), 'organiser is', 'organisers are')} {verb}: {names.some(users, 'organiser')}."
    yield from _listing("hashtag", old.hashtags, new.hashtags, lambda tag: f"#{tag}")


def _wikis(old: Program, new: Program) -> Iterator[str]:
    yield from _listing("wiki", old.wikis, new.wikis, wiki)
    before, after = dict(old.namespaces), dict(new.namespaces)
    for name in {**before, **after}:
        if name in before and name in after and before[name] == after[name]:
            continue
        where = "On wikis without a line of their own" if name == "default" else f"On {wiki(name)}"
        if name in after:
            yield f"{where}, edits count {namespaces(after[name])}."
        else:
            yield f"{where}, edits no longer have namespaces of their own."


def _scopes(old: Program, new: Program) -> Iterator[str]:
    if (old.scope is None) != (new.scope is None):
        yield "Every page counts." if new.scope is None else "Only pages in the scope count, no longer every page."
    yield from _pages_of("to the scope", "from the scope", old.scope or (), new.scope or ())
    yield from _pages_of("to the exceptions", "from the exceptions", old.outside, new.outside)
    if old.membership is not new.membership:
        yield f"Pages are in scope {MEMBERSHIP[new.membership]}."


def _pages_of(to: str, out: str, old: Sequence[Scope], new: Sequence[Scope]) -> Iterator[str]:
    for before, after, verb in ((old, new, f"added {to}"), (new, old, f"removed {out}")):
        for one in _gone([*_not_lists(after)], [*_not_lists(before)]):
            yield f"Pages {scope(one)} are {verb}."
        if titles := _gone(_titles(after), _titles(before)):
            count = number(len(titles), "page is", "pages are")
            yield f"{count} {verb}: {some([page(one) for one in titles], 'page')}."


def _not_lists(scopes: Sequence[Scope]) -> Iterator[Scope]:
    return (one for one in scopes if not isinstance(one, TitlesScope))


def _titles(scopes: Sequence[Scope]) -> list[Page]:
    return [Page(title, one.wiki) for one in scopes if isinstance(one, TitlesScope) for title in sorted(one.titles)]


def _exclusions(old: Program, new: Program) -> Iterator[str]:
    before, after = old.exclude, new.exclude
    for switch in ("bots", "minor", "tools", "redirects", "reverted"):
        if getattr(before, switch) != getattr(after, switch):
            yield switched(switch, getattr(after, switch))
    names = Names(old, new)
    for added, removed, verb in ((after, before, "excluded"), (before, after, "no longer excluded")):
        if users := _gone(added.users, removed.users):
            notes = {one.user: one.reason for one in users}
            count = number(len(users), "user is", "users are")
            yield f"{count} {verb}: {names.some(list(notes), 'user', notes)}."
    yield from _listing("excluded page", before.titles, after.titles, excluded_page)
    yield from _listing("excluded revision", before.revisions, after.revisions, excluded_revision)


def _numbers(old: Program, new: Program) -> Iterator[str]:
    yield from _table("goal for", dict(old.goals), dict(new.goals))
    yield from _table("number of points for", dict(old.points), dict(new.points))


def _table(what: str, old: Mapping[str, float], new: Mapping[str, float]) -> Iterator[str]:
    for name in {**old, **new}:
        before, after = ("not set" if one is None else amount(one) for one in (old.get(name), new.get(name)))
        if before != after:
            yield f"The {what} {name} is {after}; it was {before}."


def _around(old: Program, new: Program) -> Iterator[str]:
    if old.visibility is not new.visibility:
        yield AUDIENCE[new.visibility]
    yield from _listing("campaign", old.campaigns, new.campaigns, str)
    if old.expires != new.expires:
        timezone = ZoneInfo(new.timezone)
        yield (
            f"The program is gone from {moment(new.expires, timezone)} on."
            if new.expires
            else "The program does not expire any more."
        )
    if old.new_editor_days != new.new_editor_days:
        yield f"Accounts count as new up to {number(new.new_editor_days, 'day')} before the start."
    if old.hide_names_after_days != new.hide_names_after_days:
        days = new.hide_names_after_days
        hide = (
            "Names stay on the boards." if days is None else f"Boards hide names {number(days, 'day')} after the end."
        )
        yield hide
