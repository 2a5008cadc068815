"""`wikitally alerts test`: what the rules of a wiki make of a category, a summary or a page."""

from __future__ import annotations

from typing import Any

from deploy.alerting.rules_file import RulesFile
from deploy.cli.reading import opened_store, print_json
from deploy.cli.terminal import out
from deploy.settings import Settings
from processors.alerts.alerts import Alert
from processors.alerts.lifecycle import page_alerts
from processors.alerts.rules import Rule
from processors.alerts.signals import Act, Signal
from processors.alerts.stories import Story, stories
from processors.alerts.wording import phrase
from processors.errors import InvalidInput
from processors.facts.titles import namespaces_for
from processors.judging.contributions import PageRef, is_content
from processors.programs.names import read_wiki
from storage.alerts import ClickHouseAlerts


def try_rules(settings: Settings, wiki: str, category: str | None, comment: str | None, *, as_json: bool) -> None:
    """Print the rule that a category or a summary falls under, and its source."""
    server = _server(wiki)
    rules = RulesFile(settings.alert_rules).rules.of(server)
    rule = rules.category_rule(category) if category is not None else rules.comment_rule(comment or "")
    if as_json:
        print_json({"wiki": server, "category": category, "comment": comment, "rule": _rule_json(rule)})
        return
    what = f"A page in {category}" if category is not None else f"An edit with the summary {comment!r}"
    if rule is None:
        out.print(f"{what} raises no alert on {server}: none of its {len(rules.rules)} rules fits.", markup=False)
        return
    does = "ends an alert" if rule.sign == "cleared" else "raises an alert"
    out.print(f"{what} {does} of the kind {rule.kind} on {server}.", markup=False)
    out.print(f"Rule of {rule.wiki}: {rule.sign} {rule.text}", markup=False, soft_wrap=True)
    out.print(f"Source: {rule.source or 'your own file'}", markup=False, soft_wrap=True)


def _rule_json(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "wiki": rule.wiki,
        "sign": rule.sign,
        "kind": rule.kind,
        "text": rule.text,
        "is_pattern": rule.is_pattern,
        "source": rule.source,
        "verified": rule.verified,
    }


def try_page(settings: Settings, wiki: str, title: str, *, as_json: bool) -> None:
    """Print what a page would raise in a program that counts in content namespaces."""
    server = _server(wiki)
    names = namespaces_for(server)
    page = PageRef(server, names.canonical(title))

    def tracks(title: str, namespace: int | None) -> bool:
        return is_content(server, names.namespace_of(title) if namespace is None else namespace)

    with opened_store(settings) as opened:
        told = [one for one in stories(_signals(ClickHouseAlerts(opened.store.connections), page)) if _is_of(one, page)]
    raised = [alert for story in told for alert in page_alerts("", story, tracks, [])]
    if as_json:
        print_json({"wiki": server, "page": page.title, "alerts": [_alert_json(one) for one in raised]})
        return
    if not raised:
        out.print(f"{page.title} ({server}) has raised no alert, as far as was read.", markup=False)
    for alert in raised:
        out.print(f"{alert.kind}: {alert.title} is {phrase(alert.kind, alert.state)}", markup=False, soft_wrap=True)
        for step in alert.steps:
            who = f" by {step.user}" if step.user else ""
            detail = f": {step.detail}" if step.detail else ""
            out.print(f"  {step.at:%Y-%m-%d %H:%M} UTC {step.state}{who}{detail}", markup=False, soft_wrap=True)


def _signals(store: ClickHouseAlerts, page: PageRef) -> list[Signal]:
    found: list[Signal] = []
    seen: set[PageRef] = set()
    wanted = {page}
    while wanted:
        found += (some := store.signals_of_pages(wanted))
        seen |= wanted
        moves = [one for one in some if one.act is Act.MOVED]
        wanted = {PageRef(one.wiki, title) for one in moves for title in one.titles} - seen
    return found


def _is_of(story: Story, page: PageRef) -> bool:
    return page.title in story.titles


def _alert_json(alert: Alert) -> dict[str, Any]:
    steps = [
        {"state": one.state, "at": one.at, "user": one.user, "rev_id": one.rev_id, "detail": one.detail}
        for one in alert.steps
    ]
    return {"kind": alert.kind, "state": alert.state, "title": alert.title, "steps": steps}


def _server(wiki: str) -> str:
    server = read_wiki(wiki)
    if "*" in server:
        raise InvalidInput(f"--wiki {wiki}: a wiki has rules, not a family; such as en.wikipedia.org")
    return server
