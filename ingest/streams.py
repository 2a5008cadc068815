"""The streams of Wikimedia's EventStreams, as its `/?spec` listed them in November 2024."""

ALIASED_STREAMS = (
    "mediawiki.recentchange",
    "mediawiki.page-create",
    "mediawiki.page-delete",
    "mediawiki.page-links-change",
    "mediawiki.page-move",
    "mediawiki.page-properties-change",
    "mediawiki.page-undelete",
    "mediawiki.revision-create",
)
"""Public streams that also go by their name without `mediawiki.`"""
PUBLIC_STREAMS = (
    *ALIASED_STREAMS,
    "mediawiki.page_change.v1",
    "mediawiki.revision-tags-change",
    "mediawiki.revision-visibility-change",
)
"""Those that anybody may read; the one for its own tests is left out."""
