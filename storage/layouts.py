"""One source of DDL for one server, for shards, and for a replicated cluster.

Migrations are written for one server. For a cluster each statement is turned into what does the same there: a table `X`
becomes `X_local` on every shard with a Distributed `X` in front, so that queries name it as before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clickhouse_migrations.migrator import split_statement_tokens

from storage.target import Target, literal, quoted

SHARDING = {
    # A minute of a wiki is on one shard, so that its activity is too; and a fact stays where it is when it is redacted.
    "facts": "cityHash64(wiki, toStartOfMinute(occurred_at))",
    "activity_minutes": "cityHash64(wiki, minute)",
    "registrations": "cityHash64(user)",
    "contributions": "cityHash64(program, user)",
    "ledger": "cityHash64(program, user)",
    "standings": "cityHash64(program, user)",
}
"""By table, what decides on which shard a row is: a function of its sorting key, so that FINAL sees all its versions.

Tables that are not named are small and wholly on the first shard.
"""

_NAME = r"(?P<name>\w+)"
_CREATE = re.compile(r"^CREATE (TABLE|VIEW|MATERIALIZED VIEW) (?!IF NOT EXISTS)")
_CREATE_TABLE = re.compile(rf"CREATE TABLE IF NOT EXISTS {_NAME}\s*\(")
_DROP_TABLE = re.compile(rf"DROP TABLE(?P<if> IF EXISTS)? {_NAME}$")
_TRUNCATE = re.compile(rf"TRUNCATE TABLE {_NAME}$")
_ALTER = re.compile(rf"ALTER TABLE {_NAME} (?P<what>ADD|MODIFY|DROP) (?P<part>COLUMN|INDEX|SETTING|TTL)\b")
_VIEW = re.compile(rf"CREATE (?:OR REPLACE )?VIEW(?: IF NOT EXISTS)? {_NAME}")
_DROP_VIEW = re.compile(rf"DROP VIEW(?: IF EXISTS)? {_NAME}$")
_FEED = re.compile(rf"CREATE MATERIALIZED VIEW(?: IF NOT EXISTS)? {_NAME} TO (?P<to>\w+)")
_INSERT = re.compile(rf"INSERT INTO {_NAME}\b")
_ENGINE = re.compile(r"^ENGINE = (?P<kind>\w*)MergeTree(?:\((?P<args>[^)]*)\))?", re.MULTILINE)
_KEEPER_PATH = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
_READ = re.compile(r"\bFROM (?P<name>\w+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as a server takes it."""

    text: str
    once: bool = False
    """It moves rows: of all hosts one runs it. Else each host does, or one for all of them (`ON CLUSTER`)."""


def render(script: str, target: Target) -> list[Statement]:
    """What a script of migrations is for the layout of `target`.

    Raises:
        ValueError: a statement is of a form that has no counterpart on a cluster.
    """
    found: list[Statement] = []
    for tokens in split_statement_tokens(script):
        text = "".join(one.text for one in tokens if one.kind != "line_comment").strip()
        # So that a script that was broken off can be run again.
        text = _CREATE.sub(r"CREATE \1 IF NOT EXISTS ", text)
        found += _rendered(text, target) if target.layout.cluster else [Statement(text)]
    return found


def _rendered(text: str, target: Target) -> Iterator[Statement]:
    on = target.layout.on_cluster
    local = target.layout.suffix
    if found := _CREATE_TABLE.match(text):
        name = found["name"]
        made = text.replace(found[0], f"CREATE TABLE IF NOT EXISTS {name}{local}{on} (", 1)
        yield Statement(_replicated(made) if target.layout.replicated else made)
        yield Statement(f"CREATE TABLE IF NOT EXISTS {name}{on} AS {name}{local} {_distributed(name, target)}")
    elif found := _DROP_TABLE.match(text):
        for name in (found["name"], f"{found['name']}{local}"):
            yield Statement(f"DROP TABLE{found['if'] or ''} {name}{on}")
    elif found := _TRUNCATE.match(text):
        yield Statement(f"TRUNCATE TABLE {found['name']}{local}{on}")
    elif found := _ALTER.match(text):
        rest = text[found.end("name") :]
        yield Statement(f"ALTER TABLE {found['name']}{local}{on}{rest}")
        if found["part"] == "COLUMN":
            yield Statement(f"ALTER TABLE {found['name']}{on}{rest}")
    elif found := _FEED.match(text):
        head = text[: found.end("name")]
        rest = _READ.sub(lambda one: f"FROM {one['name']}{local}", text[found.end("to") :])
        yield Statement(f"{head}{on} TO {found['to']}{local}{rest}")
    elif found := _VIEW.match(text) or _DROP_VIEW.match(text):
        yield Statement(f"{text[: found.end('name')]}{on}{text[found.end('name') :]}")
    elif _INSERT.match(text):
        # Shards have a default database of their own.
        qualified = _READ.sub(lambda one: f"FROM {quoted(target.database)}.{one['name']}", text)
        yield Statement(qualified, once=True)
    else:
        raise ValueError(f"no counterpart on a cluster: {text[:60]} …")


def _replicated(text: str) -> str:
    def engine(found: re.Match[str]) -> str:
        args = f", {found['args']}" if found["args"] else ""
        return f"ENGINE = Replicated{found['kind']}MergeTree({_KEEPER_PATH}{args})"

    return _ENGINE.sub(engine, text, count=1).replace(
        "non_replicated_deduplication_window", "replicated_deduplication_window"
    )


def _distributed(name: str, target: Target) -> str:
    key = SHARDING.get(name, "0")
    places = f"{literal(target.layout.cluster)}, {literal(target.database)}, {name}{target.layout.suffix}"
    return f"ENGINE = Distributed({places}, {key})"
