"""From facts to contributions: what every action counts for, given all that is known now.

`Projector` holds the state that judging needs (who is who, where pages went, what became of revisions, who is in
which category). Its outcome for an action is a function of the set of facts absorbed, whatever their order,
batching or repetition; so a late fact needs no special care: judge again the slices that it touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from processors.facts.facts import (
    Action,
    ActionKind,
    Categorized,
    Edit,
    Fact,
    PageDeleted,
    PageMoved,
    PageRestored,
    RevisionsHidden,
    RevisionTagged,
    Uploaded,
    UserRenamed,
)
from processors.facts.tags import RevisionFlags, is_tool_summary
from processors.facts.titles import Namespaces, namespaces_for
from processors.facts.wikidata import read_action
from processors.folds.categories import Categories
from processors.folds.pages import PageLog
from processors.folds.people import People, Person
from processors.folds.revisions import RevisionLog
from processors.judging.contributions import (
    CategoryRef,
    Cause,
    Contribution,
    PageRef,
    RevisionRef,
    Slice,
    Touched,
    UserRef,
    cause_of,
    is_content,
    level_word,
)
from processors.judging.index import ProgramIndex
from processors.judging.judge import CompiledProgram, Context, judge
from processors.programs.program import Participant, Program


class _WikiState:
    """What is known of one tracked wiki."""

    __slots__ = ("categories", "log", "namespaces", "revisions")

    def __init__(self, wiki: str) -> None:
        self.log = PageLog()
        self.revisions = RevisionLog()
        self.namespaces: Namespaces = namespaces_for(wiki)
        self.categories = Categories(self.namespaces, self.log)


class _Where(NamedTuple):
    """What the folds know of an action, whoever judges it."""

    person: Person
    context: Context
    """Without the program's own: its participant and its categories."""


