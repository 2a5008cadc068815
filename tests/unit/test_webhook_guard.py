"""Every way that is known of to make a sender of webhooks ask its own network: all refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from api.webhooks.guard import Guard, TargetRefused
from api.webhooks.signing import new_secret, signed_headers
from processors.errors import InvalidInput

GUARD = Guard(own=["tally.example.org"])

ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::169.254.169.254",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:20::1",
    "fe80::1",
    "fe81::1",
    "febf::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "ff00::1",
    "ff02::1",
    "ff0e::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "5f00::1",
    "4000::1",
]

SPELLINGS = [
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://017700000001/",
    "https://0/",
    "https://0x/",
    "https://127.0.0.1./",
    "https://127.0.1/",
    "https://[::1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://127.0.0.1%00.example.org/",
    "https://%31%32%37.0.0.1/",
    "https://x.0x7f/",
    "https://[127.0.0.1]/",
    "https://::1/",
    "https://1.1.1.1.1/",
    "https://08.8.8.8/",
]

NAMES = [
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://a.localhost./",
    "https://db.internal/",
    "https://metadata.google.internal/",
    "https://metadata/",
    "https://kubernetes.default.svc.cluster.local/",
    "https://printer.local/",
    "https://router.lan/",
    "https://localhost.localdomain/",
    "https://x.home.arpa/",
    "https://abc.onion/",
    "https://wiki.intranet/",
    "https://-x.org/",
    "https://x..org/",
    "https://x_y/",
    "https://ex*mple.org/",
]

FORMS = [
    "http://hooks.example.org/", "ftp://hooks.example.org/", "file:///etc/passwd", "gopher://x.org/",
    "javascript:alert(1)",
    "//hooks.example.org/", "hooks.example.org", "", "https://", "https:///x", "https:hooks.example.org",
    "HTTPS+x://hooks.example.org", "https://ada@hooks.example.org/", "https://ada:pw@hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/", "https://127.0.0.1@hooks.example.org/", "https://@hooks.example.org/",
    "https://hooks.example.org\\@127.0.0.1/", "https://127.0.0.1\\@hooks.example.org/", "https:\\\\127.0.0.1/",
    "https://hooks.example.org/%00", "https://hooks.example.org/#x", "https://hooks.example.org#@127.0.0.1/",
    "https://hooks.example.org/ x", " https://hooks.example.org/", "https://hooks.example.org/\n", "https://hooks\t.example.org/",
    "https://hooks.example.org/\r\nX-Injected: 1", "https://hooks.example.org:0/", "https://hooks.example.org:22/",
    "https://hooks.example.org:80/", "https://hooks.example.org:8443/", "https://hooks.example.org:99999/",
    "https://hooks.example.org:+443/", "https://hooks.example.org:443:443/", "https://hooks.example.org:x/",
    "https://hooks.example.org/%zz", "https://tally.example.org/", "https://TALLY.example.org/api/v1/programs",
    "https://hooks.éxample.org/", "https://hooks.example.org/" + "x" * 3000, "https://[::1", "https://[x]/",
    "https://hooks.example.org?@127.0.0.1/ ", "https://hooks.example.org/‮", "https://hooks.example.org/\x00",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_that_is_not_public_is_connected_to(address: str) -> None:
    with pytest.raises(TargetRefused, match="not public"):
        GUARD.check_address(address)
    with pytest.raises(TargetRefused):
        GUARD.check(f"https://{f'[{address}]' if ':' in address else address}/hook")


@pytest.mark.parametrize("url", [*SPELLINGS, *NAMES, *FORMS])
def test_no_address_that_could_mean_something_else_is_accepted(url: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        GUARD.check(url)
    assert refused.value.rule in {"scheme", "port", "address", "name", "userinfo", "own", "form"}


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/services/T0/B0/x",
        "https://hooks.example.org:443/a?b=c&d=%20",
        "https://xn--hooks-bta.example.org/",
        "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]/hook",
        "https://a-b.c_d.example.co.uk/%E2%82%AC",
        "https://discord.com/api/webhooks/1/x@y",
    ],
)
def test_public_addresses_are_accepted(url: str) -> None:
    assert str(GUARD.check(url).url) == url.replace(":443", "")


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "185.15.59.224", "2606:4700:4700::1111", "2a02:ec80::1"])
def test_public_addresses_are_connected_to(address: str) -> None:
    GUARD.check_address(address)


@given(st.ip_addresses())
def test_whatever_python_thinks_is_private_is_refused(address: object) -> None:
    if not address.is_global:  # type: ignore[attr-defined]
        with pytest.raises(TargetRefused):
            GUARD.check_address(str(address))


@given(st.text(max_size=40))
def test_whatever_is_written_is_refused_or_names_a_host_that_was_checked(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.example.org{text}", f"https://{text}.example.org/"):
        try:
            endpoint = GUARD.check(url)
        except TargetRefused:
            continue
        assert endpoint.url.scheme == "https"
        assert endpoint.port == 443
        assert endpoint.url.raw_host == endpoint.host
        assert endpoint.url.user is None


def test_an_error_says_nothing_about_the_network() -> None:
    with pytest.raises(TargetRefused) as refused:
        GUARD.check_address("10.11.12.13")
    assert "10.11" not in str(refused.value)


def test_what_the_operator_names_may_be_anywhere_and_nothing_else() -> None:
    guard = Guard(["chat.internal", "10.1.2.0/24", "::1"], ["tally.example.org"])
    for url in ("http://chat.internal:8065/hooks/x", "http://10.1.2.9:8080/", "https://[::1]:8443/"):
        assert guard.check(url).port in (8065, 8080, 8443)
    guard.check_address("10.1.2.255")
    for url in ("http://other.internal/", "http://10.1.3.1/", "https://127.0.0.1/", "http://hooks.example.org/"):
        with pytest.raises(TargetRefused):
            guard.check(url)
    with pytest.raises(TargetRefused):
        guard.check_address("10.1.3.1")


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "http://chat.internal", "chat.internal:8065"])
def test_what_is_allowed_by_mistake_is_told(entry: str) -> None:
    with pytest.raises(InvalidInput):
        Guard([entry])


BODY = '{"title":"Ære ☃"}'.encode()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-8))])
def test_receivers_verify_what_we_sign_whatever_the_zone_of_the_clock(zone: timezone) -> None:
    """The library itself signs the wrong second where the zone is another than UTC."""
    secret = new_secret()
    headers = signed_headers("msg_1", datetime.now(zone), BODY, [secret])
    assert Webhook(secret).verify(BODY, headers) == {"title": "Ære ☃"}


def test_while_a_secret_is_replaced_both_verify() -> None:
    new, former = new_secret(), new_secret()
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [new, former])
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (new, former):
        Webhook(secret).verify(BODY, headers)
