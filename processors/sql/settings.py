"""What others may set, and in which formats they may be answered."""

from __future__ import annotations

import re
from collections.abc import Mapping

from processors.errors import SqlRefused

Bound = range | frozenset[str] | re.Pattern[str]

_FLAG = range(2)
_ROWS = range(1_000_001)
_WORDS = re.compile(r"[\w./+ -]{1,100}", re.ASCII)

SETTINGS: Mapping[str, Bound] = {
    "aggregate_functions_null_for_empty": _FLAG,
    "cast_keep_nullable": _FLAG,
    "cast_string_to_dynamic_use_inference": _FLAG,
    "date_time_input_format": frozenset({"basic", "best_effort", "best_effort_us"}),
    "date_time_output_format": frozenset({"simple", "iso", "unix_timestamp"}),
    "enable_http_compression": _FLAG,
    "extremes": _FLAG,
    "group_by_use_nulls": _FLAG,
    "http_write_exception_in_output_format": _FLAG,
    "http_zlib_compression_level": range(1, 10),
    "join_use_nulls": _FLAG,
    "limit": _ROWS,
    "log_comment": _WORDS,
    "max_block_size": range(1, 1_000_001),
    "max_execution_time": range(1, 61),
    "max_result_bytes": range(1 << 40),
    "max_result_rows": range(1 << 40),
    "max_rows_to_read": range(1, 10_000_000_001),
    "max_threads": range(1, 5),
    "offset": range(1 << 40),
    "output_format_arrow_string_as_string": _FLAG,
    "output_format_decimal_trailing_zeros": _FLAG,
    "output_format_json_named_tuples_as_objects": _FLAG,
    "output_format_json_quote_64bit_floats": _FLAG,
    "output_format_json_quote_64bit_integers": _FLAG,
    "output_format_json_quote_decimals": _FLAG,
    "output_format_json_quote_denormals": _FLAG,
    "output_format_native_encode_types_in_binary_format": _FLAG,
    "output_format_native_write_json_as_string": _FLAG,
    "output_format_parquet_string_as_string": _FLAG,
    "output_format_write_statistics": _FLAG,
    "prefer_column_name_to_alias": _FLAG,
    "read_overflow_mode": frozenset({"throw", "break"}),
    "result_overflow_mode": frozenset({"throw", "break"}),
    "send_progress_in_http_headers": _FLAG,
    "session_timezone": _WORDS,
    "use_client_time_zone": _FLAG,
    "wait_end_of_query": _FLAG,
}
"""Each with the values that it may have."""

FORMATS = frozenset(
    """
    Arrow ArrowStream CSV CSVWithNames CSVWithNamesAndTypes JSON JSONColumns JSONColumnsWithMetadata JSONCompact
    JSONCompactColumns JSONCompactEachRow JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes
    JSONCompactStrings JSONEachRow JSONLines JSONObjectEachRow JSONStrings JSONStringsEachRow Markdown MsgPack
    NDJSON Native Null ORC Parquet Pretty PrettyCompact PrettyCompactMonoBlock PrettyCompactNoEscapes
    PrettyNoEscapes PrettySpace RawBLOB RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes TabSeparated
    TabSeparatedRaw TabSeparatedRawWithNames TabSeparatedWithNames TabSeparatedWithNamesAndTypes TSKV TSV TSVRaw
    TSVWithNames TSVWithNamesAndTypes Values Vertical XML
    """.split()  # noqa: SIM905 -- as it reads
)
"""Formats that write the answer and do nothing else: no Template, which reads files, and none that needs a schema."""


def check_setting(name: str, value: str) -> None:
    """Let a setting pass that others may make.

    Raises:
        SqlRefused: they may not, or not to that value.
    """
    bound = SETTINGS.get(name)
    if bound is None:
        raise SqlRefused("setting", f"the setting {name[:60]} is not allowed", code=115)
    if isinstance(bound, range):
        number = {"true": "1", "false": "0"}.get(value.lower(), value)
        if not re.fullmatch(r"[0-9]{1,15}", number, re.ASCII) or int(number) not in bound:
            raise SqlRefused("setting", f"the setting {name} goes from {bound[0]} to {bound[-1]}", code=452)
    elif isinstance(bound, frozenset):
        if value not in bound:
            raise SqlRefused("setting", f"the setting {name} is one of {', '.join(sorted(bound))}", code=452)
    elif not bound.fullmatch(value):
        raise SqlRefused("setting", f"the setting {name} takes a few plain words", code=452)


def check_format(name: str) -> None:
    """Let a format pass that does nothing but write the answer.

    Raises:
        SqlRefused: it is another.
    """
    if name not in FORMATS:
        raise SqlRefused("format", f"the format {name[:60]} is not allowed", code=73)
