"""Who hides their name is told from nobody else by what is explained to everybody."""

from __future__ import annotations

import pytest

from processors.privacy.disclosure import may_tell
from processors.privacy.pseudonyms import Masks

ADA_HIDES = Masks({"Ada": "Participant 1"})


@pytest.mark.parametrize(
    ("masks", "names", "takes_part", "tells"),
    [
        (Masks(), {"Ada"}, True, True),
        (Masks(), {"Eve"}, False, True),
        (ADA_HIDES, {"Ada"}, True, False),
        (ADA_HIDES, {"Lovelace", "Ada"}, True, False),
        (ADA_HIDES, {"Eve"}, False, False),
        (ADA_HIDES, {"Ben"}, True, True),
        (Masks(everyone=True), {"Ben"}, True, False),
    ],
)
def test_only_those_who_are_seen_to_take_part_are_explained(
    masks: Masks, names: set[str], takes_part: bool, tells: bool
) -> None:
    assert may_tell(masks, names, takes_part=takes_part) is tells
