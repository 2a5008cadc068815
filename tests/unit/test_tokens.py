"""What a token allows, and what it never does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import InvalidInput
from processors.programs.program import Program, Session
from processors.programs.tokens import Act, Role, Token, checked, digest_of, may

AT = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = st.sampled_from(["a", "b", "c"])


def program(slug: str, *campaigns: str) -> Program:
    session = Session(AT, AT + timedelta(hours=1))
    return Program(slug=slug, title=slug, sessions=(session,), wikis=("*",), campaigns=campaigns)


def token(role: Role, programs: str = "", campaigns: str = "") -> Token:
    return Token("t", role, "0" * 64, AT, programs=frozenset(programs.split()), campaigns=frozenset(campaigns.split()))


@pytest.mark.parametrize(
    ("role", "programs", "campaigns", "allowed"),
    [
        (Role.VIEWER, "mine", "", {("mine", Act.VIEW), ("mine", Act.JOIN)}),
        (Role.VIEWER, "", "women", {("in-campaign", Act.VIEW), ("in-campaign", Act.JOIN)}),
        (Role.ORGANISER, "mine", "", {("mine", act) for act in Act}),
        (Role.CAMPAIGN_ORGANISER, "", "women", {("in-campaign", act) for act in Act}),
        (Role.ADMIN, "", "", set(product(["mine", "in-campaign", "other"], Act))),
    ],
)
def test_a_role_allows_this_and_no_more(
    role: Role, programs: str, campaigns: str, allowed: set[tuple[str, Act]]
) -> None:
    there = [program("mine"), program("in-campaign", "women", "more"), program("other", "men")]
    one = token(role, programs, campaigns)
    assert {(each.slug, act) for each in there for act in Act if may(one, act, each)} == allowed


@given(st.sampled_from(Role), st.sets(NAMES), st.sets(NAMES), NAMES, st.sets(NAMES))
def test_whoever_may_organise_may_view_and_join(
    role: Role, programs: set[str], campaigns: set[str], slug: str, of: set[str]
) -> None:
    one = token(role, " ".join(programs), " ".join(campaigns))
    subject = program(slug, *of)
    if may(one, Act.ORGANISE, subject):
        assert may(one, Act.VIEW, subject)
        assert may(one, Act.JOIN, subject)


@given(st.sampled_from(sorted(set(Role) - {Role.ADMIN})), st.sets(NAMES), st.sets(NAMES), st.sampled_from(Act))
def test_nobody_but_an_admin_may_do_anything_with_a_program_that_their_token_does_not_name(
    role: Role, programs: set[str], campaigns: set[str], act: Act
) -> None:
    assert not may(token(role, " ".join(programs), " ".join(campaigns)), act, program("z", "z"))


def test_a_token_ends_when_it_expires_or_is_revoked() -> None:
    one = token(Role.ADMIN)
    assert one.valid(AT)
    assert not replace(one, revoked_at=AT).valid(AT)
    later = replace(one, expires=AT + timedelta(hours=1))
    assert later.valid(AT + timedelta(minutes=59))
    assert not later.valid(AT + timedelta(hours=1))


@pytest.mark.parametrize(
    ("role", "programs", "campaigns", "message"),
    [
        (Role.VIEWER, "", "", "needs a program or a campaign"),
        (Role.ORGANISER, "", "", "needs a program"),
        (Role.ORGANISER, "a", "c", "not for single campaigns"),
        (Role.CAMPAIGN_ORGANISER, "a", "c", "not for single programs"),
        (Role.CAMPAIGN_ORGANISER, "", "", "needs a campaign"),
        (Role.ADMIN, "a", "", "not for single programs"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(role: Role, programs: str, campaigns: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        checked(token(role, programs, campaigns))


def test_a_token_has_a_name_and_an_end_that_is_yet_to_come() -> None:
    with pytest.raises(InvalidInput, match="name"):
        checked(replace(token(Role.ADMIN), name=" "))
    with pytest.raises(InvalidInput, match="which is over"):
        checked(replace(token(Role.ADMIN), expires=AT))


def test_what_is_kept_of_a_secret_is_not_printed_and_is_another_for_every_secret() -> None:
    one = replace(token(Role.ADMIN), digest=digest_of("wt_secret"))
    assert digest_of("wt_secret") != digest_of("wt_secreT")
    assert one.digest not in repr(one)
    assert len(digest_of("\ud800")) == 64
