"""Taking a person out of every table."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from processors.facts.facts import UserRenamed
from processors.privacy.forgetting import Alias, Forgetting, aliases, instead_of, user_page
from processors.privacy.hiding import Forgotten, Redactions, digest_of
from processors.programs.events import ProgramEvent, encode_change
from storage.alert_privacy import forget_in_alerts
from storage.fact_rewriting import chunks, rewrite_facts
from storage.fact_rows import aware, from_row
from storage.privacy import Privacy, without_names
from storage.program_log import rewrite_texts
from storage.webhooks import drop_messages

_EVENTS_AT_ONCE = 20
_BOOKS = ("contributions", "standings", "registrations", "ledger", "participants")


class Forget(Privacy):
    """Every call may be broken off anywhere and repeated: it finds what is left."""

    def redactions(self) -> Redactions:
        """What must not be stored of facts that are yet to come."""
        rows = self.connections.rows("forgotten")
        salt = rows[0][2] if rows else ""
        return Redactions(self.hidings(), [Forgotten(digest, aware(at)) for _, digest, _, at in rows], salt)

    def aliases(self, name: str) -> tuple[Alias, ...]:
        """Every name of whoever is called `name` now."""
        renames = map(from_row, self.connections.records("renames"))
        return aliases([fact for fact in renames if isinstance(fact, UserRenamed)], name)

    def counts_of(self, person: Sequence[Alias]) -> dict[str, int]:
        """By table, how many rows may have to do with somebody."""
        forgetting = Forgetting(tuple(person), "")
        params = _params(forgetting)
        names = {"facts": "facts_of_person_count"} | {table: f"forget_{table}_count" for table in _BOOKS}
        return {table: int(self.connections.rows(name, params)[0][0]) for table, name in names.items()}

    def forgetting(self, person: Sequence[Alias], at: datetime) -> Forgetting:
        """Keep that somebody was forgotten, as digests of their names, and say what stands for them from now on."""
        rows = self.connections.rows("forgotten")
        salt = rows[0][2] if rows else secrets.token_hex(16)
        digests = [digest_of(name, salt) for name in sorted({one.user for one in person if not one.shared})]
        known = [number for number, digest, _, _ in rows if digest in digests]
        number = min(known) if known else 1 + max((row[0] for row in rows), default=0)
        columns = ("number", "digest", "salt", "forgotten_at")
        count = len(digests)
        self.connections.insert("forgotten", columns, [[number] * count, digests, [salt] * count, [at] * count])
        return Forgetting(tuple(person), instead_of(number))

    def rewrite_events(self, before: Iterable[ProgramEvent], after: Iterable[ProgramEvent]) -> int:
        """Let stored program events say what `after` says; return how many changed."""
        changed = [new for old, new in zip(before, after, strict=True) if old != new]
        rewrite_texts(
            self.connections, [(one.event_id, encode_change(one.change), one.actor, one.reason) for one in changed]
        )
        return len(changed)

    def rewrite_programs(self, definitions: Mapping[str, str]) -> int:
        """Show these definitions, by slug, in place of others of the same version; return how many changed."""
        shown = dict(self.connections.rows("programs_shown"))
        changed = [slug for slug, text in definitions.items() if shown.get(slug, text) != text]
        for some in chunks(changed, _EVENTS_AT_ONCE):
            self.connections.everywhere(
                "programs_rewrite", {"slugs": some, "definitions": [definitions[slug] for slug in some]}
            )
        return len(changed)

    def forget(self, forgetting: Forgetting) -> None:
        """Take somebody out of all tables but those of programs; what tells all their names goes last."""
        params = _params(forgetting)
        self.drop_letters((), forgetting.own)
        drop_messages(self.connections, forgetting.own)
        programs = [slug for slug, _ in self.connections.rows("programs_shown")]
        self.rewrite_results(programs, lambda _, board: without_names(board, forgetting.own, forgetting.instead))
        for table in _BOOKS:
            self.connections.everywhere(f"forget_{table}", params)
        for table in ("contributions", "ledger"):
            self._retitle(table, forgetting)
        forget_in_alerts(self.connections, forgetting)
        rewrite_facts(self.connections, self.connections.records("facts_of_person", params), forgetting.fact)
        rewrite_facts(self.connections, self.connections.records("renames_of_person", params), forgetting.renaming)
        self.settle()

    def _retitle(self, table: str, forgetting: Forgetting) -> None:
        found = {}
        for wiki, title in self.connections.rows(f"user_pages_{table}", {"names": list(forgetting.own)}):
            after = title
            for name in forgetting.own:
                after = user_page(wiki, after, name, forgetting.instead)
            if after != title:
                found[wiki, title] = after
        for some in chunks(found.items(), 1000):
            params = {"before": [key for key, _ in some], "after": [after for _, after in some]}
            self.connections.everywhere(f"retitle_{table}", params)


def _params(forgetting: Forgetting) -> dict[str, Any]:
    """Names as texts of facts have them too: within JSON, quotes are escaped."""
    needles = {form for name in forgetting.names for form in (name, name.replace('"', '\\"'))}
    names = {"names": tuple(forgetting.own), "all_names": tuple(forgetting.names)}
    return names | {"needles": sorted(needles)}
