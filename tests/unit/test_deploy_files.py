"""What the files of deploy/ and the pages about them name is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from deploy.settings import CONFIG_VARIABLE, Settings
from deploy.working.command import GOODBYE_SECONDS
from processors.metrics import ALL
from processors.sql.text import LONGEST
from storage.target import Target
from tests.deploying import DEPLOY, ROOT, ROOT_COMMAND, check_command, text

PAGES = [ROOT / "docs" / "operations" / f"{name}.md" for name in ("one-host", "containers", "toolforge", "runbooks")]
ROOMS = ("clickhouse", "docker", "grafana", "kubernetes", "nginx", "prometheus", "systemd", "toolforge")
FILES = sorted(file for room in ROOMS for file in (DEPLOY / room).rglob("*") if file.is_file())
EVERYTHING = [*FILES, DEPLOY / "compose.yaml", DEPLOY / ".env.example", *PAGES]
GRAFANAS_OWN = {"WIKITALLY_TOKEN"}
COMPOSES_OWN = {"WIKITALLY_IMAGE", "WIKITALLY_PAGES"}


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def compose() -> Any:
    return yaml.safe_load(text(DEPLOY / "compose.yaml"))


SERVICES = compose()["services"]
OURS = {name: one for name, one in SERVICES.items() if "build" in one}


def known_variables() -> Iterator[str]:
    yield from (f"WIKITALLY_{name.upper()}" for name in Settings.model_fields)
    yield CONFIG_VARIABLE
    for command in ROOT_COMMAND.commands.values():
        yield from (str(option.envvar) for option in command.params if option.envvar)


def commands(path: Path) -> list[list[str]]:
    """Every `wikitally …` of a page, in blocks and in sentences."""
    prompt = r"^[$#] (?:docker compose exec wikitally )?wikitally (.*?)(?:  +#.*)?$"
    found = re.findall(prompt, text(path), re.MULTILINE)
    found += re.findall(r"`(?:wikitally) ([^`]*)`", text(path))
    return [shlex.split(one) for one in found]


@pytest.mark.parametrize("path", EVERYTHING, ids=names(EVERYTHING))
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bWIKITALLY_[A-Z_]*[A-Z]\b", text(path)))
    assert named <= {*known_variables(), *GRAFANAS_OWN, *COMPOSES_OWN}


@pytest.mark.parametrize("path", EVERYTHING, ids=names(EVERYTHING))
def test_every_metric_that_is_named_is_served(path: Path) -> None:
    series = {f"{one.name}{part}" for one in ALL for part in ("", "_bucket", "_sum", "_count")}
    named = set(
        re.findall(
            r"\bwikitally_[a-z_]+_(?:total|seconds|pieces|away|waiting|outstanding|connected|events)\b", text(path)
        )
    )
    assert named <= series


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_every_command_of_a_page_exists_with_its_options(path: Path) -> None:
    assert commands(path)
    for words in commands(path):
        check_command(words)


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_every_file_that_a_page_names_is_there(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(path)):
        assert (path.parent / link).exists(), link
    for name in re.findall(r"\b(deploy/[\w./@-]+\w)", text(path)):
        assert (ROOT / name).exists(), name


def test_runbooks_speak_of_every_alert_and_of_no_other() -> None:
    rules = yaml.safe_load(text(DEPLOY / "prometheus" / "rules.yml"))
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    assert set(re.findall(r"\bWikitally[A-Z]\w+", text(PAGES[-1]))) == alerts


def test_log_lines_of_the_runbooks_are_written_by_us() -> None:
    quoted = re.findall(r"log: \*([^*]+)\*", text(PAGES[-1]))
    assert len(quoted) > 4
    code = "".join(text(file) for room in ("deploy", "ingest", "storage") for file in (ROOT / room).rglob("*.py"))
    assert [line for line in quoted if line not in code] == []


@pytest.mark.parametrize("name", sorted(OURS))
def test_containers_of_ours_run_commands_that_exist_and_may_do_little(name: str) -> None:
    service = OURS[name]
    check_command(service["command"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (ROOT / service["build"]["dockerfile"]).is_file()


def of_profile(profile: str) -> set[str]:
    return {name for name, one in SERVICES.items() if profile in one["profiles"]}


def test_one_host_is_what_the_example_brings_up_and_nobody_counts_beside_it() -> None:
    assert "\nCOMPOSE_PROFILES=alone\n" in text(DEPLOY / ".env.example")
    assert {profile for one in SERVICES.values() for profile in one["profiles"]} == {"alone", "analysts", "cluster"}
    assert of_profile("alone") == {"wikitally"}
    counting = {name for name, one in OURS.items() if one["command"] in (["run"], ["work"])}
    assert counting == {"wikitally", "work"}
    assert of_profile("alone").isdisjoint(of_profile("cluster"))


def test_the_cluster_has_all_that_the_distributed_mode_is_made_of() -> None:
    commands_ = {" ".join(SERVICES[name]["command"]) for name in of_profile("cluster") if name in OURS}
    assert commands_ == {"migrate", "topics apply", "ingest", "work", "serve"}
    assert SERVICES["work"]["scale"] == 2
    work = SERVICES["work"]["environment"]
    assert work.keys() >= {"WIKITALLY_KAFKA_URL", "WIKITALLY_CLICKHOUSE_URL", "WIKITALLY_RETAIN_FACTS_DAYS"}
    assert SERVICES["ingest"]["environment"].items() <= work.items()
    assert SERVICES["serve-1"]["environment"].items() <= work.items()


def test_ports_are_published_for_this_machine_only_except_nginxs() -> None:
    for name, service in SERVICES.items():
        if name != "nginx":
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


def test_volumes_and_mounted_files_are_there() -> None:
    named = compose()["volumes"]
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists(), (name, source)
            elif not source.startswith("$"):
                assert source in named, (name, source)


def test_services_wait_for_services_that_are_there_and_have_a_healthcheck() -> None:
    for name, service in SERVICES.items():
        waits = service.get("depends_on", {})
        for other in waits:
            assert other in SERVICES, (name, other)
            if isinstance(waits, dict) and waits[other]["condition"] == "service_healthy":
                assert other in OURS or "healthcheck" in SERVICES[other], (name, other)
            assert set(service["profiles"]) <= set(SERVICES[other]["profiles"]), (name, other)


def test_everybody_means_the_same_port_of_wikitally() -> None:
    """The image listens where Compose, Prometheus, Grafana, nginx and Toolforge expect it, and that is the default."""
    port = str(Settings.model_fields["port"].default)
    dockerfile = text(DEPLOY / "docker" / "Dockerfile")
    assert f"WIKITALLY_PORT={port} " in dockerfile
    assert f"EXPOSE {port}\n" in dockerfile
    assert SERVICES["wikitally"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert SERVICES["grafana"]["environment"]["WIKITALLY_PORT"] == port
    assert all("WIKITALLY_PORT" not in one.get("environment", {}) for one in OURS.values())
    asked = re.findall(r":(\d+)\b", text(DEPLOY / "docker" / "upstream.conf"))
    assert set(asked) == {port}
    assert f"127.0.0.1:{port} " in text(DEPLOY / "nginx" / "upstream.conf")


def test_prometheus_and_nginx_ask_services_that_are_there() -> None:
    jobs = yaml.safe_load(text(DEPLOY / "docker" / "prometheus.yml"))["scrape_configs"]
    hosts = {name for job in jobs for one in job.get("dns_sd_configs", []) for name in one["names"]}
    hosts |= {
        target.partition(":")[0] for job in jobs for one in job.get("static_configs", []) for target in one["targets"]
    }
    hosts |= set(re.findall(r"server ([\w-]+):", text(DEPLOY / "docker" / "upstream.conf")))
    assert hosts <= OURS.keys()
    assert {name for name, one in OURS.items() if one["command"] in (["run"], ["ingest"], ["work"], ["serve"])} <= hosts


def test_the_example_of_a_url_names_the_cluster_and_the_replicas_that_are_configured() -> None:
    (url,) = re.findall(r"WIKITALLY_CLICKHOUSE_URL=(\S+)", text(DEPLOY / ".env.example"))
    target = Target.parse(url)
    root = ElementTree.parse(DEPLOY / "docker" / "clickhouse" / "cluster.xml").getroot()
    (cluster,) = root.findall("remote_servers/*")
    replicas = [(one.findtext("host"), int(one.findtext("port") or 0)) for one in cluster.iter("replica")]
    assert (target.layout.cluster, target.layout.replicated) == (cluster.tag, True)
    assert [(target.host, target.port), *target.others] == replicas
    assert {host for host, _ in replicas} <= SERVICES.keys()
    for host, _ in replicas:
        assert SERVICES[host]["hostname"] == SERVICES[host]["environment"]["REPLICA"] == host
    keeper = ElementTree.parse(DEPLOY / "docker" / "clickhouse" / "keeper.xml").getroot()
    assert root.findtext("zookeeper/node/port") == keeper.findtext("keeper_server/tcp_port")
    assert root.findtext("zookeeper/node/host") in SERVICES


def test_environment_of_the_cluster_is_in_the_example_file() -> None:
    example = text(DEPLOY / ".env.example")
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if value is None and not variable.startswith("WIKITALLY_"):
                assert f"{variable}=" in example, (name, variable)


@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda path: path.name)
def test_units_run_commands_that_exist(path: Path) -> None:
    (line,) = re.findall(r"^ExecStart=(.*)$", text(path), re.MULTILINE)
    (rest,) = re.findall(r"/opt/wikitally/\.venv/bin/wikitally ([^']*)", line)
    check_command(shlex.split(rest))


def test_units_are_confined_alike() -> None:
    confined = {
        re.search(r"^# What the process may do.*?^UMask=0077$", text(path), re.MULTILINE | re.DOTALL).group()  # type: ignore[union-attr]
        for path in (DEPLOY / "systemd").glob("*.service")
    }
    assert len(confined) == 1


def test_units_that_count_keep_off_each_other_and_have_time_to_end() -> None:
    work = text(DEPLOY / "systemd" / "wikitally-work@.service")
    assert "Conflicts=wikitally.service\n" in work
    (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", work, re.MULTILINE)
    assert int(seconds) > 2 * GOODBYE_SECONDS


def test_toolforge_runs_commands_that_exist() -> None:
    kinds = dict(line.split(": ", 1) for line in text(DEPLOY / "toolforge" / "Procfile").splitlines())
    for command in kinds.values():
        name, *words = shlex.split(command)
        assert name == "wikitally"
        check_command(words)
    jobs = yaml.safe_load(text(DEPLOY / "toolforge" / "jobs.yaml"))
    assert {job["command"] for job in jobs} == {"run"} <= kinds.keys()
    assert {job["replicas"] for job in jobs} == {1}
    classifiers = text(ROOT / "pyproject.toml")
    version = text(DEPLOY / "toolforge" / ".python-version").strip()
    assert f"Programming Language :: Python :: {version}" in classifiers


def test_nginx_lets_through_what_wikitally_takes() -> None:
    locations = text(DEPLOY / "nginx" / "locations.conf")
    sql = locations[locations.index("^/sql") :]
    (sql_size,) = re.findall(r"client_max_body_size (\d+)m;", sql)
    assert int(sql_size) << 20 >= 4 * LONGEST
