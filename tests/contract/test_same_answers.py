"""Whatever server a store is on, the same life ends in the same answers to every question."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from storage.connection import Connections
from tests.conftest import BACKENDS, store_on
from tests.contract.questions import answers, differing
from tests.contract.seeded import STAGES, Seeded

pytestmark = pytest.mark.timeout(900)
"""The first to ask waits for whole lives."""

Life = dict[str, dict[str, Any]]
"""By stage, all answers after it."""

OF_ALERTS = (
    "alert", "signals_of", "programs_of", "contributions_o", "changes_since", "changed_alerts", "hide_",
    "forget_alerts", "forget_signal", "forget_program_pages", "retitle_alerts", "user_pages_alerts", "old_signals",
)  # fmt: skip
"""Those of alerts: tests/contract/test_alerts.py asks them."""
ELSEWHERE = (*OF_ALERTS, "export_", "copy_", "backup_", "lock", "applied_migrations", "webhook_")
"""Queries that begin so are no part of this life: they go over HTTP, or move and make stores."""

_asked: set[str] = set()
_lives: dict[str, Life] = {}


@pytest.fixture(scope="module", autouse=True)
def _noted() -> Iterator[None]:
    """Note each named query that is run."""
    patch = pytest.MonkeyPatch()
    for method in ("rows", "records", "everywhere"):
        _note(patch, method)
    yield
    patch.undo()
    _lives.clear()


def _note(patch: pytest.MonkeyPatch, method: str) -> None:
    run = getattr(Connections, method)

    def noted(self: Connections, name: str, *args: Any, **more: Any) -> Any:
        _asked.add(name)
        return run(self, name, *args, **more)

    patch.setattr(Connections, method, noted)


def life(backend: str, request: pytest.FixtureRequest) -> Life:
    """A store's life on a server of this kind, lived once."""
    if backend not in _lives:
        one = Seeded(store_on(backend, request))
        lived: Life = {}
        for name, steps in STAGES.items():
            for step in steps:
                step(one)
            lived[name] = answers(one)
        _lives[backend] = lived
    return _lives[backend]


@pytest.mark.parametrize("backend", [one for one in BACKENDS if one != "embedded"])
@pytest.mark.parametrize("stage", STAGES)
def test_every_answer_is_the_embedded_servers(backend: str, stage: str, request: pytest.FixtureRequest) -> None:
    expected, found = life("embedded", request)[stage], life(backend, request)[stage]
    differences = differing(expected, found)
    for name in sorted(differences):
        assert found[name] == expected[name], name


def test_there_is_something_in_every_answer(request: pytest.FixtureRequest) -> None:
    """Two stores that answer nothing are equal too."""
    lived = life("embedded", request)
    empty = {name for name in lived["counted"] if not any(lived[stage][name] for stage in STAGES)}
    assert empty == set()


def test_every_query_is_asked(request: pytest.FixtureRequest) -> None:
    for backend in ("embedded", "shards"):
        life(backend, request)
    queries = resources.files("storage").joinpath("queries").iterdir()
    known = {file.name.removesuffix(".sql") for file in queries}
    assert {name for name in known - _asked if not name.startswith(ELSEWHERE)} == set()
