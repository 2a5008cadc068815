"""The index misses nobody and looks at nobody in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from processors.facts.decode import decode
from processors.facts.facts import Edit, PageChanged
from processors.judging.index import ProgramIndex
from processors.judging.judge import CompiledProgram
from processors.judging.projection import Projector
from processors.programs.program import Participant, Program, Session
from tests.histories import START, WIKI, edit, programs
from tests.recorders import EVENTSTREAMS

HOURS = st.integers(-30, 30)
WIKIS = (WIKI, "fr.wikisource.org", "www.wikidata.org")


@st.composite
def some_programs(draw: st.DrawFn) -> list[Program]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        start = START + timedelta(hours=draw(HOURS))
        session = Session(start, start + timedelta(hours=draw(st.integers(1, 40))))
        users = draw(st.sets(st.sampled_from(("Ada", "Ben", "Eve"))))
        wikis = draw(st.lists(st.sampled_from((*WIKIS, "*", "*.wikisource.org")), min_size=1, max_size=2, unique=True))
        made.append(
            Program(
                slug=str(number),
                title="",
                sessions=(session,),
                wikis=tuple(wikis),
                participants=tuple(map(Participant, sorted(users))),
                open=draw(st.booleans()),
            )
        )
    return made


@st.composite
def some_edits(draw: st.DrawFn) -> Edit:
    changes: dict[str, Any] = {
        "occurred_at": START + timedelta(hours=draw(HOURS)),
        "wiki": draw(st.sampled_from(WIKIS)),
        "user": draw(st.sampled_from(("Ada", "Ben", "Zoe", None))),
    }
    return replace(edit(1, "A"), **changes)


def is_candidate(program: Program, one: Edit) -> bool:
    compiled = CompiledProgram(program)
    return compiled.candidate(one, compiled.participants.get(one.user or ""))


@given(some_programs(), some_edits())
def test_candidates_are_what_a_scan_of_all_programs_finds(made: list[Program], one: Edit) -> None:
    found = {entry.program for entry in Projector(made).judge([one])}
    assert found == {program.slug for program in made if is_candidate(program, one)}


@given(some_programs(), some_programs(), st.lists(st.integers(0, 5)), some_edits())
def test_putting_and_dropping_programs_leaves_what_a_new_index_would_hold(
    first: list[Program], second: list[Program], dropped: list[int], one: Edit
) -> None:
    projector = Projector(first)
    for program in second:
        projector.put(program)
    for slug in map(str, dropped):
        projector.drop(slug)
    left = {program.slug: program for program in (*first, *second)}
    for slug in map(str, dropped):
        left.pop(slug, None)
    found = {entry.program for entry in projector.judge([one])}
    assert found == {program.slug for program in left.values() if is_candidate(program, one)}
    for slug in left:
        projector.drop(slug)
    assert not any(vars(projector.index)[name] for name in vars(projector.index) if name not in ("_last", "_tracked"))


def test_a_wiki_that_nobody_tracks_is_left_alone() -> None:
    index = ProgramIndex(programs())
    assert index.tracks_wiki(WIKI)
    assert not index.tracks_wiki("de.wikipedia.org")


def test_one_edit_has_an_entry_in_each_program_that_it_is_a_candidate_of() -> None:
    entries = list(Projector(programs()).judge([edit(1, "A", "Ada")]))
    verdicts = {entry.program: entry.verdict.value for entry in entries}
    assert verdicts == {
        "open-all": "counted",
        "articles": "counted",
        "drafts": "namespace_not_tracked",
        "short": "counted",
        "clean": "counted",
        "left": "counted",
        "titles": "counted",
        "titles-now": "counted",
        "category": "out_of_scope",
    }


def test_a_page_change_beside_the_edit_counts_nothing_twice() -> None:
    """Both streams tell of the same revision; the books follow recentchange alone."""
    change = decode((EVENTSTREAMS / "page_change" / "wdqs_wikibase_item-edit.json").read_bytes())
    assert isinstance(change, PageChanged)
    everywhere = replace(programs()[0], wikis=("*",), sessions=(Session(START - timedelta(days=1000), START),))
    projector = Projector([everywhere])
    assert projector.absorb([change]) == {}