class Projector:
    """Judges actions for a set of programs."""

    def __init__(self, programs: Iterable[Program] = ()) -> None:
        self.index = ProgramIndex()
        self.people = People()
        self._wikis: dict[str, _WikiState] = {}
        for program in programs:
            self.put(program)

    def put(self, program: Program) -> None:
        """Judge by this program from now on, in place of any other of its slug."""
        self.index.put(program)
        for scope in self.index.of(program.slug).categories:
            self._state(scope.wiki).categories.track(scope.category, scope.depth)

    def drop(self, slug: str) -> None:
        """Judge by this program no more."""
        self.index.drop(slug)

    def forget_untracked(self) -> None:
        """Let go of wikis that no program tracks any more."""
        self._wikis = {wiki: state for wiki, state in self._wikis.items() if self.index.tracks_wiki(wiki)}

    def _state(self, wiki: str) -> _WikiState:
        state = self._wikis.get(wiki)
        if state is None:
            state = self._wikis[wiki] = _WikiState(wiki)
        return state

    @property
    def wanted(self) -> frozenset[CategoryRef]:
        """Categories followed from now on: absorb their earlier events, say `recalled`, then judge."""
        return frozenset(
            CategoryRef(wiki, category) for wiki, state in self._wikis.items() for category in state.categories.wanted
        )

    def recalled(self, categories: Iterable[CategoryRef]) -> None:
        """Say that the earlier events of these categories have been absorbed."""
        for wiki, category in categories:
            self._state(wiki).categories.recalled(category)

    def absorb(self, facts: Iterable[Fact]) -> Touched:
        """Take facts in, in any order; return the slices that have to be judged again.

        Edits themselves leave nothing behind but the names of namespaces.
        """
        touched: Touched = {}
        for fact in facts:
            if isinstance(fact, UserRenamed):
                names = self.people.add(fact)
                touched |= dict.fromkeys(map(UserRef, names), cause_of(fact))
            elif self.index.tracks_wiki(fact.wiki):
                slices = self._take(fact, self._state(fact.wiki))
                if slices:
                    touched |= dict.fromkeys(slices, cause_of(fact))
        return touched

    def _take(self, fact: Fact, state: _WikiState) -> Iterable[Slice]:
        wiki = fact.wiki
        match fact:
            case Edit():
                return self._learn(wiki, state, fact.namespace, fact.title)
            case Categorized():
                return [PageRef(wiki, title) for title in state.categories.add(fact)]
            case PageMoved() | PageDeleted() | PageRestored():
                return [PageRef(wiki, title) for title in self._concerned(state, state.log.add(fact))]
            case RevisionsHidden():
                return [RevisionRef(wiki, rev_id) for rev_id in state.revisions.hide(fact)]
            case RevisionTagged():
                slices: list[Slice] = [RevisionRef(wiki, rev_id) for rev_id in state.revisions.tag(fact)]
                if state.revisions.redirected(fact):
                    slices += [PageRef(wiki, title) for title in state.log.relatives(fact.title)]
                return slices
        return ()

    @staticmethod
    def _concerned(state: _WikiState, titles: Iterable[str]) -> Iterable[str]:
        """`titles`, and where categories decide, those of the pages on their other sides too."""
        if not state.categories.followed:
            return titles
        return {companion for title in titles for companion in state.categories.companions(title)}

    def learn_namespace(self, wiki: str, namespace: int, title: str) -> Touched:
        """Learn a namespace's name from a title in it; return the slices to judge again, as `absorb` does."""
        if not self.index.tracks_wiki(wiki):
            return {}
        slices = self._learn(wiki, self._state(wiki), namespace, title)
        return dict.fromkeys(slices, Cause("namespace", f"{wiki}/{namespace}"))

    @staticmethod
    def _learn(wiki: str, state: _WikiState, namespace: int, title: str) -> Iterable[Slice]:
        """Pages moved into a namespace whose name has only just been learned."""
        if not state.namespaces.learn(namespace, title):
            return ()
        prefix = title.partition(":")[0] + ":"
        return [PageRef(wiki, origin) for origin in state.log.origins_under(prefix)]

    def judge(self, actions: Iterable[Action]) -> Iterator[Contribution]:
        """Yield an action's entry in the books of each program that it is a candidate of; none is normal."""
        for action in actions:
            user = action.user
            if user is None or not self.index.tracks_wiki(action.wiki):
                continue
            person = self.people.person(user, action.occurred_at)
            candidates = self._candidates(action, person)
            if not candidates:
                continue
            state = self._state(action.wiki)
            where = _Where(person, self._locate(action, person, state))
            for compiled, participant in candidates:
                yield self._entry(action, compiled, participant, where, state)

    def entry(self, action: Action, slug: str) -> tuple[Contribution | None, CompiledProgram, Context]:
        """What one program makes of one action, candidate or not; no entry where the user is nameless."""
        compiled = self.index.of(slug)
        state = self._state(action.wiki)
        person = self.people.person(action.user or "", action.occurred_at)
        where = _Where(person, self._locate(action, person, state))
        participant = self._participant(compiled, person)
        context = self._context(action, compiled, participant, where, state)
        if action.user is None:
            return None, compiled, replace(context, user=None, names=frozenset())
        return self._entry(action, compiled, participant, where, state), compiled, context

    def _locate(self, action: Action, person: Person, state: _WikiState) -> Context:
        location = state.log.locate(action.title, action.order)
        moved = location.title != action.title
        subject = state.namespaces.subject(location.title)
        flags = state.revisions.flags(action.rev_id) if action.kind is ActionKind.EDIT else RevisionFlags(0)
        redirect = state.revisions.knows_redirects and state.revisions.is_redirect(
            state.log.stays(action.title, action.order)
        )
        return Context(
            title=location.title,
            subject=subject,
            subject_at_edit=state.namespaces.subject(action.title) if moved else subject,
            namespace=state.namespaces.namespace_of(location.title) if moved else action.namespace,
            user=person.name,
            names=person.names,
            live=location.live,
            hidden=action.kind is ActionKind.EDIT and state.revisions.hidden(action.rev_id),
            reverted=bool(flags & RevisionFlags.REVERTED),
            redirect=redirect,
            tool=bool(flags & RevisionFlags.TOOL) or is_tool_summary(action.comment),
        )

    def _context(
        self,
        action: Action,
        compiled: CompiledProgram,
        participant: Participant | None,
        where: _Where,
        state: _WikiState,
    ) -> Context:
        if not compiled.categories and participant is None:
            return where.context
        membership = compiled.program.membership
        categories = frozenset(
            scope
            for scope in compiled.categories
            if scope.wiki == action.wiki and state.categories.holds(scope, action.title, action.order, membership)
        )
        return replace(where.context, participant=participant, categories=categories)

    def _entry(
        self,
        action: Action,
        compiled: CompiledProgram,
        participant: Participant | None,
        where: _Where,
        state: _WikiState,
    ) -> Contribution:
        context = self._context(action, compiled, participant, where, state)
        return Contribution(
            program=compiled.program.slug,
            user=where.person.name,
            wiki=action.wiki,
            kind=action.kind,
            rev_id=action.rev_id,
            verdict=judge(action, compiled, context),
            occurred_at=action.occurred_at,
            title=context.title,
            namespace=context.namespace,
            byte_delta=action.byte_delta,
            created=action.created and is_content(action.wiki, context.namespace),
            user_class=action.user_class,
            reverted=context.reverted,
            action=_action(action, state),
        )

    def _candidates(self, action: Action, person: Person) -> list[tuple[CompiledProgram, Participant | None]]:
        """Programs whose books the action is kept in. More facts may add some but take none away, but for renames."""
        index = self.index
        numbers = {*index.open_on(action.wiki, action.occurred_at.date()), *index.hashtagged(action.comment)}
        for name in person.names:
            numbers.update(index.enrolled(name))
        if index.has_open_lists:
            state = self._state(action.wiki)
            titles = state.log.relatives(action.title)
            numbers.update(index.open_for_titles({*titles, *map(state.namespaces.subject, titles)}))
        if index.has_open_categories:
            categories = self._state(action.wiki).categories.ever_in(action.title)
            numbers.update(index.open_for_categories(action.wiki, categories))
        found = []
        for number in sorted(numbers):
            compiled = index.compiled[number]
            participant = self._participant(compiled, person)
            if compiled.candidate(action, participant):
                found.append((compiled, participant))
        return found

    def _participant(self, compiled: CompiledProgram, person: Person) -> Participant | None:
        """The person's enrolment: a listed name means whoever had it when the program began."""
        if len(person.names) == 1:
            return compiled.participants.get(person.name)
        listed = (compiled.participants.get(name) for name in sorted(person.names))
        return next(
            (one for one in listed if one is not None and self.people.current(one.user, compiled.start) == person.name),
            None,
        )

    def books_of(self, users: Iterable[UserRef]) -> set[tuple[str, str]]:
        """(program, name) of every book in which actions of these users may have been entered, by any name."""
        names = {one.user for one in users}
        return {(slug, name) for slug in self.index.naming(names) for name in names}


def _action(action: Action, state: _WikiState) -> str:
    if isinstance(action, Uploaded):
        return ""
    if action.wiki.endswith(".wikidata.org"):
        return read_action(action.comment, action.namespace)
    levels = state.revisions.levels(action.rev_id)
    return "" if levels is None else level_word(*levels)
