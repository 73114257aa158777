"""The company's own tables as commands bring them up to date: read whole, written whole."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from apportion.errors import ConfigError

Row = dict[str, str]


def read_table(path: Path, table: str) -> list[Row]:
    """The rows of a table; none where there is no file yet.

    Raises:
        ConfigError: `REFERENCE_INVALID`, the file has mistakes.
    """
    if not path.exists():
        return []
    from ingest.sources.reference.parse import TableError, parse

    content = path.read_bytes()
    try:
        _, problems = parse(table, content)
    except TableError as error:
        problems = [str(error)]
    if problems:
        raise ConfigError("REFERENCE_INVALID", "\n".join([*problems, "Nothing was written."]))
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [{name: cell.strip() for name, cell in row.items()} for row in reader]


def write_table(path: Path, table: str, rows: Iterable[Row]) -> None:
    """Replace the file of a table, or leave it as it is."""
    from ingest.schemas import REFERENCE

    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(REFERENCE[table]), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)


def ended(
    rows: Iterable[Row],
    replacing: Iterable[Row],
    key: tuple[str, ...],
    since: str,
    taken: Callable[[Row], ConfigError],
) -> Iterator[Row]:
    """The rows of a table; open ones with the key of a row that replaces them end on the day.

    Args:
        rows: what the table holds.
        replacing: rows that are in force from that day on.
        key: the columns that tell what a row is about; compared without regard to case.
        since: the usage day, `2026-12-01`.
        taken: the error about a row of that key that itself begins on or after the day.
    """
    keys = {_key(row, key) for row in replacing}
    for row in rows:
        is_open = not row["valid_to"] or row["valid_to"] > since
        if not is_open or _key(row, key) not in keys:
            yield row
        elif row["valid_from"] >= since:
            raise taken(row)
        else:
            yield row | {"valid_to": since}


def _key(row: Row, key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row[name].strip().casefold() for name in key)
