"""Settings, from the environment (`WIKITALLY_…`), a `.toml` file, then these defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from processors.errors import InvalidInput, InvalidPrograms, Problem

CONFIG_VARIABLE = "WIKITALLY_CONFIG"
DEFAULT_STREAMS = (
    "mediawiki.page_change.v1",
    "mediawiki.recentchange",
    "mediawiki.revision-tags-change",
    "mediawiki.revision-visibility-change",
)
"""recentchange alone is enough to count; the others tell of reverts, redirects, proofreading and suppressions."""


class Settings(BaseSettings):
    """What an operator can set. Each field is `WIKITALLY_` and its name in capitals, or a key of the TOML file."""

    model_config = SettingsConfigDict(env_prefix="WIKITALLY_", extra="forbid")

    contact: str = Field(default="", description="URL or mail address that Wikimedia can reach you at (User-Agent)")
    data: Path = Field(default=Path("var/wikitally"), description="directory of the embedded ClickHouse")
    clickhouse_url: SecretStr | None = Field(
        default=None, description="another ClickHouse instead of the embedded one: clickhouse://user:password@host/db"
    )
    clickhouse_http_port: int | None = Field(
        default=None, ge=1, le=65535, description="its HTTP port, for exports; by default 8123, with TLS 8443"
    )
    stream_url: str = Field(default="https://stream.wikimedia.org", description="where EventStreams is")
    streams: Annotated[tuple[str, ...], NoDecode] = Field(
        default=DEFAULT_STREAMS, description="comma-separated list of streams, read over one connection"
    )
    overlap_seconds: float = Field(default=10, ge=1, le=3600, description="how far a reconnect goes back")
    stall_seconds: float = Field(default=90, ge=5, le=3600, description="silence after which the stream is reopened")
    batch_events: int = Field(default=2000, ge=1, le=100_000, description="most events written at once")
    host: str = Field(default="127.0.0.1", description="address that the pages and the API are served on")
    port: int = Field(default=8080, ge=0, le=65535, description="port of the pages and the API; 0: any free one")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$",
        description="address that readers reach this site at, for links in messages: https://tally.example.org",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="encrypts secrets of webhooks in the store; `wikitally webhooks key` makes one; "
        "comma-separated, the first encrypts and all decrypt",
    )
    webhook_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="comma-separated hosts, addresses and networks that webhooks may go to although they are not "
        "public, and without TLS: chat.internal,10.1.2.0/24",
    )
    alert_rules: Path | None = Field(
        default=None,
        description="YAML file with rules for deletion tags beside the shipped ones; read again when it changes",
    )
    alert_lag_minutes: int = Field(
        default=5, ge=1, description="how far counting is behind before running programs get an alert"
    )
    alert_silence_minutes: int = Field(
        default=60, ge=1, description="how long nothing has counted for a running program before it gets an alert"
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="mail server, for alerts by e-mail: smtp[s]://[user:password@]host[:port]; smtp begins TLS "
        "where the server can, ?tls=required insists, ?tls=none does without; ?ca=FILE trusts that authority",
    )
    mail_from: str = Field(default="", description="address that mails come from; needed with smtp_url")
    sql_url: SecretStr | None = Field(
        default=None,
        description="for SQL of others, an account on the server of clickhouse_url: "
        "http://user:password@host:8123/analytics; the embedded server has one",
    )
    sql_port: int | None = Field(
        default=None, ge=0, le=65535, description="port of its own for SQL of others, beside /sql/; 0: any free one"
    )
    list_categories: bool = Field(
        default=True, description="ask wikis who is in the categories of programs, at start and once a day"
    )
    category_members_limit: int = Field(
        default=50_000, ge=1, le=1_000_000, description="most pages listed of one category with its subcategories"
    )
    mediawiki_url: str = Field(
        default="",
        description="address of api.php to ask, {wiki} standing for the server name; "
        "needed only where stream_url is not Wikimedia's",
    )
    retain_facts_days: int = Field(
        default=0, ge=0, description="days after which facts go that no active program needs; 0: never"
    )
    retain_dead_letters_days: int = Field(default=30, ge=0, description="days after which dead letters go; 0: never")
    retain_ledger_days: int = Field(
        default=0, ge=0, description="days for which the books of any moment can be asked for; 0: for ever"
    )
    retain_activity_days: int = Field(
        default=0, ge=0, description="days for which the stream's events are counted by minute; 0: for ever"
    )
    kafka_url: SecretStr | None = Field(
        default=None,
        description="Kafka, for ingest, topics and work: kafka[s]://[user:password@]host[:port],…; "
        "its parameters are in docs/kafka.md",
    )
    kafka_prefix: str = Field(
        default="wikitally.", pattern=r"^[a-zA-Z0-9._-]{0,100}$", description="what names of topics begin with"
    )
    kafka_partitions: int = Field(
        default=12, ge=1, le=1000, description="partitions of topics that several workers share"
    )
    kafka_replication: int = Field(default=3, ge=1, le=10, description="brokers that hold a copy of each topic")
    kafka_retain_facts_days: int = Field(
        default=8, ge=1, le=3650, description="days for which Kafka keeps events; longer than any worker is down"
    )
    kafka_outstanding: int = Field(
        default=20_000, ge=1, le=1_000_000, description="most messages sent and not acknowledged before reading waits"
    )
    kafka_session_seconds: float = Field(
        default=15.0, ge=1.0, le=300.0, description="seconds after which a worker that says nothing is taken for dead"
    )
    log_format: Literal["auto", "console", "json"] = Field(default="auto", description="console, json, or by terminal")

    @field_validator("streams", "webhook_allow", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = Path(os.environ.get(CONFIG_VARIABLE, "wikitally.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


def load_settings(**given: object) -> Settings:
    """Read the settings; `given` (from the command line; None: not given) win.

    Raises:
        InvalidInput: every setting that breaks a rule, at once.
    """
    config = os.environ.get(CONFIG_VARIABLE)
    if config and not Path(config).is_file():
        raise InvalidInput(f"{CONFIG_VARIABLE}: there is no file {config}")
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        problems = [
            Problem(f"WIKITALLY_{str(one['loc'][0] if one['loc'] else '').upper()}", one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidPrograms(problems) from error
    except ValueError as error:
        raise InvalidInput(f"{config or 'wikitally.toml'}: {error}") from error
