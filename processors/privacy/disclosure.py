"""Whose edits may be explained to everybody, where some participants hide their names.

Wikis tell who made an edit. So an answer about an edit tells whether its author takes part: it may be given
only of those who are seen to take part anyway, and for all others, hidden or not, it must be the same.
"""

from __future__ import annotations

from collections.abc import Collection

from processors.privacy.pseudonyms import Masks

UNTOLD = (
    "Some participants of this program hide their names: what counts and what does not is told to everybody only of "
    "those who take part under theirs. Whoever has the store asks `wikitally explain`."
)


def may_tell(masks: Masks, names: Collection[str], *, takes_part: bool) -> bool:
    """Whether everybody may know what counts of somebody and what does not.

    Args:
        masks: of the program, for everybody.
        names: all that they had.
        takes_part: they are enrolled, or have a contribution.
    """
    return not masks or (takes_part and masks.of(names) is None)
