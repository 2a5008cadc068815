"""Java programs for tests: their jars, fetched once by Maven."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.needs import missing

CACHED = Path(__file__).parents[1] / ".cache"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
HOW = "needs Java 17, Maven and, the first time, its central repository"


@cache
def jars(pom: Path) -> Path:
    """The directory with all that a `pom.xml` wants; skips or fails the test where they cannot be had."""
    name = pom.parent.name
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        missing("Java or Maven", f"tests/{name} {HOW}")
    place = CACHED / name
    libs, stamp = place / "libs", place / "pom.xml"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        # Two runs of the tests must not fetch into the same directory.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_bytes() == pom.read_bytes():
            return libs
        shutil.rmtree(libs, ignore_errors=True)
        fetch = [maven, "-B", "-q", "--strict-checksums", "-f", str(pom), COPY, "-DincludeScope=runtime"]
        try:
            subprocess.run(
                [*fetch, f"-DoutputDirectory={libs}"], capture_output=True, text=True, timeout=300, check=True
            )
        except subprocess.CalledProcessError as error:
            missing(f"jars of tests/{name}", f"{HOW}: {str(error.stdout)[-500:]}")
        except subprocess.TimeoutExpired:
            missing(f"jars of tests/{name}", f"{HOW}: they did not come in five minutes")
        shutil.copy(pom, stamp)
    return libs
