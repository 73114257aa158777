"""A file against the table of FOCUS 1.4: every column of Cost and Usage, value by value."""

import csv
from pathlib import Path

import duckdb

TABLE = Path(__file__).parents[1] / "fixtures" / "focus" / "cost_and_usage_1_4.csv"
TYPES = {
    "Decimal": "DECIMAL(38,18)",
    "Date/Time": "TIMESTAMP",
    "String": "VARCHAR",
    "JSON": "VARCHAR",
}
"""How parquet holds the types of the specification: what has no JSON type holds JSON as text."""
VALUES = {
    "Currency": "not regexp_full_match({column}, '[A-Z]{{3}}')",
    "JSON Object": "json_type({column}) <> 'OBJECT'",
    "Key-Value": "json_type({column}) <> 'OBJECT' or len(list_filter("
    "json_extract({column}, '$.*'), lambda v: json_type(v) in ('OBJECT', 'ARRAY'))) > 0",
    "Unit": "trim({column}) = ''",
    ">=0": "{column} < 0",
    "82 values": "not regexp_full_match({column}, '[A-Z].+')",
}
"""The condition on a value that is not allowed, for what the table says about values."""
ANY = {"", "Decimal (any)", "Date/Time"}


def violations(path: Path) -> list[str]:
    """What a parquet file has that FOCUS 1.4 does not allow, as `column: what`.

    A column that must not be null may be so in a conditional one: whether the condition holds for a
    charge, its provider says.
    """
    source = duckdb.read_parquet(str(path))
    types = dict(zip(source.columns, map(str, source.types), strict=True))
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [f"{name}: not a column of FOCUS" for name in _foreign(types, rows)]
    for row in rows:
        name = row["column"]
        if types.get(name) != TYPES[row["type"]]:
            found.append(f"{name}: {types.get(name, 'missing')}, not {TYPES[row['type']]}")
            continue
        conditions = {"null": f"{name} is null"} if _is_needed(row) else {}
        if row["values"] not in ANY:
            conditions[row["values"]] = f"{name} is not null and ({_forbidden(row, name)})"
        found += [
            f"{name}: {what}" for what, sql in conditions.items() if source.filter(sql).fetchone()
        ]
    return found


def _foreign(types: dict[str, str], rows: list[dict[str, str]]) -> set[str]:
    return {name for name in types if not name.startswith("x_")} - {row["column"] for row in rows}


def _is_needed(row: dict[str, str]) -> bool:
    return row["nulls"] == "notnull" and row["level"] != "C"


def _forbidden(row: dict[str, str], column: str) -> str:
    if row["values"] in VALUES:
        return VALUES[row["values"]].format(column=column)
    allowed = ", ".join(f"'{value}'" for value in row["values"].split("|"))
    return f"{column} not in ({allowed})"
