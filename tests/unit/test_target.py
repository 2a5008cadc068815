"""What `WIKITALLY_CLICKHOUSE_URL` may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.errors import InvalidInput
from storage.target import Layout, Target, Tls, quoted


def test_a_plain_url_has_defaults() -> None:
    found = Target.parse("clickhouse://db.example")
    assert found == Target("db.example", 9000, "default", "", compression="lz4")
    assert found.database == "wikitally"
    assert found.analytics == "analytics"


def test_accounts_and_names_are_unquoted() -> None:
    found = Target.parse("clickhouses://ana%40lyst:p%3Aw%2F@db.example/my%20tally")
    assert (found.user, found.password, found.database, found.port) == ("ana@lyst", "p:w/", "my tally", 9440)
    assert found.analytics == "my tally_analytics"
    assert "p:w/" not in repr(found)
    assert "p:w/" not in f"{found}"


def test_several_hosts_each_with_its_port() -> None:
    found = Target.parse("clickhouse://u:p@one,two:9001,[2001:db8::1]:9002,[::1]/db")
    assert (found.host, found.port) == ("one", 9000)
    assert found.others == (("two", 9001), ("2001:db8::1", 9002), ("::1", 9000))
    assert repr(found) == "clickhouse://u@one:9000,two:9001,2001:db8::1:9002,::1:9000/db"
    assert found.at((("two", 9001),)).others == ()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "[::1]"])
def test_nothing_is_compressed_on_its_way_through_this_machine(host: str) -> None:
    assert Target.parse(f"clickhouse://{host}/db").compression == "none"
    assert Target.parse(f"clickhouse://{host}/db?compression=zstd").compression == "zstd"


def test_tls_has_files(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("ca", "cert", "key")}
    for file in files.values():
        file.write_text("")
    url = "clickhouses://db.example/?" + "&".join(f"{name}={file}" for name, file in files.items())
    assert Target.parse(url).tls == Tls(files["ca"], files["cert"], files["key"])
    assert not Target.parse(f"{url}&verify=no").tls.verify


def test_layouts_name_a_cluster() -> None:
    assert Target.parse("clickhouse://h/?shards=pair").layout == Layout("pair")
    assert Target.parse("clickhouse://h/?cluster=main").layout == Layout("main", replicated=True)
    assert Layout().suffix == ""
    assert Layout("pair").suffix == "_local"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://u:secret@h/", "begins with http://"),
        ("u:secret@h:9000", "begins with neither"),
        ("clickhouse:///db", "nothing is no host"),
        ("clickhouse://u:secret@/db", "nothing is no host"),
        ("clickhouse://u:secret@h:99999/db", "h:99999 is no host"),
        ("clickhouse://u:secret@h,/db", "nothing is no host"),
        ("clickhouse://u@h/?password=secret", "not password"),
        ("clickhouse://u:secret@h/?compression=lz4&compression=zstd", "each once"),
        ("clickhouse://u:secret@h/?compression=", "with a value"),
        ("clickhouse://u:secret@h/?compression=gzip", "not gzip"),
        ("clickhouse://u:secret@h/?ca=/nowhere", "write clickhouses://"),
        ("clickhouses://u:secret@h/?ca=/nowhere", "there is no file /nowhere"),
        ("clickhouses://u:secret@h/?key=/etc/hostname", "key wants its cert"),
        ("clickhouses://u:secret@h/?verify=maybe", "verify is yes or no"),
        ("clickhouse://u:secret@h/?shards=a&cluster=b", "not both"),
        ("clickhouse://u:secret@h/?shards=a`b", "no name of a cluster"),
    ],
)
def test_what_is_wrong_is_named_and_the_password_is_not(url: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Target.parse(url)
    assert words in str(refused.value)
    assert str(refused.value).startswith("WIKITALLY_CLICKHOUSE_URL: ")
    assert "secret" not in str(refused.value)


@given(st.text())
def test_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, f"clickhouse://{text}", f"clickhouses://u:p@h/{text}", f"clickhouse://u:p@h/db?{text}"):
        try:
            said = Target.parse(url).host
        except InvalidInput as error:
            said = str(error).removeprefix("WIKITALLY_CLICKHOUSE_URL: ")
            assert said != str(error)  # noqa: PT017 -- one of the two outcomes
        assert said


def test_quoted_names_hold_quotes() -> None:
    assert quoted("a`b\\c") == "`a\\`b\\\\c`"
