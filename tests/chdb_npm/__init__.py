"""The engine of ClickHouse 26.7 as a library, from npm: the oldest that wikitally is held against."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from tests.needs import missing
from tests.npm import installed

VERSION = "26.7"


def library() -> Path:
    """`libchdb.so`."""
    if sys.platform != "linux" or platform.machine() != "x86_64" or platform.libc_ver()[0] != "glibc":
        missing(f"ClickHouse {VERSION}", "its package is for Linux on x86-64 with glibc")
    return installed(Path(__file__).parent, "chdb-npm") / "@chdb" / "lib-linux-x64-gnu" / "libchdb.so"
