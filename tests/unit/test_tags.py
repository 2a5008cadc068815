import json
import re
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts.tags import (
    RELEVANT_PATTERN,
    RevisionFlags,
    is_tool_summary,
    proofread_level,
    read_flags,
    relevant,
)

TOOLS: dict[str, list[dict[str, Any]]] = json.loads(
    resources.files("processors").joinpath("data", "tools.json").read_text(encoding="utf-8")
)
DASHBOARD = "OAuth CID: 4978"


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ((), RevisionFlags(0)),
        (("visualeditor", "mw-undo", "OAuth CID: 1"), RevisionFlags(0)),
        (("mw-reverted",), RevisionFlags.REVERTED),
        (("mw-new-redirect",), RevisionFlags.REDIRECT_NOW),
        (("mw-removed-redirect",), RevisionFlags.REDIRECT_NO_MORE),
        (("mw-changed-redirect-target",), RevisionFlags(0)),
        ((DASHBOARD,), RevisionFlags.TOOL),
        (("mw-reverted", DASHBOARD, "x"), RevisionFlags.REVERTED | RevisionFlags.TOOL),
    ],
)
def test_tags_are_read_as_flags(tags: tuple[str, ...], flags: RevisionFlags) -> None:
    assert read_flags(tags) == flags


@pytest.mark.parametrize(
    ("tags", "level"),
    [
        ((), None),
        (("proofreadpage-quality0",), 0),
        (("mobile edit", "proofreadpage-quality4"), 4),
        (("proofreadpage-quality5",), None),
        (("proofreadpage-quality2", "proofreadpage-quality0"), None),
    ],
)
def test_one_proofread_tag_tells_the_status(tags: tuple[str, ...], level: int | None) -> None:
    assert proofread_level(tags) == level


def test_a_tag_that_came_and_one_that_went_are_both_relevant() -> None:
    assert relevant(("mw-reverted",), ())
    assert relevant((), ("mw-reverted",))
    assert relevant(("x", "proofreadpage-quality3"), ())
    assert not relevant(("x", "mw-undo"), ("y",))


@given(st.lists(st.sampled_from(["mw-reverted", "mw-new-redirect", "proofreadpage-quality1", DASHBOARD, "x", "y"])))
def test_tags_that_tell_anything_are_relevant(tags: list[str]) -> None:
    assert relevant(tags, ()) == (bool(read_flags(tags)) or proofread_level(tags) is not None)


@given(
    st.lists(st.sampled_from(["mw-reverted", "mw-removed-redirect", "proofreadpage-quality4", "OAuth CID: 1232", "x"]))
)
def test_the_pattern_finds_whatever_is_relevant(tags: list[str]) -> None:
    assert (re.search(RELEVANT_PATTERN, json.dumps(tags)) is not None) == relevant(tags, ())


def test_the_pattern_means_the_same_to_every_engine() -> None:
    assert re.fullmatch(r"[A-Za-z0-9 :|-]+", RELEVANT_PATTERN)


def test_every_entry_names_its_tool_and_its_source() -> None:
    for entry in TOOLS["tags"] + TOOLS["summaries"]:
        assert entry["tool"]
        assert entry["source"].startswith("https://")


def test_every_tag_of_a_tool_is_one_that_oauth_gives() -> None:
    assert all(re.fullmatch("OAuth CID: [0-9]+", entry["tag"]) for entry in TOOLS["tags"])


@pytest.mark.parametrize("entry", TOOLS["summaries"], ids=lambda entry: entry["example"])
def test_a_summary_that_a_tool_writes_is_known(entry: dict[str, Any]) -> None:
    assert re.fullmatch(entry["pattern"], entry["example"])
    assert is_tool_summary(entry["example"])


@pytest.mark.parametrize(
    "comment",
    [
        "User has disenrolled in [[Wikipedia:Wiki_Ed/A/B_(Fall)]].",
        "User is no longer participating in Wikipedia_Fellows/Cohort_2.",
        "Remove [[Wikipedia:Wiki_Ed/A/B|Law [and] order]] assignment details",
        "replacing {{user sandbox}} with {{dashboard.wikiedu.org sandbox}}",
        "adding {{outreachdashboard.wmflabs.org sandbox | type = event}}",
        "removing {{Nástěnka/Účastník}}",
    ],
)
def test_its_variants_are_known_too(comment: str) -> None:
    assert is_tool_summary(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "typo",
        "Welcome to Wikipedia",
        "adding {{infobox person}}",
        "adding {{user sandbox}}",
        "Updating course from the faculty's page",
        "Updating course from dashboard.wikiedu.org, and fixing a link",
        "Undid: Updating course from dashboard.wikiedu.org",
        "User has enrolled in the army.",
        "User is participating in both discussions.",
        "Update [[Marie Curie]] assignment details",
        "Reverted 1 edit: New course announcement: [[A]].",
    ],
)
def test_a_summary_that_people_write_is_not_taken(comment: str) -> None:
    assert not is_tool_summary(comment)
