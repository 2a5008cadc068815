"""The embedded server's configuration: config.xml and users.xml as text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from processors.errors import InvalidInput

HOST = "127.0.0.1"
DATABASE = "wikitally"
WRITER, OPERATOR, ANALYST = "writer", "operator", "analyst"
"""wikitally itself; whoever has the machine and asks in SQL; whoever has a token for SQL."""
ANALYTICS = "analytics"
BACKUPS = "backups"
"""The disk that the server writes backups to."""

Tree = Mapping[str, "Tree | str | int | float | list[str]"]
"""XML as nested dicts: a list repeats its element, an empty dict is an empty element."""

MERGE_THREADS = 2


def backups_of(directory: Path) -> Path:
    """Where the disk for backups of a store is."""
    return directory / "tmp" / "backups"


def config_xml(directory: Path, tcp_port: int, http_port: int) -> str:
    """The server's settings: loopback only, one rotated log, small pools and caches, no system log tables.

    Raises:
        InvalidInput: the directory's name cannot be written in XML (control characters, not UTF-8).
    """
    log = directory / "log"
    return _xml(
        {
            "listen_host": HOST,
            "tcp_port": tcp_port,
            "http_port": http_port,
            "users_config": "users.xml",
            "display_name": "wikitally",
            "timezone": "UTC",
            "logger": {
                "level": "information",
                "log": str(log / "server.log"),
                "errorlog": str(log / "server.err.log"),
                "size": "10M",
                "count": 3,
            },
            "send_crash_reports": {"enabled": "false"},
            "max_server_memory_usage_to_ram_ratio": 0.5,
            "mark_cache_size": 64 << 20,
            "uncompressed_cache_size": 0,
            "index_mark_cache_size": 16 << 20,
            "mmap_cache_size": 64,
            "compiled_expression_cache_size": 16 << 20,
            "max_connections": 256,
            "shutdown_wait_unfinished": 1,
            "max_concurrent_queries": 64,
            "background_pool_size": MERGE_THREADS,
            "background_merges_mutations_concurrency_ratio": 2,
            "background_move_pool_size": 1,
            "background_fetches_pool_size": 1,
            "background_common_pool_size": 2,
            "background_schedule_pool_size": 8,
            "background_buffer_flush_schedule_pool_size": 1,
            "background_message_broker_schedule_pool_size": 1,
            "background_distributed_schedule_pool_size": 2,
            # MergeTree refuses to work where these exceed pool size times ratio; their defaults suit a pool of 16.
            "merge_tree": {
                "number_of_free_entries_in_pool_to_lower_max_size_of_merge": MERGE_THREADS,
                "number_of_free_entries_in_pool_to_execute_mutation": MERGE_THREADS,
                "number_of_free_entries_in_pool_to_execute_optimize_entire_partition": MERGE_THREADS,
            },
            # Backups pass through here: of the places that may be backed up to, it is one that the server may write to.
            "storage_configuration": {
                "disks": {BACKUPS: {"type": "local", "path": f"{backups_of(directory)}/"}},
            },
            "backups": {"allowed_disk": BACKUPS},
            "access_control_improvements": {
                "select_from_system_db_requires_grant": "true",
                "select_from_information_schema_requires_grant": "true",
                "table_engines_require_grant": "true",
            },
        }
    )


def users_xml(passwords: Mapping[str, str]) -> str:
    """Who may do what; of the passwords only their SHA-256, which is enough for 256 random bits.

    The server logs in to itself as `default` without a password, so that user must exist. It may do nothing but open
    and close the ports: it sees no table, and Landlock keeps files from it.
    """
    return _xml(
        {
            "profiles": {
                "default": {"network_compression_method": "lz4"},
                "owner": {"max_execution_time": 0},
                "analyst": {
                    "readonly": 2,
                    "network_compression_method": "lz4",
                    "max_execution_time": 30,
                    "max_rows_to_read": 10_000_000_000,
                    "max_memory_usage": 1 << 30,
                    "max_memory_usage_for_user": 2 << 30,
                    "max_concurrent_queries_for_user": 8,
                    "cancel_http_readonly_queries_on_client_close": 1,
                    # A condition that fails on some rows must not see those that a view leaves out.
                    "short_circuit_function_evaluation": "force_enable",
                    "optimize_move_to_prewhere_if_final": 0,
                    "constraints": {
                        "readonly": {"const": {}},
                        "max_execution_time": {"min": 1, "max": 60},
                        "max_rows_to_read": {"min": 1, "max": 10_000_000_000},
                        "max_memory_usage": {"const": {}},
                        "max_memory_usage_for_user": {"const": {}},
                        "max_concurrent_queries_for_user": {"const": {}},
                        "allow_introspection_functions": {"const": {}},
                        "short_circuit_function_evaluation": {"const": {}},
                        "optimize_move_to_prewhere_if_final": {"const": {}},
                        "additional_table_filters": {"const": {}},
                        "additional_result_filter": {"const": {}},
                    },
                },
            },
            "quotas": {
                "default": {},
                # For each token by itself: the gateway names it with every query.
                "analyst": {
                    "keyed": {},
                    "interval": {
                        "duration": 3600,
                        "queries": 20_000,
                        "execution_time": 3600,
                        "read_rows": 50_000_000_000,
                    },
                },
            },
            "users": {
                "default": _user("", HOST, "owner", ["GRANT SYSTEM LISTEN ON *.*"]),
                WRITER: _user(passwords[WRITER], HOST, "default", []),
                OPERATOR: _user(
                    passwords[OPERATOR],
                    HOST,
                    "analyst",
                    [f"GRANT SELECT ON {DATABASE}.*", f"GRANT SELECT ON {ANALYTICS}.*"],
                ),
                ANALYST: _user(
                    passwords[ANALYST], HOST, "analyst", [f"GRANT SELECT ON {ANALYTICS}.*"], quota="analyst"
                ),
            },
        }
    )


def _user(password: str, host: str, profile: str, grants: list[str], quota: str = "default") -> Tree:
    """A user; one without grants may do everything."""
    secret: Tree = (
        {"password_sha256_hex": hashlib.sha256(password.encode()).hexdigest()} if password else {"password": ""}
    )
    rights: Tree = {"grants": {"query": grants}} if grants else {}
    return {**secret, "networks": {"ip": host}, "profile": profile, "quota": quota, **rights}


def _xml(tree: Tree) -> str:
    root = ElementTree.Element("clickhouse")
    _fill(root, tree)
    text = ElementTree.tostring(root, encoding="unicode")
    try:
        ElementTree.fromstring(text.encode())  # noqa: S314 -- our own text
    except (ElementTree.ParseError, UnicodeEncodeError) as error:
        raise InvalidInput(
            f"data directory: its name cannot be written in ClickHouse's configuration ({error})"
        ) from None
    return text


def _fill(element: ElementTree.Element, tree: Tree) -> None:
    for name, value in tree.items():
        for item in value if isinstance(value, list) else [value]:
            child = ElementTree.SubElement(element, name)
            if isinstance(item, Mapping):
                _fill(child, item)
            else:
                child.text = str(item)
