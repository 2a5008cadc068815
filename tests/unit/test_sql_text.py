"""SQL of others as text: one reading statement, what it may set, where its answer may go."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processors.errors import SqlRefused
from processors.sql.functions import FUNCTIONS, computes
from processors.sql.settings import FORMATS, SETTINGS, check_format, check_setting
from processors.sql.text import LONGEST, Kind, read_statement

REFUSED = [
    ("one_statement", "SELECT 1; SELECT 2"),
    ("one_statement", "SELECT 1;; "),
    ("one_statement", "SELECT 1 ; -- x\n KILL QUERY WHERE 1"),
    ("reading_only", ""),
    ("reading_only", "/* nothing */ -- at all"),
    ("reading_only", "INSERT INTO edits SELECT 1"),
    ("reading_only", "KILL QUERY WHERE 1"),
    ("reading_only", "/* SELECT */ KILL QUERY WHERE 1"),
    ("reading_only", "SYSTEM SHUTDOWN"),
    ("reading_only", "SET max_threads = 1"),
    ("reading_only", "USE wikitally"),
    ("reading_only", "EXECUTE AS writer SELECT 1"),
    ("reading_only", "EXPLAIN SELECT file('/etc/passwd')"),
    ("reading_only", "EXPLAIN QUERY TREE SELECT 1"),
    ("reading_only", "graph = 1 SELECT 1"),
    ("reading_only", "CREATE VIEW v AS SELECT 1"),
    ("reading_only", "GRANT SELECT ON *.* TO analyst"),
    ("reading_only", "DROP TABLE edits"),
    ("reading_only", "BACKUP TABLE edits TO File('x')"),
    ("reading_only", "PARALLEL WITH SELECT 1"),
    ("into_outfile", "SELECT 1 INTO OUTFILE '/tmp/x'"),
    ("into_outfile", "SELECT 1 into/**/outfile '/tmp/x' TRUNCATE FORMAT CSV"),
    ("function", "SELECT file('/etc/passwd')"),
    ("function", "SELECT `file`/**/('/etc/passwd')"),
    ("function", "SELECT \"FILE\" -- x\n ('/etc/passwd')"),
    ("function", "SELECT * APPLY(x -> file(x)) FROM edits"),
    ("function", "SELECT 1file('/etc/passwd')"),
    ("function", "SELECT * FROM url('http://x', CSV)"),
    ("function", "SELECT * FROM remote('x', system.one)"),
    ("function", "SELECT * FROM s3('http://x')"),
    ("function", "SELECT * FROM merge('wikitally', '.*')"),
    ("function", "SELECT * FROM Python(x)"),
    ("function", "SELECT * FROM clusterAllReplicas('default', system.one)"),
    ("function", "SELECT * FROM analytics.edits(a = 1)"),
    ("function", "SELECT dictGet('d', 'a', 1)"),
    ("function", "SELECT joinGet('wikitally.facts', 'user', 1)"),
    ("function", "SELECT hasColumnInTable('host', 'db', 't', 'c')"),
    ("function", "SELECT sleepEachRow(1) FROM numbers(100)"),
    ("function", "SELECT logTrace('x')"),
    ("identifier_parameter", "SELECT * FROM {t:Identifier}"),
    ("identifier_parameter", "SELECT * FROM { t : /* a value? */ `Identifier` }"),
    ("setting", "SELECT 1 SETTINGS readonly = 0"),
    ("setting", "SELECT 1 SETTINGS max_threads = 1, additional_result_filter = 'file(''/etc/passwd'') = 1'"),
    ("setting", "SELECT 1 SETTINGS additional_table_filters = {'system.one' : '1'}"),
    ("setting", "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)"),
    ("setting", "SELECT 1 FORMAT CSV SETTINGS output_format_schema = '/tmp/x'"),
    ("setting", "SELECT 1 SETTINGS `max_execution_time` = 100000"),
    ("setting", "SELECT 1 SETTINGS max_threads = DEFAULT"),
    ("unreadable", "SELECT /* a /* b */ 1 */"),
    ("unreadable", "SELECT 1 /* never closed"),
    ("unreadable", "SELECT 1 // comment"),
    ("unreadable", "SELECT 1 # comment"),
    ("unreadable", "SELECT $$a$$"),
    ("unreadable", "SELECT ‘a’"),
    ("unreadable", "SELECT\u00a01"),
    ("unreadable", "SELECT 1\\G"),
    ("unreadable", "SELECT 'never closed"),
    ("unreadable", "SELECT `a\\x66ile`"),
    ("unreadable", "SELECT 1 AS `a\n Function version`"),
    ("unreadable", "SELECT '\\'"),
    ("show", "SHOW CREATE TABLE edits"),
    ("show", "SHOW PROCESSLIST"),
    ("show", "SHOW GRANTS"),
    ("show", "SHOW TABLES WHERE file('/etc/passwd') = ''"),
    ("show", "SHOW TABLES INTO OUTFILE 'x'"),
    ("show", "SHOW TABLES SETTINGS readonly = 0"),
    ("table", "SHOW TABLES FROM wikitally"),
    ("table", "DESCRIBE TABLE wikitally.tokens"),
    ("table", "EXISTS `wikitally`.`tokens`"),
    ("describe", "DESCRIBE TABLE file('/etc/passwd')"),
    ("function", "DESCRIBE (SELECT file('/etc/passwd'))"),
    ("function", "DESC TABLE (SELECT 1 FROM (SELECT file('/etc/passwd')))"),
    ("setting", "DESC (SELECT 1 SETTINGS readonly = 0)"),
    ("describe", "DESC (SELECT 1 FORMAT CSV)"),
    ("describe", "DESC (SELECT 1) SETTINGS readonly = 0"),
    ("describe", "DESC (SELECT 1), (SELECT 2)"),
    ("describe", "DESC (SELECT 1) (SELECT 2)"),
    ("describe", "DESC ()"),
    ("reading_only", "DESC (DESC (SELECT 1))"),
    ("reading_only", "DESC (INSERT INTO t VALUES (1))"),
    ("reading_only", f"DESC {'(DESC ' * 20_000}{')' * 20_000}"),
    ("describe", "EXISTS DATABASE wikitally"),
    ("length", "SELECT " + "1," * LONGEST),
]


@pytest.mark.parametrize(("rule", "text"), REFUSED, ids=[f"{rule}: {text[:50]}" for rule, text in REFUSED])
def test_this_is_refused_by_that_rule(rule: str, text: str) -> None:
    with pytest.raises(SqlRefused) as refused:
        read_statement(text, "analytics")
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("text", "sent", "wanted", "settings"),
    [
        ("SELECT 1", "SELECT 1", None, 0),
        ("SELECT 1 ; ", "SELECT 1", None, 0),
        ("-- by hand\nSELECT/* one */1", "SELECT 1", None, 0),
        ("SELECT ';', '--', '/*', '\\'', 'it''s' FORMAT JSON", "SELECT ';', '--', '/*', '\\'', 'it''s'", "JSON", 0),
        ("SELECT 1 SETTINGS max_threads = 2 FORMAT CSV", "SELECT 1 SETTINGS max_threads = 2", "CSV", 1),
        ("SELECT 1 format CSV settings extremes=1, limit=2", "SELECT 1  settings extremes=1, limit=2", "CSV", 1),
        ("SELECT 1 AS format", "SELECT 1 AS format", None, 0),
        ("SELECT settings FROM t", "SELECT settings FROM t", None, 0),
        ("SELECT * FROM (SELECT 1 SETTINGS extremes = 0) SETTINGS extremes = 1", None, None, 2),
        ("(SELECT 1) UNION ALL (SELECT 2)", None, None, 0),
        ("FROM edits SELECT `user` AS \"wer\"", None, None, 0),
        ("WITH t AS (SELECT 1) SELECT count() OVER (ORDER BY 1) FROM t WHERE 1 IN (1)", None, None, 0),
        ("SELECT CAST(1 AS Decimal(10, 2)), {x:Array(UInt8)}, a ? 1 : 2, countIf(1), uniqMergeState(x)", None, None, 0),
    ],
)  # fmt: skip
def test_this_is_read(text: str, sent: str | None, wanted: str | None, settings: int) -> None:
    found = read_statement(text, "analytics")
    assert (found.kind, found.text, found.format, found.settings) == (Kind.SELECT, sent or text, wanted, settings)


@pytest.mark.parametrize(
    ("text", "inner", "wanted"),
    [
        ("DESC (SELECT 1)", "SELECT 1", None),
        ("describe table ( SELECT (1), max(2) FROM t SETTINGS extremes = 1 ) FORMAT JSON", None, "JSON"),
        ("DESC ((SELECT 1) UNION ALL (SELECT 2))", "(SELECT 1) UNION ALL (SELECT 2)", None),
    ],
)
def test_the_columns_of_a_select_can_be_asked_for(text: str, inner: str | None, wanted: str | None) -> None:
    found = read_statement(text, "analytics")
    assert found.kind is Kind.DESCRIBE
    assert found.text == (inner or "SELECT (1), max(2) FROM t SETTINGS extremes = 1")
    assert found.sent == f"DESCRIBE ({found.text})"
    assert found.format == wanted


@pytest.mark.parametrize(
    "text",
    [
        "SHOW DATABASES",
        "SHOW TABLES FROM analytics LIKE '%e%' LIMIT 3",
        "show tables in `analytics` FORMAT JSON",
        "DESC edits",
        "DESCRIBE TABLE analytics.edits",
        "EXISTS VIEW `analytics`.`edits`",
    ],
)
def test_what_there_is_may_be_asked(text: str) -> None:
    assert read_statement(text, "analytics").kind is Kind.ABOUT


@given(st.text(st.characters(codec="utf-8")))
def test_whatever_a_string_holds_is_in_the_string(content: str) -> None:
    quoted = "'" + content.replace("\\", "\\\\").replace("'", "''") + "'"
    assert read_statement(f"SELECT {quoted} FORMAT JSON", "analytics").text == f"SELECT {quoted}"


SPACE = st.lists(st.sampled_from([" ", "\n", "\t", "/* x */", "/*;*/", "-- file\n"]), min_size=1).map("".join)
CASE = st.sampled_from([str.lower, str.upper, str.title])


@given(
    SPACE, CASE, st.sampled_from(["file", "`file`", '"file"', "Python", "url", "`remote`", "s3", "dictGet", "sleep"])
)
def test_no_space_comment_quote_or_case_hides_a_function(space: str, case: object, name: str) -> None:
    assert callable(case)
    with pytest.raises(SqlRefused) as refused:
        read_statement(f"SELECT{space}{case(name)}{space}('x')", "analytics")
    assert refused.value.rule == "function"


@given(SPACE, st.sampled_from(["KILL", "INSERT", "SYSTEM", "SET", "USE", "EXECUTE", "DROP", "EXPLAIN"]), CASE)
def test_no_space_comment_or_case_hides_what_is_not_reading(space: str, word: str, case: object) -> None:
    assert callable(case)
    with pytest.raises(SqlRefused) as refused:
        read_statement(f"{space}{case(word)}{space}x", "analytics")
    assert refused.value.rule == "reading_only"


WORDS = """
    SELECT WITH FROM ( ) FORMAT JSON SETTINGS max_threads = 1 , 'x' `y` INTO OUTFILE ; SHOW TABLES DESC EXISTS IN LIKE
    LIMIT analytics . file : { } Identifier sum /* */ -- * - 0
