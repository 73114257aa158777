"""One check of the gate, whoever ran it, and how a refusal reads."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from apportion.errors import GateRefused

Row = dict[str, str | None]
SAMPLE_ROWS = 5
CELL_WIDTH = 80


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that was tested: on what, with which outcome, and a few rows that broke it.

    `failed_row_count` is None where the rule does not count rows. `sample` holds at most five rows,
    as text.
    """

    check_name: str
    suite: str
    subject: str
    kind: Literal["dbt", "great_expectations"]
    status: Literal["pass", "fail", "warn"]
    failed_row_count: int | None
    message: str
    sample: tuple[Row, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The check as a JSON object."""
        return asdict(self)


def failures(checks: Iterable[Check]) -> list[Check]:
    """The checks that failed, by name."""
    failed = (check for check in checks if check.status == "fail")
    return sorted(failed, key=lambda check: (check.check_name, check.subject))


def refusal(
    code: str, where: Path, failed: Sequence[Check], outlook: str, warnings: Sequence[Check] = ()
) -> GateRefused:
    """An error that says in plain words what failed, where, on how many rows, and shows some.

    Args:
        code: the error code.
        where: the file that holds the full list.
        failed: the checks that failed.
        outlook: what readers see now, such as "the release of 2026-10-30 stays current".
        warnings: what did not stop the build, and may be why something else did.
    """
    count = "1 check" if len(failed) == 1 else f"{len(failed)} checks"
    lines = [f"{where.parent}: {count} failed. Nothing was published; {outlook}."]
    lines += [line for check in failed for line in _lines(check)]
    if warnings:
        lines.append("  What would not have stopped it, and may be why:")
        lines += [line for check in warnings for line in _lines(check)]
    lines.append(f"  All of it is in {where}. Mend the input or the rule, then run again.")
    return GateRefused(code, "\n".join(lines))


def _lines(check: Check) -> list[str]:
    return [
        f"  {check.check_name} on {check.subject}: {check.message}{_rows(check)}",
        *(f"    {_line(row)}" for row in check.sample),
    ]


def _rows(check: Check) -> str:
    if check.failed_row_count is None:
        return ""
    return f" ({check.failed_row_count} row{'' if check.failed_row_count == 1 else 's'})"


def _line(row: Row) -> str:
    """A row on one line; text from outside is escaped and cut."""
    cells = []
    for column, value in row.items():
        text = "null" if value is None else value
        escaped = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
        cells.append(f"{column}={escaped[:CELL_WIDTH]}{'…' if len(escaped) > CELL_WIDTH else ''}")
    return ", ".join(cells)


CHECKS = TypeAdapter(tuple[Check, ...])
"""Reads checks from JSON."""
