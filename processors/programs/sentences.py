"""What was decided about a program, in words."""

from __future__ import annotations

from datetime import UTC

from processors.programs.states import ProgramState

WORDS = {
    "defined": "the program was defined",
    "changed": "the program was changed",
    "joined": "somebody joined",
    "left": "somebody left",
    "team_set": "somebody's team was set",
    "name_hidden": "a name was hidden or shown",
    "page_assigned": "a page was assigned",
    "page_unassigned": "a page was taken from somebody",
    "user_excluded": "a user was excluded",
    "user_included": "a user was included again",
    "page_excluded": "a page was excluded",
    "page_included": "a page was included again",
    "revision_excluded": "a revision was excluded",
    "revision_included": "a revision was included again",
    "merged": "the program was merged into another",
    "deleted": "the program was deleted",
    "restored": "the program was restored",
    "expired": "the program expired",
    "frozen": "a result was declared",
    "alert_acknowledged": "an alert was acknowledged",
    "alert_muted": "alerts were muted",
    "alert_unmuted": "alerts were unmuted",
}
"""By kind of event."""


def told_since(state: ProgramState, version: int) -> str:
    """That a text was made from an older version, and what was decided since."""
    if version > state.version:
        return f"the text was made from version {version}, and version {state.version} is the newest"
    since = [one for one in state.recent if one.version > version]
    sentences = [
        f"{WORDS[one.kind]} by {one.actor or 'somebody'} at {one.recorded_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        for one in since
    ]
    earlier = state.version - version - len(since)
    if earlier:
        sentences.insert(0, f"{earlier} earlier decisions")
    return (
        f"the text was made from version {version}, and version {state.version} is the newest. "
        f"Since then: {', '.join(sentences)}"
    )
