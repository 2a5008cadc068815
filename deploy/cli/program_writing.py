"""What `wikitally programs` decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.program_render import preview_json
from deploy.cli.organising import Desk, actor, agree, carry_out, desk, report, timezone
from deploy.cli.organising import apply as apply_commands
from deploy.cli.preview_text import preview_lines
from deploy.cli.reading import print_json
from deploy.cli.terminal import err, out
from deploy.clock import now
from deploy.programs.applying import Applied, read_programs
from deploy.programs.commands import Commands
from deploy.settings import Settings
from processors.errors import InvalidInput
from processors.ports.programs import Carried, States
from processors.programs.commands import Apply, Clone, Command, Delete, Freeze, Merge, Restore
from processors.programs.deciding import fate
from processors.programs.definition_text import UnreadableText, read_documents
from processors.programs.names import read_time
from processors.why.rule_words import number
from storage.previews import ClickHousePreviews


def apply(settings: Settings, files: Sequence[Path], *, yes: bool, reason: str, by: str | None, as_json: bool) -> None:
    """Let programs be as files have them."""
    written = read_programs(files)
    commands = [Apply(one.program, one.version, reason) for one in written]
    with desk(settings, create=True) as at:
        seen = at.commands.states()
        carried = apply_commands(at, commands, by=by, yes=yes)
        slugs = [one.program.slug for one in written]
        report(at, carried, as_json=as_json, first=str(_applied(seen, carried, slugs)))
    for slug in slugs:
        state = carried.states[slug]
        if not state.active:
            err.print(f"{slug} {fate(state)}", style="bold", markup=False)


def _applied(seen: States, carried: Carried, slugs: Sequence[str]) -> Applied:
    changed = {event.program for event in carried.events}
    return Applied(
        added=tuple(slug for slug in slugs if slug in changed and slug not in seen),
        changed=tuple(slug for slug in slugs if slug in changed and slug in seen),
        unchanged=tuple(slug for slug in slugs if slug not in changed),
    )


def try_out(settings: Settings, files: Sequence[Path], *, as_json: bool) -> None:
    """Print what applying files would do."""
    written = read_programs(files)
    with desk(settings) as at:
        would = at.commands.would_change([Apply(one.program, one.version) for one in written])
        if at.opened.owned and at.behind():
            at.catch_up()
        previews = [at.preview(would.states[one.program.slug].program) for one in written]
    if as_json:
        print_json([preview_json(one) for one in previews])
        return
    for one in previews:
        for line in preview_lines(one):
            out.print(line, markup=False, soft_wrap=True)


def clone(settings: Settings, slug: str, new: str, values: Sequence[str], *, by: str | None, as_json: bool) -> None:
    """Make a program from another."""
    changes = dict(map(_pair, values))
    carry_out(settings, lambda _: [Clone(slug, new, changes)], by=by, as_json=as_json)


def _pair(text: str) -> tuple[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise InvalidInput(f"--set {text}: write KEY=VALUE, such as title=Monday")
    return key.strip(), _value(key.strip(), value.strip())


def _value(key: str, text: str) -> Any:
    """Lists and mappings as YAML has them; all else is text."""
    if not text.startswith(("[", "{")):
        return text
    try:
        (document,) = read_documents(text)
    except (UnreadableText, ValueError) as error:
        raise InvalidInput(f"--set {key}: {error}") from error
    return document.value


def merge(settings: Settings, slug: str, into: str, *, yes: bool, reason: str, by: str | None, as_json: bool) -> None:
    """Let a program end in another."""
    _end(settings, Merge(slug, into, reason), slug, yes=yes, by=by, as_json=as_json)


def delete(settings: Settings, slug: str, *, yes: bool, reason: str, by: str | None, as_json: bool) -> None:
    """Let a program be gone."""
    _end(settings, Delete(slug, reason), slug, yes=yes, by=by, as_json=as_json)


def _end(settings: Settings, command: Command, slug: str, *, yes: bool, by: str | None, as_json: bool) -> None:
    with desk(settings) as at:
        if at.commands.would_change([command]).events:
            _agree_to_its_end(at, slug, yes=yes)
        report(at, at.commands.carry_out([command], actor=actor(by)), as_json=as_json)


def _agree_to_its_end(at: Desk, slug: str, *, yes: bool) -> None:
    counted = ClickHousePreviews(at.opened.store.connections).amounts(slug)
    if counted:
        what = f"{number(counted.edits, 'edit')} of {number(counted.editors, 'editor')}"
        agree(f"{slug}: {what} go from its board until it is restored", yes=yes)


def restore(settings: Settings, slug: str, *, reason: str, by: str | None, as_json: bool) -> None:
    """Bring a program back."""
    carry_out(settings, lambda _: [Restore(slug, reason)], by=by, as_json=as_json)


def freeze(
    settings: Settings, slug: str, name: str, as_of: str | None, *, reason: str, by: str | None, as_json: bool
) -> None:
    """Declare a result."""

    def ask(commands: Commands) -> list[Command]:
        at = read_time(as_of, timezone(commands.state(slug))) if as_of else now()
        return [Freeze(slug, name, at, reason)]

    carry_out(settings, ask, by=by, as_json=as_json)
