"""Kafka's address: what is understood, and that no password is shown."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ingest.kafka_target import KafkaTarget
from processors.errors import InvalidInput


def test_several_brokers_with_and_without_a_port() -> None:
    target = KafkaTarget.parse("kafka://one:1,two,[::1]:3,[::1]")
    assert target.servers == ("one:1", "two:9092", "[::1]:3", "[::1]:9092")
    assert target.client_configs() == {"bootstrap_servers": list(target.servers), "security_protocol": "PLAINTEXT"}


def test_a_login_is_decoded_and_not_shown() -> None:
    target = KafkaTarget.parse("kafka://ada:p%40ss%3A@broker?mechanism=PLAIN")
    configs = target.client_configs()
    assert configs["security_protocol"] == "SASL_PLAINTEXT"
    assert (configs["sasl_plain_username"], configs["sasl_plain_password"]) == ("ada", "p@ss:")
    assert configs["sasl_mechanism"] == "PLAIN"
    assert "p@ss" not in repr(target) + target.shown


def test_tls_comes_with_the_scheme_and_verifies() -> None:
    configs = KafkaTarget.parse("kafkas://ada:x@broker").client_configs()
    assert (configs["security_protocol"], configs["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert configs["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert configs["ssl_context"].check_hostname
    assert KafkaTarget.parse("kafkas://broker").client_configs()["security_protocol"] == "SSL"


@pytest.mark.parametrize(
    "url",
    [
        "", "broker:9092", "http://broker", "kafka://", "kafka://a,,b", "kafka://a:0", "kafka://a:x", "kafka://a:99999",
        "kafka://a/topic", "kafka://a#b", "kafka://:secret@a", "kafka://a?colour=secret", "kafka://a?ca=/secret",
        "kafkas://a?ca=/no/such/file", "kafka://u:secret@a?mechanism=x", "kafka://::1", "kafka://[a", "kafka://a?secret",
    ],
)  # fmt: skip
def test_anything_else_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(InvalidInput, match="WIKITALLY_KAFKA_URL") as caught:
        KafkaTarget.parse(url)
    assert "u:secret" not in str(caught.value)
    assert ":secret" not in str(caught.value)


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(InvalidInput, match="cannot be used"):
        KafkaTarget.parse(f"kafkas://broker?ca={file}").client_configs()