"""
SOUP = st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join)


@given(st.text(max_size=60) | SOUP)
@example("FROM")
@example("SHOW")
@example("DESC")
@example("SELECT 1 SETTINGS max_threads =")
@example("SELECT 1 SETTINGS max_threads = 1 .")
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        found = read_statement(text, "analytics")
    except SqlRefused:
        return
    assert read_statement(found.text, "analytics").text == found.text


@pytest.mark.parametrize(
    "name",
    """
    file FILE python url remote s3 merge mysql executable dictGet dictHas joinGet joinGetOrNull hasColumnInTable sleep
    sleepEachRow getMacro getServerSetting getClientHTTPHeader hostName fqdn serverUUID catboostEvaluate evalMLMethod
    addressToLine demangle logTrace throwIf aiGenerate generateSerialID filesystemAvailable structureToProtobufSchema
    formatRow showCertificate regionToName zookeeperSessionUptime fileIf urlArray __getScalar
    """.split(),  # noqa: SIM905 -- as it reads
)
def test_what_does_more_than_compute_is_no_function_for_others(name: str) -> None:
    assert not computes(name)


@pytest.mark.parametrize("name", ["sum", "COUNTIF", "uniqMergeState", "quantilesTDigestIf", "toStartOfHour", "lambda"])
def test_what_computes_is_a_function_for_others(name: str) -> None:
    assert computes(name)


def test_functions_are_in_small_letters() -> None:
    assert all(name == name.lower() for name in FUNCTIONS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_execution_time", "60"), ("extremes", "true"), ("session_timezone", "Europe/Berlin"),
     ("result_overflow_mode", "break")],
)  # fmt: skip
def test_these_settings_pass(name: str, value: str) -> None:
    check_setting(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_execution_time", "61"), ("max_execution_time", "0"), ("max_execution_time", "-1"), ("max_threads", "²"),
     ("extremes", "2"), ("session_timezone", "x'y"), ("result_overflow_mode", "any"), ("Max_Threads", "1"),
     ("format_schema", "/etc/passwd"), ("max_memory_usage", "1"), ("readonly", "0"), ("role", "writer")],
)  # fmt: skip
def test_these_settings_do_not(name: str, value: str) -> None:
    with pytest.raises(SqlRefused):
        check_setting(name, value)


def test_no_format_reads_files_or_schemas() -> None:
    assert not FORMATS & {"Template", "TemplateIgnoreSpaces", "CapnProto", "Protobuf", "ProtobufSingle", "Avro", "Npy"}
    with pytest.raises(SqlRefused, match="Template"):
        check_format("Template")
    assert not any(name.startswith(("format_", "input_", "allow_")) for name in SETTINGS)
