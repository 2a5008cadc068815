import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.facts.wikidata import _CREATED, _KEYS, ACTIONS, read_action
from tests.recorders import EVENTSTREAMS


@pytest.mark.parametrize(
    ("comment", "action"),
    [
        ("/* wbsetclaim-create:2||1 */ [[Property:P31]]: [[Q5]]", "claim_added"),
        ("/* wbcreateclaim-create:1| */ [[Property:P31]]: [[Q5]]", "claim_added"),
        ("/* wbeditentity-statements-single-property-add:0||2 */ [[Property:P31]]", "claim_added"),
        ("/* wbsetclaim-update:2||1|1 */ [[Property:P213]]: [[Q850]]", "claim_changed"),
        ("/* wbsetclaim-update-rank:2||1 */ [[Property:P213]]: [[Q850]]", "claim_changed"),
        ("/* wbsetclaim-update-qualifiers:2||1|1 */ [[Property:P39]]: [[Q1]]", "qualifier_changed"),
        ("/* wbsetclaim-update-references:2||1|1 */ [[Property:P39]]: [[Q1]]", "reference_changed"),
        ("/* wbsetclaimvalue:1| */ [[Property:P569]]: 1867", "claim_changed"),
        ("/* wbremoveclaims-remove:1| */ [[Property:P1476]]: Diagnosis", "claim_removed"),
        ("/* wbsetqualifier-add:1| */ [[Property:P88]]: 2012", "qualifier_added"),
        ("/* wbsetreference-add:2| */ [[Property:P105]]", "reference_added"),
        ("/* wbremovereferences-remove:1||1 */ [[Property:P105]]", "reference_removed"),
        ("/* wbsetlabel-add:1|fr */ Marie Curie", "label_added"),
        ("/* wbsetlabel-set:1|fr */ Marie Curie", "label_changed"),
        ("/* wbsetdescription-remove:1|zh-hant */", "description_removed"),
        ("/* wbsetaliases-add:2|en */ a, b", "alias_added"),
        ("/* wbsetaliases-add-remove:2|en */ a, b", "alias_changed"),
        ("/* wbsetlabeldescriptionaliases:3|en */ a, b, c", "terms_changed"),
        ("/* wbeditentity-update-languages-short:0||nl */ nl-description", "terms_changed"),
        ("/* wbeditentity-update-languages-and-other-short:0||nl */", "entity_edited"),
        ("/* wbeditentity-update:0| */ Adding structured data: copyright", "entity_edited"),
        ("/* wbsetsitelink-add:1|frwiki */ Marie Curie", "sitelink_added"),
        ("/* wbsetsitelink-set-badges:1|frwiki */ [[Q17437796]]", "badge_changed"),
        ("/* clientsitelink-remove:1||dewiki */ Marie Curie", "sitelink_removed"),
        ("/* wbmergeitems-from:0||Q123 */", "merged_from"),
        ("/* wbmergeitems-to:0||Q42 */", "merged_to"),
        ("/* wblmergelexemes-to:0||L4 */", "merged_to"),
        ("/* wbcreateredirect:0||Q1|Q2 */", "redirect_created"),
        ("/* undo:0||2552953639|Ada B. */ wrong person", "undone"),
        ("/* restore:0||2552953639|Ada B. */", "restored"),
        ("/* wbeditentity-override:0| */", "cleared"),
        ("/* wbeditentity-create-item:2|en */ Marie Curie, physicist", "item_created"),
        ("/* wbeditentity-create-property:2|en */ mass, of a thing", "property_created"),
        ("/* wbeditentity-create-lexeme:0| */", "lexeme_created"),
        ("/* add-form:1||L12-F3 */ houses", "form_added"),
        ("/* update-form-elements:0||L12-F3 */", "form_changed"),
        ("/* remove-sense:1|en|L12-S1 */", "sense_removed"),
        ("/* add-sense-glosses:1|en|L12-S1 */ a building", "gloss_added"),
        ("/* wbsetlabel-add:1|fr", "label_added"),
    ],
)
def test_an_automatic_summary_says_what_was_done(comment: str, action: str) -> None:
    assert read_action(comment) == action


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "typo",
        "/* History */ more of it",
        "/* undo */ a section that is called so",
        "/* wbsetlabel-add */",
        "/* wbsomethingnew-add:1|en */ x",
        "see /* wbsetlabel-add:1|fr */ x",
        "wbsetlabel-add:1|fr",
    ],
)
def test_other_summaries_say_nothing(comment: str) -> None:
    assert read_action(comment) == ""


@pytest.mark.parametrize(
    ("namespace", "action"), [(0, "item_created"), (120, "property_created"), (146, "lexeme_created")]
)
def test_where_a_summary_does_not_say_what_was_created_the_namespace_does(namespace: int, action: str) -> None:
    assert read_action("/* wbeditentity-create:2|en */ mass, of a thing", namespace) == action
    assert read_action("/* wbeditentity-create-item:2|en */ x", namespace) == "item_created"


def test_every_action_is_one_that_a_summary_can_say() -> None:
    assert {*_KEYS.values(), *_CREATED.values()} == set(ACTIONS)
    assert len(ACTIONS) == len(set(ACTIONS))


@given(st.one_of(st.text(), st.from_regex(r"/\* [a-z-]+:[0-9]\|[a-z]* \*/.*")), st.integers())
def test_whatever_the_summary_the_action_is_a_known_one(comment: str, namespace: int) -> None:
    assert read_action(comment, namespace) in {"", *ACTIONS}


def recorded_comments() -> set[str]:
    """Every automatic summary in the recordings, as far as their text shows."""
    files = [file for file in EVENTSTREAMS.rglob("*") if file.suffix in (".json", ".ndjson", ".sse")]
    pattern = re.compile(r"/\* (?:wb|undo|restore)[a-z-]*:[0-9]+\|[^*]*\*/")
    return {comment for file in files for comment in pattern.findall(file.read_text(encoding="utf-8"))}


def test_every_recorded_summary_is_read() -> None:
    assert {comment: read_action(comment) for comment in recorded_comments()} == {
        "/* wbeditentity-create-lexeme:0| */": "lexeme_created",
        "/* wbeditentity-create:2|en */": "item_created",
        "/* wbeditentity-update-languages-short:0||nl */": "terms_changed",
        "/* wbeditentity-update:0| */": "entity_edited",
        "/* wbremoveclaims-remove:1| */": "claim_removed",
        "/* wbsetclaim-create:2||1 */": "claim_added",
        "/* wbsetdescription-set:1|nl */": "description_changed",
        "/* wbsetlabel-add:1|fr */": "label_added",
        "/* wbsetqualifier-add:1| */": "qualifier_added",
        "/* wbsetreference-add:2| */": "reference_added",
    }
