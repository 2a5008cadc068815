"""A preview says exactly what applying would change: sums of differences against sums of the books."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from processors.facts.facts import ActionKind
from processors.judging.contributions import Cause, Contribution, PageRef
from processors.judging.judge import Verdict
from processors.judging.ledger import Change, differences
from processors.judging.preview import MOST_EXAMPLES, Amounts, Half, Preview, Sums, warnings
from processors.programs.program import Program, Session

AT = datetime(2026, 11, 24, tzinfo=UTC)
CAUSE = Cause("preview", "")
VERDICTS = st.sampled_from([None, Verdict.COUNTED, Verdict.OUT_OF_SCOPE, Verdict.NOT_ENROLLED])


def entry(rev_id: int, verdict: Verdict, size: int | None = 10, user: str = "Ada", title: str = "X") -> Contribution:
    kind = ActionKind.UPLOAD if rev_id % 5 == 0 else ActionKind.EDIT
    return Contribution("p", user, "w", rev_id, verdict, AT, title, 0, size, False, kind)


def amounts(entries: list[Contribution]) -> Amounts:
    counted = [one for one in entries if one.verdict is Verdict.COUNTED]
    edits = [one for one in counted if one.kind is ActionKind.EDIT]
    return Amounts(
        edits=len(edits),
        uploads=len(counted) - len(edits),
        editors=len({one.user for one in counted}),
        pages=len({one.title for one in counted}),
        bytes_added=sum(max(one.byte_delta or 0, 0) for one in edits),
    )


@given(
    st.lists(
        st.tuples(VERDICTS, VERDICTS, st.sampled_from("ABC"), st.sampled_from("XYZ"), st.none() | st.integers(-50, 50)),
        max_size=25,
    ),
    st.integers(1, 4),
)
def test_what_is_plus_and_minus_leads_from_the_numbers_of_now_to_those_after(
    rows: list[tuple[Verdict | None, Verdict | None, str, str, int | None]], split: int
) -> None:
    books, judged = (
        [
            entry(rev_id, row[which], row[4], row[2], row[3])  # type: ignore[arg-type]
            for rev_id, row in enumerate(rows)
            if row[which] is not None
        ]
        for which in (0, 1)
    )
    changes = list(differences(books, judged, {}, CAUSE))
    sums = Sums()
    for first in range(0, len(changes), split):
        sums.take(changes[first : first + split])
    counted = [one for one in books if one.verdict is Verdict.COUNTED]
    users = Counter(one.user for one in counted if one.user in sums.users)
    pages = Counter(PageRef("w", one.title) for one in counted if PageRef("w", one.title) in sums.pages)
    plus, minus = (half.amounts for half in sums.halves(users, pages))
    now, after = amounts(books), amounts(judged)
    for name in Amounts.__slots__:
        assert getattr(now, name) + getattr(plus, name) - getattr(minus, name) == getattr(after, name), name


def test_examples_are_the_largest_with_the_reasons_before_and_after() -> None:
    sums = Sums()
    sums.take(Change(entry(n, Verdict.COUNTED, n), Verdict.OUT_OF_SCOPE, False, CAUSE) for n in range(1, 20))
    sums.take([Change(entry(50, Verdict.COUNTED), Verdict.COUNTED, True, CAUSE)])
    plus, minus = sums.halves({}, {})
    assert [one.byte_delta for one in plus.examples] == [19, 18, 17, 16, 15]
    assert len(plus.examples) == MOST_EXAMPLES
    assert {(one.before, one.after) for one in plus.examples} == {(Verdict.OUT_OF_SCOPE, Verdict.COUNTED)}
    assert plus.reasons == ((Verdict.OUT_OF_SCOPE, 19),)
    assert minus.reasons == ((None, 1),)
    assert minus.examples[0].after is None


def test_the_same_revision_under_two_names_is_no_trouble() -> None:
    sums = Sums()
    sums.take(Change(entry(1, Verdict.COUNTED, 5, user), Verdict.COUNTED, True, CAUSE) for user in "AB" * 9)
    assert sums.halves({}, {})[1].amounts.edits == 18


def test_what_was_and_is_counted_or_neither_is_no_difference() -> None:
    sums = Sums()
    sums.take([Change(entry(1, Verdict.COUNTED), Verdict.COUNTED, False, CAUSE)])
    sums.take([Change(entry(2, Verdict.OUT_OF_SCOPE), None, False, CAUSE)])
    assert sums.halves({}, {}) == (Half(), Half())


def test_what_removes_contributions_or_lets_nothing_count_is_to_be_confirmed() -> None:
    harmless = Preview("p", Amounts(), Half(Amounts(edits=3)), Half())
    assert not harmless.needs_confirmation
    assert replace(harmless, minus=Half(Amounts(edits=1))).needs_confirmation
    assert replace(harmless, minus=Half(Amounts(uploads=1))).needs_confirmation
    everywhere = Program(slug="p", title="p", sessions=(Session(AT, AT),), wikis=("*",))
    nowhere = replace(everywhere, scope=())
    assert warnings(everywhere) == ()
    assert replace(harmless, warnings=warnings(nowhere)).needs_confirmation
    assert warnings(nowhere, everywhere)
    assert warnings(nowhere, nowhere) == ()
