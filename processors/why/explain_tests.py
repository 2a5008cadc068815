"""What each test of `judge` looked at, in one sentence each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from processors.facts.facts import ActionKind, Direction
from processors.facts.hashtags import hashtags
from processors.facts.tags import RevisionFlags, is_tool_summary
from processors.facts.words import clause
from processors.judging.judge import CompiledProgram, Verdict
from processors.programs.program import CategoryScope, Scope, family_matches
from processors.why.explain_evidence import Evidence
from processors.why.explain_times import after_sessions, before_sessions, membership, within
from processors.why.rule_words import MEMBERSHIP, listed, moment, namespaces, number, wiki, wikis
from processors.why.rule_words import scope as scope_words

_Words = Callable[[bool, Evidence], str]


def detail(reason: Verdict, holds: bool, evidence: Evidence) -> str:
    """The data that a test looked at, and what it made of them."""
    return _WORDS[reason](holds, evidence)


def _seen(holds: bool, evidence: Evidence) -> str:
    action = evidence.action
    return (
        f"Read from the stream: made on {moment(action.occurred_at, evidence.timezone)} ({evidence.program.timezone})."
    )


def _enrolled(holds: bool, evidence: Evidence) -> str:
    action, program, context = evidence.action, evidence.program, evidence.context
    if action.user is None:
        return "It came without an account's name: it was made without logging in, or the wiki hides who made it."
    if holds:
        tags = f", and its summary has none of {_tags(program.hashtags)}" if program.hashtags else ""
        if context.participant is None:
            return f"{action.user} is not among the {number(len(program.participants), 'participant')}{tags}."
        return f"{membership(context.participant, action.occurred_at, evidence.timezone)}{tags}."
    if program.open:
        return "Everyone takes part."
    if context.participant is not None and context.participant.enrolled(action.occurred_at):
        name = context.participant.user
        return f"{action.user} takes part{'' if name == action.user else f' (enrolled as {name})'}."
    used = [tag for tag in program.hashtags if tag in hashtags(action.comment)]
    if used:
        return f"The summary has {_tags(used)}."
    return f"{action.user} is known to the program, but not as a participant."


def _tags(tags: tuple[str, ...] | list[str]) -> str:
    return listed([f"#{tag}" for tag in tags], "or")


def _organiser(holds: bool, evidence: Evidence) -> str:
    user = evidence.action.user or "Whoever made it"
    if holds:
        return f"{user} organises the program and does not take part in it."
    if evidence.compiled.organises(evidence.context.names):
        return f"{user} organises the program and takes part too."
    return f"{user} is no organiser."


def _before(holds: bool, evidence: Evidence) -> str:
    if holds:
        return before_sessions(evidence.program, evidence.action.occurred_at)
    return f"The program had begun: its start is {moment(evidence.program.start, evidence.timezone)}."


def _after(holds: bool, evidence: Evidence) -> str:
    at = evidence.action.occurred_at
    if holds:
        return after_sessions(evidence.program, at)
    return within(evidence.program, at) or "No session had ended."


def _wiki(holds: bool, evidence: Evidence) -> str:
    name = evidence.action.wiki
    tracked = evidence.program.wikis
    if holds:
        return f"{name} is not tracked; the program counts on {wikis(tracked)}."
    by = next((one for one in tracked if one == name), "") or next(one for one in tracked if family_matches(one, name))
    return f"{name} is tracked" + ("." if by == name else f" ({wiki(by)}).")


def _namespace(holds: bool, evidence: Evidence) -> str:
    context = evidence.context
    place = f"“{context.title}” is {namespaces(frozenset({context.namespace}))}"
    if evidence.moved:
        place += f" now; it was “{evidence.action.title}” at the time"
    if evidence.action.kind is ActionKind.UPLOAD:
        return f"{place}; uploads count whatever the namespace."
    return f"{place}; edits count {namespaces(evidence.compiled.namespaces(evidence.action.wiki))}."


def _scope_empty(holds: bool, evidence: Evidence) -> str:
    if holds:
        return "The program's list of pages is empty, so no page can be in it."
    return "There is no scope: every page counts." if evidence.program.scope is None else "The scope names pages."


def _scope(holds: bool, evidence: Evidence) -> str:
    program = evidence.program
    title = evidence.looked_at
    time = MEMBERSHIP[program.membership]
    taken_out = [one for one in program.outside if _holds(one, evidence)]
    if taken_out:
        return f"“{title}” is left out, being {scope_words(taken_out[0])}, {time}{_path(taken_out[0], evidence)}."
    if program.scope is None:
        return "Every page is in scope" + (" that is not left out." if program.outside else ".")
    if holds:
        missed = "".join(_category_news(one, evidence) for one in program.scope if isinstance(one, CategoryScope))
        scopes = listed([scope_words(one) for one in program.scope], "or") if program.scope else "on any list"
        return f"“{title}” is not {scopes}, {time}{missed}."
    by = next(one for one in program.scope if _holds(one, evidence))
    return f"“{title}” is {scope_words(by)}, {time}{_path(by, evidence)}."


def _holds(one: Scope, evidence: Evidence) -> bool:
    alone = CompiledProgram(replace(evidence.program, scope=(one,), outside=()))
    return alone.scope.hold(evidence.action, evidence.context, evidence.program.membership)


def _path(one: Scope, evidence: Evidence) -> str:
    if not isinstance(one, CategoryScope):
        return ""
    path = evidence.category_path(one)
    return f": {' in '.join(path)}" if len(path) > 1 else ""


def _category_news(one: CategoryScope, evidence: Evidence) -> str:
    change = evidence.category_change(one)
    if change is None:
        return ""
    when = moment(change.occurred_at, evidence.timezone)
    return f"; it was {_DIRECTIONS[change.direction]} {one.category} on {when}"


_DIRECTIONS = {
    Direction.ADDED: "put into",
    Direction.REMOVED: "taken out of",
    Direction.UNKNOWN: "put into or taken out of",
    Direction.LISTED: "found in",
}


def _bot(holds: bool, evidence: Evidence) -> str:
    if holds:
        return "It is flagged as a bot edit."
    return "It is flagged as a bot edit, and the program counts those." if evidence.action.bot else "No bot edit."


def _minor(holds: bool, evidence: Evidence) -> str:
    if holds:
        return "It is marked as minor."
    return "It is marked as minor, and the program counts those." if evidence.action.minor else "No minor edit."


def _tool(holds: bool, evidence: Evidence) -> str:
    if not evidence.context.tool:
        return "No tag and no summary of a program's tool."
    tagged = evidence.tagging(RevisionFlags.TOOL)
    by = "summary is one that a program's tool writes"
    if tagged is not None and not is_tool_summary(evidence.action.comment):
        by = f"tags ({', '.join(tagged.tags)}) are those of a program's tool"
    return f"Its {by}" + ("." if holds else ", and the program counts those.")


def _redirect(holds: bool, evidence: Evidence) -> str:
    if not evidence.context.redirect:
        return "No tag says that the page is a redirect now."
    fact = evidence.redirecting()
    since = f" since {moment(fact.occurred_at, evidence.timezone)}" if fact else " now"
    words = f"“{evidence.context.title}” is a redirect{since}"
    return f"{words}." if holds else f"{words}, and the program counts those."


def _by_hand(holds: bool, evidence: Evidence) -> str:
    if not holds:
        return "Neither the user nor the page nor the revision is excluded by hand."
    exclude, action, context = evidence.program.exclude, evidence.action, evidence.context
    for one in exclude.users:
        if one.user in context.names:
            return f"The user {one.user} is excluded by hand{_reason(one.reason)}."
    for page in exclude.titles:
        if page.page.title == context.title and (not page.page.wiki or family_matches(page.page.wiki, action.wiki)):
            return f"The page “{context.title}” is excluded by hand{_reason(page.reason)}."
    for revision in exclude.revisions:
        if (revision.wiki, revision.rev_id) == (action.wiki, action.rev_id):
            return f"The revision is excluded by hand{_reason(revision.reason)}."
    return "It is excluded by hand."


def _reason(text: str) -> str:
    return f": {text}" if text else ", without a reason"


def _deleted(holds: bool, evidence: Evidence) -> str:
    if not holds:
        return f"“{evidence.context.title}” is there."
    fact = evidence.deletion()
    if fact is None:
        return f"“{evidence.context.title}” is deleted."
    return f"The page is deleted: on {moment(fact.occurred_at, evidence.timezone)} {clause(fact)}{_log(fact)}."


def _log(fact: object) -> str:
    log_id = getattr(fact, "log_id", None)
    return f", log entry {log_id}" if log_id else ""


def _hidden(holds: bool, evidence: Evidence) -> str:
    if not holds:
        return "The revision can be seen."
    fact = evidence.hiding()
    if fact is None:
        return "The revision's text or author is hidden."
    return f"On {moment(fact.occurred_at, evidence.timezone)} {clause(fact)}{_log(fact)}."


def _reverted(holds: bool, evidence: Evidence) -> str:
    if not evidence.context.reverted:
        return "No tag says that it was reverted."
    fact = evidence.tagging(RevisionFlags.REVERTED)
    when = f" on {moment(fact.occurred_at, evidence.timezone)}" if fact else ""
    return f"It was reverted: tagged mw-reverted{when}" + ("." if holds else ", and the program counts those.")


_WORDS: dict[Verdict, _Words] = {
    Verdict.NOT_SEEN: _seen,
    Verdict.NOT_ENROLLED: _enrolled,
    Verdict.ORGANISER_ONLY: _organiser,
    Verdict.BEFORE_WINDOW: _before,
    Verdict.AFTER_WINDOW: _after,
    Verdict.WIKI_NOT_TRACKED: _wiki,
    Verdict.NAMESPACE_NOT_TRACKED: _namespace,
    Verdict.SCOPE_EMPTY: _scope_empty,
    Verdict.OUT_OF_SCOPE: _scope,
    Verdict.BOT: _bot,
    Verdict.MINOR_EXCLUDED: _minor,
    Verdict.TOOL_EDIT: _tool,
    Verdict.REDIRECT: _redirect,
    Verdict.MANUALLY_EXCLUDED: _by_hand,
    Verdict.PAGE_DELETED: _deleted,
    Verdict.REVISION_SUPPRESSED: _hidden,
    Verdict.REVERTED_EXCLUDED: _reverted,
}
