"""A real MediaWiki on loopback: Debian's, under PHP's own server, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.needs import missing

CODE = Path("/usr/share/mediawiki")
PACKAGES = "mediawiki php-cli php-sqlite3 php-intl php-mbstring php-xml"
# The most that an answer holds in bytes is so small that a list of ten pages needs several.
_SETTINGS = """
$wgCanonicalServer = 'https://en.wikipedia.org';
$wgRCWatchCategoryMembership = true;
$wgAPIMaxResultSize = 60;
"""
_START_SECONDS = 30


@dataclass(frozen=True)
class RealWiki:
    """A running wiki without pages but its first."""

    api: str
    """Address of api.php."""
    configuration: Path

    def import_pages(self, pages: dict[str, str]) -> None:
        """Save pages, by title, as they were in 2020."""
        rows = "".join(
            f"<page><title>{title}</title><revision><timestamp>2020-01-01T00:00:00Z</timestamp>"
            f"<text>{text}</text></revision></page>"
            for title, text in pages.items()
        )
        command = ["php", str(CODE / "maintenance" / "importDump.php"), "--conf", str(self.configuration)]
        dump = f"<mediawiki>{rows}</mediawiki>"
        done = subprocess.run(command, input=dump, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"importDump.php: {done.stdout}{done.stderr}"


@contextmanager
def real_wiki(folder: Path) -> Iterator[RealWiki]:
    """An English wiki for as long as the block lasts. Takes about two seconds."""
    if shutil.which("php") is None or not (CODE / "api.php").is_file():
        missing("MediaWiki", f"`apt-get install --no-install-recommends {PACKAGES}` installs it")
    port = _free_port()
    server = f"http://127.0.0.1:{port}"
    configuration = _install(folder, server)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            ["php", "-S", f"127.0.0.1:{port}", "-t", str(CODE)],
            env=os.environ | {"MW_CONFIG_FILE": str(configuration)},
            stdout=log,
            stderr=log,
        )
        try:
            _wait(f"{server}/api.php?action=query&format=json", process)
            yield RealWiki(f"{server}/api.php", configuration)
        finally:
            process.terminate()
            process.wait(10)


def _install(folder: Path, server: str) -> Path:
    (folder / "data").mkdir()
    command = [
        "php", str(CODE / "maintenance" / "install.php"), "--dbtype", "sqlite", "--dbpath", str(folder / "data"),
        "--dbname", "enwiki", "--confpath", str(folder), "--server", server, "--scriptpath", "", "--lang", "en",
        "--pass", "Adm1n-test-passw0rd", "TestWiki", "Admin",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"install.php: {done.stdout}{done.stderr}"
    configuration = folder / "LocalSettings.php"
    with configuration.open("a") as file:
        file.write(_SETTINGS)
    return configuration


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"MediaWiki does not answer at {address}")
