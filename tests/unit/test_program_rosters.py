"""Lists of people, however organisers have them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.programs.texts import Entry, Roster, parse_roster


def users(text: str) -> list[str]:
    """Who is on a list without problems."""
    roster = parse_roster(text)
    assert roster.problems == ()
    return [entry.user for entry in roster.entries]


def problems(text: str) -> list[str]:
    return [str(problem) for problem in parse_roster(text).problems]


def test_a_list_has_one_user_a_line() -> None:
    assert users("\ufeffAda B.\n\n  chén Xiǎomíng \r\nUser:bo_b\n@Dot\n") == ["Ada B.", "Chén Xiǎomíng", "Bo b", "Dot"]


@pytest.mark.parametrize(
    "line",
    [
        "* [[User:Ada|Ada]]",
        "# [[Benutzer:Ada]]",
        "#[[Benutzerin:Ada|die Ada]] kommt später",
        "*[[user talk:Ada]]",
        "[[:de:Benutzer:Ada]]",
        "[[w:fr:Utilisateur:Ada/Brouillon]]",
        "1. [[利用者:Ada]]",
        "'''[[User:Ada#Top|Ada]]'''",
        "* User:Ada",
        "*User:Ada",
        "- Ada",
        "– @Ada",
        "@Ada",
        "Usuaria:Ada",
        "User:Ada",
        "ada",
        "# [[User:Ada|Ada]] ([[User talk:Ada|talk]]) 14:02, 8 November 2026 (UTC)",
        "# Ada (talk) 14:02, 8 November 2026 (UTC)",
        "# Ada -- Ada (talk) 14:02, 8 November 2026 (UTC)",
        "* Ada 8 novembre 2026 à 14:02 (CET)",
        "--[[User:Ada|Ada]] 14:02, 8. Nov. 2026 (CET)",
        '"Ada"',
    ],
)
def test_a_user_is_found_in_a_pasted_line(line: str) -> None:
    assert users(line) == ["Ada"]


@pytest.mark.parametrize(
    "name", ["*Treker", "Lea (WMDE)", "Foo.bar-baz", "~2026-12345-67", "12345", "A:B", "User1", "-revi", "名無し"]
)
def test_a_name_with_odd_characters_stays_whole(name: str) -> None:
    assert users(name) == [name]


def test_columns_are_user_team_and_time_of_joining() -> None:
    assert parse_roster("Ada,blue,2026-11-08T14:00\nBo,,\nDot, red") == Roster(
        (Entry("Ada", "blue", datetime(2026, 11, 8, 14, tzinfo=UTC)), Entry("Bo"), Entry("Dot", "red"))
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_told_by_a_header(delimiter: str) -> None:
    lines = [["Team", "E-mail", "Username"], ["blue", "a@example.org", "Ada"], ["", "", "Bo"]]
    text = "\n".join(delimiter.join(line) for line in lines)
    assert parse_roster(text) == Roster((Entry("Ada", "blue"), Entry("Bo")))


def test_a_name_with_a_comma_stands_in_quotes_or_among_other_delimiters() -> None:
    assert parse_roster('"Lovelace, Ada",blue').entries == (Entry("Lovelace, Ada", "blue"),)
    assert parse_roster("Lovelace, Ada;blue").entries == (Entry("Lovelace, Ada", "blue"),)
    assert parse_roster("[[User:Lovelace, Ada|Ada]], blue").entries == (Entry("Lovelace, Ada", "blue"),)


def test_a_time_without_offset_is_one_of_the_program() -> None:
    (entry,) = parse_roster("Ada,,2026-11-08T14:00", ZoneInfo("Europe/Paris")).entries
    assert entry.since == datetime(2026, 11, 8, 13, tzinfo=UTC)


def test_who_is_named_twice_is_one_entry() -> None:
    assert parse_roster("Ada\nBo,red\nuser:ada,blue\nBo") == Roster((Entry("Ada", "blue"), Entry("Bo", "red")))


def test_every_problem_is_told_with_its_line() -> None:
    told = problems(
        "user,team,joined\nAda,blue\n192.168.0.1\n[[Marie Curie]]\n[[Category:Ada]]\nAda,red\nBo,,noon\n"
        "Dot,red,2026-11-08T14:00,x\nEve|x\n2001:db8::1,blue\n,blue"
    )
    assert [line.partition(":")[0] for line in told] == [f"line {number}" for number in (3, 5, 6, 7, 8, 9, 10, 11)]
    for word, line in zip(
        ["IP address", "no user's page", "line 2 already, with another team", "'noon' is not a time",
         "4 columns", "'|'", "IP address", "empty"],
        told,
        strict=True,
    ):  # fmt: skip
        assert word in line


def test_what_has_no_problem_is_read_beside_what_has() -> None:
    roster = parse_roster("Ada\n10.0.0.1\nBo")
    assert [entry.user for entry in roster.entries] == ["Ada", "Bo"]
    assert len(roster.problems) == 1


def test_a_misspelt_column_is_no_column_that_is_nothing_to_us() -> None:
    (told,) = problems("user,taem\nAda,blue")
    assert "taem" in told
    assert "did you mean team?" in told
    (twice,) = problems("user,team,group\nAda,blue,red")
    assert "second column" in twice


def test_names_in_one_line_are_not_taken_for_columns() -> None:
    assert len(problems("Ada, Bo, Chén, Dot")) == 1


def test_a_line_without_end_is_no_name() -> None:
    assert len(problems("x" * 200_000 + "\nAda\n" + "x" * 200_000)) == 2


def test_an_empty_text_names_nobody() -> None:
    assert parse_roster(" \n\n") == Roster(())


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_any_text_is_read_or_its_problems_told(text: str) -> None:
    roster = parse_roster(text)
    assert len({entry.user for entry in roster.entries}) == len(roster.entries)
    assert all(problem.path.startswith("line ") for problem in roster.problems)
