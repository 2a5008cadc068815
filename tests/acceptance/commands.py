"""The `wikitally` command as its users run it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("WIKITALLY_")},
    "WIKITALLY_CONTACT": "https://localhost/tests",
    "PYTHONPATH": str(ROOT),
    "COLUMNS": "120",
    "NO_COLOR": "1",
}


def arguments(*given: object) -> list[str]:
    return [sys.executable, "-m", "deploy", *map(str, given)]


def wikitally(*given: object, code: int = 0, cwd: Path | None = None, **environment: str) -> str:
    """Run the command to its end; return what it printed (both streams where it fails as it should)."""
    done = subprocess.run(
        arguments(*given),
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, **environment},
        cwd=cwd,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, f"{given}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stdout + done.stderr
