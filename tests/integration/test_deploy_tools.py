"""The files of deploy/, read by the programs that they are for."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

from tests.deploy_tools import hadolint
from tests.needs import missing

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in (DEPLOY / "systemd").iterdir() if path.suffix in {".service", ".timer"})
SERVICES = [name for name in UNITS if name.endswith(".service")]
EXPOSURE = 20
"""Tenths of what `systemd-analyze security` calls exposed: 10 is a service without any fence."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, for a machine where wikitally is not installed."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze", "it comes with Debian's package systemd")
    folder = tmp_path_factory.mktemp("units")
    for name in UNITS:
        text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("/opt/wikitally/.venv/bin/wikitally", "/bin/true"), encoding="utf-8")
    return folder


def test_systemd_reads_the_units_without_a_complaint(units: Path) -> None:
    assert run("systemd-analyze", "verify", "--man=no", *(units / name for name in UNITS)) == ""


@pytest.mark.parametrize("name", SERVICES)
def test_units_are_fenced_in(units: Path, name: str) -> None:
    run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", units / name)


def test_a_shell_reads_the_command_for_root() -> None:
    run("sh", "-n", DEPLOY / "systemd" / "wikitally")


def test_the_dockerfile_has_no_lint() -> None:
    assert run(hadolint(), DEPLOY / "docker" / "Dockerfile") == ""


def test_prometheus_reads_its_configuration() -> None:
    if shutil.which("promtool") is None:
        missing("promtool", "it comes with Debian's package prometheus")
    run("promtool", "check", "config", "--syntax-only", DEPLOY / "docker" / "prometheus.yml")


def test_the_image_builds_with_hatchling_and_what_it_needs_all_by_hash() -> None:
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    (program,) = re.findall(r"awk '([^']*)' requirements-dev\.lock", dockerfile)
    kept = run("awk", program, ROOT / "requirements-dev.lock")
    needed = {re.split(r"[<>=;\[ ]", one)[0] for one in requires("hatchling") or [] if "python_version <" not in one}
    names = set(re.findall(r"^([\w-]+)==", kept, re.MULTILINE))
    assert names == {"hatchling", *needed}
    assert all("--hash=sha256:" in block for block in re.split(r"^(?=[a-z])", kept, flags=re.MULTILINE) if block)


def test_the_wheel_of_the_image_holds_all_that_wikitally_reads(tmp_path: Path) -> None:
    """Built from what `.dockerignore` lets through, as the image is."""
    context, dist = tmp_path / "context", tmp_path / "dist"
    for path in let_through():
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, context / path)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
    run(*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", dist, ".", cwd=context)
    (wheel,) = dist.glob("wikitally-*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    rooms = ("api", "deploy/cli", "deploy/recordings", "ingest", "processors", "storage")
    ours = run("git", "ls-files", *rooms).split()
    assert {path for path in ours if (ROOT / path).is_file()} <= held
    assert not [name for name in held if name.startswith(("deploy/docker", "deploy/compose", "tests/"))]


def let_through() -> list[str]:
    """Files of the work tree that Docker would send: excluded and taken back in by patterns, the last one wins."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    paths = run("git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return [path for path in paths if (ROOT / path).is_file() and not ignored(path, patterns)]


def ignored(path: str, patterns: list[str]) -> bool:
    answer = False
    parents = ["/".join(path.split("/")[:end]) for end in range(1, path.count("/") + 2)]
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        if any(
            fnmatch.fnmatch(f"/{one}" if bare.startswith("**/") else one, bare.replace("**/", "*/")) for one in parents
        ):
            answer = not pattern.startswith("!")
    return answer


def test_versions_for_toolforge_are_those_of_the_lock_file() -> None:
    page = (ROOT / "docs" / "operations" / "toolforge.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ (sed .*) > requirements\.txt$", page, re.MULTILINE)
    made = run("sh", "-c", command).splitlines()
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert made == [line.removesuffix(" \\") for line in locked.splitlines() if line[:1].isalnum()]
