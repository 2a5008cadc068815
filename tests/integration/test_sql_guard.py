"""The guard against the trees of a real ClickHouse: what SQL of others may name, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processors.errors import SqlRefused
from processors.sql.guard import check_tree
from storage.connection import Connections
from storage.embedded import Address
from storage.target import Target

Check = Callable[[str, int], None]
FILE = "file('/etc/hostname')"


@pytest.fixture(scope="module")
def connections(clickhouse: Address) -> Iterator[Connections]:
    opened = Connections(replace(Target.parse(clickhouse.url), database="default"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def functions(connections: Connections) -> frozenset[str]:
    rows, _ = connections.statement("SELECT lower(name) FROM system.functions")
    return frozenset(str(name) for (name,) in rows)


@pytest.fixture(scope="module")
def check(connections: Connections, functions: frozenset[str]) -> Check:
    def checked(sql: str, clauses: int) -> None:
        rows, _ = connections.statement(f"EXPLAIN AST {sql}")
        lines = [str(line) for (line,) in rows]
        check_tree(lines, database="analytics", functions=functions, settings=clauses)

    return checked


PLACES = [
    "SELECT {}",
    "SELECT 1 AS a, upper({}) AS b",
    "SELECT * FROM numbers(1) WHERE {} = ''",
    "SELECT * FROM edits PREWHERE {} = ''",
    "SELECT count() FROM edits GROUP BY {}",
    "SELECT count() FROM edits GROUP BY GROUPING SETS (({}), (wiki))",
    "SELECT count() FROM edits GROUP BY ROLLUP({})",
    "SELECT count() FROM edits HAVING {} = ''",
    "SELECT 1 QUALIFY {} = ''",
    "SELECT 1 ORDER BY {}",
    "SELECT 1 ORDER BY 1 WITH FILL FROM {} TO 2 STEP {}",
    "SELECT 1 AS a, 2 AS b ORDER BY a WITH FILL FROM 1 TO 3 INTERPOLATE (b AS {})",
    "SELECT 1 LIMIT {}",
    "SELECT 1 OFFSET {}",
    "SELECT 1 FROM edits LIMIT 1 BY {}",
    "SELECT DISTINCT ON ({}) 1",
    "SELECT 1 FROM edits JOIN programs ON wiki = {}",
    "SELECT 1 FROM edits ARRAY JOIN [{}] AS x",
    "SELECT quantile({})(length(title)) FROM edits",
    "SELECT count() OVER (PARTITION BY {}) FROM edits",
    "SELECT count() OVER (ORDER BY 1 ROWS BETWEEN {} PRECEDING AND CURRENT ROW) FROM edits",
    "SELECT count() OVER w FROM edits WINDOW w AS (ORDER BY {})",
    "SELECT sum(1) FILTER (WHERE {} = '')",
    "WITH {} AS x SELECT x",
    "WITH x AS (SELECT {}) SELECT * FROM x",
    "WITH (y -> {}) AS f SELECT 1",
    "SELECT arrayMap(x -> {}, [1])",
    "SELECT * REPLACE ({} AS wiki) FROM edits",
    "SELECT [1, 2][{}]",
    "SELECT CASE {} WHEN 'a' THEN 1 END",
    "SELECT {}::UInt8",
    "SELECT 1 IN ({})",
    "SELECT 1 IN (SELECT {})",
    "SELECT exists(SELECT {})",
    "SELECT 1 UNION ALL SELECT {}",
    "SELECT 1 EXCEPT SELECT {}",
    "(SELECT {}) UNION DISTINCT (SELECT 1)",
    "SELECT * FROM (SELECT * FROM (SELECT {}))",
    "SELECT * FROM view(SELECT {})",
    "SELECT * FROM numbers({})",
    "SELECT * FROM edits PASTE JOIN (SELECT {})",
    "SELECT trim(BOTH {} FROM 'a')",
    "FROM edits SELECT {}",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_function_is_seen_wherever_it_stands(check: Check, place: str) -> None:
    with pytest.raises(SqlRefused) as refused:
        check(place.replace("{}", FILE), 0)
    assert refused.value.rule == "function"


REFUSED = [
    ("function", "SELECT `file`/**/('/etc/hostname')"),
    ("function", "SELECT arrayMap(file, ['/etc/hostname'])"),
    ("function", "SELECT arrayMap(`file`, ['/etc/hostname'])"),
    ("function", "SELECT arrayFilter((x) -> sleep(x), [1])"),
    ("function", "SELECT dictGet('d', 'a', 1)"),
    ("function", "SELECT joinGet('wikitally.facts', 'user', 1)"),
    ("function", "SELECT hasColumnInTable('host', 'db', 't', 'c')"),
    ("function", "SELECT getServerSetting('x')"),
    ("function", "SELECT * FROM view(SELECT * FROM numbers(sleep(1)))"),
    ("apply", "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')"),
    ("apply", "SELECT COLUMNS('a') APPLY file FROM edits"),
    ("table_function", "SELECT * FROM file('x', 'CSV', 'a String')"),
    ("table_function", "SELECT * FROM url('http://127.0.0.1', 'CSV', 'a String')"),
    ("table_function", "SELECT * FROM `url`('http://127.0.0.1')"),
    ("table_function", "SELECT * FROM remote('127.0.0.1', numbers(3))"),
    ("table_function", "SELECT * FROM remoteSecure('127.0.0.1', system.one)"),
    ("table_function", "SELECT * FROM clusterAllReplicas('default', system.one)"),
    ("table_function", "SELECT * FROM s3('http://x/y')"),
    ("table_function", "SELECT * FROM Python(x)"),
    ("table_function", "SELECT * FROM merge('wikitally', '.*')"),
    ("table_function", "SELECT * FROM executable('x', 'CSV', 'a String')"),
    ("table_function", "SELECT * FROM mysql('h', 'd', 't', 'u', 'p')"),
    ("table_function", "SELECT * FROM dictionary('d')"),
    ("table_function", "SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('a UInt8'))"),
    ("table_function", "SELECT * FROM (EXPLAIN SELECT 1)"),
    ("table_function", "SELECT * FROM analytics.edits(p = 1)"),
    ("table_function", "SELECT * FROM wikitally.books_at(program = 'x', as_of = 1)"),
    ("table_function", "SELECT * FROM filesystem('/')"),
    ("table_function", "SELECT * FROM values('a String, b String ALIAS file(a)', 'x')"),
    ("table", "SELECT * FROM wikitally.program_events"),
    ("table", "SELECT * FROM `wikitally`.`tokens`"),
    ("table", "SELECT * FROM wikitally/* . */.facts AS analytics"),
    ("table", "SELECT * FROM (SELECT * FROM (SELECT * FROM wikitally.forgotten))"),
    ("table", "WITH edits AS (SELECT * FROM wikitally.facts) SELECT * FROM edits"),
    ("table", "SELECT 1 IN wikitally.tokens"),
    ("table", "SELECT 1 NOT IN `wikitally`.`tokens`"),
    ("table", "SELECT 1 GLOBAL NOT IN wikitally.tokens"),
    ("table", "SELECT 1 IN (SELECT digest FROM wikitally.tokens)"),
    ("table", "SELECT * FROM edits JOIN wikitally.tokens USING name"),
    ("table", "SELECT * FROM system.query_log"),
    ("table", "SELECT * FROM system.processes"),
    ("table", "SELECT * FROM system.users"),
    ("table", "SELECT * FROM information_schema.tables"),
    ("table", "SELECT * FROM `/etc/passwd`"),
    ("table", "SELECT * FROM `analytics.edits`.`x`"),
    ("output", "SELECT 1 INTO OUTFILE '/tmp/x'"),
    ("setting", "SELECT 1 SETTINGS extremes = 1"),
    ("setting", "SELECT * FROM (SELECT 1 SETTINGS max_memory_usage = 0)"),
    ("reading_only", "INSERT INTO FUNCTION file('x') SELECT 1"),
    ("reading_only", "DESCRIBE TABLE file('x')"),
    ("reading_only", "SHOW TABLES"),
    ("reading_only", "SYSTEM FLUSH LOGS"),
    ("reading_only", "SELECT 1 PARALLEL WITH SELECT 2"),
    ("reading_only", "SELECT 1 PARALLEL WITH INSERT INTO FUNCTION file('x') SELECT 1"),
    ("reading_only", "KILL QUERY WHERE 1"),
    ("reading_only", "CREATE TABLE t (a UInt8) ENGINE = Memory"),
]


@pytest.mark.parametrize(("rule", "sql"), REFUSED, ids=[f"{rule}: {sql[:60]}" for rule, sql in REFUSED])
def test_this_is_refused_by_that_rule(check: Check, rule: str, sql: str) -> None:
    with pytest.raises(SqlRefused) as refused:
        check(sql, 0)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("sql", "clauses"),
    [
        ("SELECT 1 SETTINGS max_threads = 1", 1),
        ("SELECT 1 SETTINGS max_threads = 1 UNION ALL SELECT * FROM (SELECT 2 SETTINGS max_threads = 1)", 2),
        ("SELECT user, count() AS c, sum(byte_delta) FROM analytics.contributions GROUP BY ALL ORDER BY c", 0),
        ("WITH t AS (SELECT 1 AS a) SELECT t.a IN (1, 2), t.a NOT IN (SELECT 3) FROM t WHERE t.a IN participants", 0),
        ("SELECT e.user FROM edits AS e WHERE e.user IN (SELECT user FROM participants)", 0),
        ("SELECT 1 IN analytics.participants, e.user IN ('x') FROM edits AS e", 0),
        ("SELECT toStartOfHour(occurred_at) AS t, countIf(minor), quantile(0.9)(byte_delta) FROM edits GROUP BY t", 0),
        ("SELECT rank() OVER (PARTITION BY program ORDER BY edits DESC), row_number() OVER w FROM leaderboard "
         "WINDOW w AS (ORDER BY user ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", 0),
        ("SELECT * EXCEPT (wiki) REPLACE (1 AS minor), COLUMNS('a'), e.* FROM edits AS e", 0),
        ("SELECT arrayMap(x -> x + 1, [1]), DATE_ADD(DAY, 1, now()), 1 ? 2 : 3, exists(SELECT 1), 'a' LIKE 'b'", 0),
        ("SELECT name, value FROM system.settings UNION ALL SELECT name, '' FROM system.tables", 0),
        ("SELECT * FROM numbers(3) AS n ASOF JOIN (SELECT 1 AS a) AS v ON n.number = v.a AND n.number > v.a", 0),
        ("SELECT 1 INTERSECT SELECT 2", 0),
        ("SELECT user AS `file` FROM edits", 0),
        ("SELECT concat('https://', wiki) AS url, length(url) FROM edits", 0),
        ("SELECT * FROM (VALUES (1), (2))", 0),
    ],
)  # fmt: skip
def test_this_passes(check: Check, sql: str, clauses: int) -> None:
    check(sql, clauses)


SPACE = st.sampled_from([" ", "\n", "\t", "/* x */", " -- x\n"])
WRAPS = st.lists(
    st.sampled_from(
        ["SELECT * FROM ({})", "WITH c AS ({}) SELECT * FROM c", "({}) UNION ALL (SELECT 1)", "SELECT 1 IN ({})",
         "SELECT (SELECT 1 FROM ({}) LIMIT 1)", "SELECT * FROM view({})", "SELECT * FROM edits JOIN ({}) AS j ON 1 = 1"]
    ),
    max_size=4,
)  # fmt: skip
SECRET = st.sampled_from(
    ["SELECT file('x')", "SELECT * FROM wikitally.tokens", "SELECT * FROM `wikitally`.`x`", "SELECT 1 FROM url('x')",
     "SELECT * FROM remote('h', d.t)", "SELECT 1 IN wikitally.tokens", "SELECT * APPLY(file) FROM edits",
     "SELECT arrayMap(file, ['x'])", "SELECT * FROM system.query_log", "SELECT 1 SETTINGS extremes = 1"]
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(SECRET, WRAPS, SPACE)
def test_no_nesting_hides_anything(check: Check, secret: str, wraps: list[str], space: str) -> None:
    sql = secret.replace(" ", space)
    for wrap in wraps:
        sql = wrap.replace("{}", sql)
    with pytest.raises(SqlRefused):
        check(sql, 0)
