"""What an edit did on Wikidata, read from the summary that Wikibase writes: `/* key:count|language|… */ text`.

Keys: the messages `wikibase-*-summary-KEY` of Wikibase (lib/i18n/en.json, repo/i18n/en.json) and of WikibaseLexeme
(i18n/en.json); their form: docs/topics/summaries.md of Wikibase. Captions on Commons are labels and read the same.
"""

from __future__ import annotations

import re

ACTIONS: tuple[str, ...] = (
    "item_created", "property_created", "lexeme_created",
    "label_added", "label_changed", "label_removed",
    "description_added", "description_changed", "description_removed",
    "alias_added", "alias_changed", "alias_removed", "terms_changed",
    "claim_added", "claim_changed", "claim_removed",
    "qualifier_added", "qualifier_changed", "qualifier_removed",
    "reference_added", "reference_changed", "reference_removed",
    "sitelink_added", "sitelink_changed", "sitelink_removed", "badge_changed",
    "sense_added", "sense_removed", "gloss_added", "gloss_changed", "gloss_removed",
    "form_added", "form_changed", "form_removed",
    "merged_from", "merged_to", "redirect_created",
    "undone", "restored", "cleared", "entity_edited",
)  # fmt: skip
"""One word for each edit, however many values it touched.

- `item_created`, `property_created`, `lexeme_created`: a new entity, with whatever it held from the start.
- `label_*`, `description_*`, `alias_*`: of one language. `alias_changed`: also some added and some removed.
  `terms_changed`: several of the three at once, or in several languages.
- `claim_*`: statements; `claim_changed`: value or rank. `qualifier_*`, `reference_*`: those of statements.
- `sitelink_*`: links to pages of wikis, also by the move or deletion of such a page. `badge_changed`: only badges.
- `sense_*`, `form_*`: of lexemes. `form_changed`: representations or grammatical features. `gloss_*`: of senses.
- `merged_from`: the entity took in another. `merged_to`: it gave itself up; a merge makes one edit of each.
- `redirect_created`: the entity became a redirect.
- `undone`, `restored`: later edits taken back, one or all. `cleared`: all that the entity held was replaced.
- `entity_edited`: several things at once, of which the summary does not tell more.
"""

_KEYS: dict[str, str] = {
    "wbsetitem": "item_created",
    "wbeditentity-create-item": "item_created",
    "wblinktitles-create": "item_created",
    "special-create-item": "item_created",
    "wbeditentity-create-property": "property_created",
    "special-create-property": "property_created",
    "wbeditentity-create-lexeme": "lexeme_created",
    "wbsetaliases-add": "alias_added",
    "wbsetaliases-add-remove": "alias_changed",
    "wbsetaliases-set": "alias_changed",
    "wbsetaliases-update": "alias_changed",
    "wbsetaliases-remove": "alias_removed",
    "wbsetlabeldescriptionaliases": "terms_changed",
    "wbeditentity-update-languages": "terms_changed",
    "wbeditentity-update-languages-short": "terms_changed",
    "wbcreateclaim": "claim_added",
    "wbcreateclaim-create": "claim_added",
    "wbcreateclaim-value": "claim_added",
    "wbcreateclaim-novalue": "claim_added",
    "wbcreateclaim-somevalue": "claim_added",
    "wbsetclaim-create": "claim_added",
    "wbsetclaim-update": "claim_changed",
    "wbsetclaim-update-rank": "claim_changed",
    "wbsetclaim-update-qualifiers": "qualifier_changed",
    "wbsetclaim-update-references": "reference_changed",
    "wbsetclaimvalue": "claim_changed",
    "wbremoveclaims": "claim_removed",
    "wbremoveclaims-remove": "claim_removed",
    "wbremoveclaims-update": "claim_removed",
    "wbsetqualifier-add": "qualifier_added",
    "wbsetqualifier-update": "qualifier_changed",
    "wbremovequalifiers-remove": "qualifier_removed",
    "wbremovequalifiers-update": "qualifier_removed",
    "wbsetreference": "reference_changed",
    "wbsetreference-add": "reference_added",
    "wbsetreference-set": "reference_changed",
    "wbremovereferences-remove": "reference_removed",
    "wbremovereferences-update": "reference_removed",
    "wbsetsitelink-add": "sitelink_added",
    "wbsetsitelink-add-both": "sitelink_added",
    "wbsetsitelink-set": "sitelink_changed",
    "wbsetsitelink-set-both": "sitelink_changed",
    "wbsetsitelink-set-badges": "badge_changed",
    "wbsetsitelink-remove": "sitelink_removed",
    "wblinktitles-connect": "sitelink_added",
    "clientsitelink-update": "sitelink_changed",
    "clientsitelink-remove": "sitelink_removed",
    "add-form": "form_added",
    "wbeditentity-create-form": "form_added",
    "add-form-representations": "form_changed",
    "add-form-grammatical-features": "form_changed",
    "set-form-representations": "form_changed",
    "update-form-elements": "form_changed",
    "update-form-grammatical-features": "form_changed",
    "update-form-representations": "form_changed",
    "remove-form-representations": "form_changed",
    "remove-form-grammatical-features": "form_changed",
    "remove-form": "form_removed",
    "add-sense": "sense_added",
    "wbeditentity-create-sense": "sense_added",
    "remove-sense": "sense_removed",
    "add-sense-glosses": "gloss_added",
    "set-sense-glosses": "gloss_changed",
    "update-sense-elements": "gloss_changed",
    "update-sense-glosses": "gloss_changed",
    "remove-sense-glosses": "gloss_removed",
    "wbmergeitems-from": "merged_from",
    "wbmergeitems-to": "merged_to",
    "wblmergelexemes-from": "merged_from",
    "wblmergelexemes-to": "merged_to",
    "wbcreateredirect": "redirect_created",
    "undo": "undone",
    "restore": "restored",
    "wbeditentity-override": "cleared",
    "wbeditentity-update": "entity_edited",
    "wbeditentity-update-languages-and-other": "entity_edited",
    "wbeditentity-update-languages-and-other-short": "entity_edited",
}
for _what in ("label", "description"):
    for _key, _done in (("add", "added"), ("set", "changed"), ("remove", "removed")):
        _KEYS[f"wbset{_what}-{_key}"] = f"{_what}_{_done}"
for _how_many in ("single-property", "multiple-properties"):
    for _key, _done in (("add", "added"), ("update", "changed"), ("remove", "removed")):
        _KEYS[f"wbeditentity-statements-{_how_many}-{_key}"] = f"claim_{_done}"

_CREATED_SOMETHING = frozenset({"wbeditentity", "wbeditentity-create", "wbcreate-new"})
"""Keys that leave it to the page what was created."""
_CREATED = {120: "property_created", 146: "lexeme_created"}
# The count tells a key from the title of a section that reads the same.
_AUTOMATIC = re.compile(r"/\*\s*([a-z-]+):[0-9]+\|")


def read_action(comment: str, namespace: int = 0) -> str:
    """One of `ACTIONS`; "" where the summary is not automatic.

    Args:
        namespace: of the page; older summaries do not say what sort of entity they created.
    """
    found = _AUTOMATIC.match(comment)
    if found is None:
        return ""
    key = found[1]
    return _CREATED.get(namespace, "item_created") if key in _CREATED_SOMETHING else _KEYS.get(key, "")
