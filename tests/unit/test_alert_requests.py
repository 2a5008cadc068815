"""Requests for deletion that are made on another page, as signals about the page that they name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processors.alerts.alerts import AlertKind
from processors.alerts.rules_data import shipped_rules
from processors.alerts.signals import Act, signals
from tests.histories import edit

RULES = shipped_rules()


@pytest.mark.parametrize(
    ("wiki", "title", "comment", "created", "page"),
    [
        ("it.wikipedia.org", "Wikipedia:Pagine da cancellare/Ada Lovelace", "Apro", True, "Ada Lovelace"),
        ("it.wikipedia.org", "Wikipedia:Pagine da cancellare/Ada Lovelace", "Commento", False, None),
        ("www.wikidata.org", "Wikidata:Requests for deletions", "/* Q42 */ new section", False, "Q42"),
        ("de.wikipedia.org", "Wikipedia:Pagine da cancellare/Ada Lovelace", "", True, None),
    ],
)
def test_a_request_is_a_tag_of_the_page_that_it_names(
    wiki: str, title: str, comment: str, created: bool, page: str | None
) -> None:
    fact = replace(edit(1, title, "Zoe", comment=comment), wiki=wiki, created=created)
    found = [(one.act, one.kind, one.title, one.user, one.rev_id) for one in signals(fact, RULES.of(wiki))]
    assert found == ([(Act.TAGGED, AlertKind.DISCUSSION, page, "Zoe", fact.rev_id)] if page else [])


def test_the_page_that_a_request_is_about_has_its_own_namespace() -> None:
    fact = replace(
        edit(1, "Wikipedia:Pagine da cancellare/Utente:Ada/Sandbox", "Zoe"), wiki="it.wikipedia.org", created=True
    )
    (signal,) = signals(fact, RULES.of("it.wikipedia.org"))
    assert (signal.title, signal.namespace) == ("Utente:Ada/Sandbox", 2)
