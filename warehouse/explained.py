"""Explanations as pages of the report: a tree that opens and closes, without scripts.

The report says what it shows; who explains it is handed in, because explaining is not a matter of
the warehouse.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

FOLDER = "explain"
LONGEST_SLUG = 60
DIGITS = 8
SECTION_OF = {
    "request": "requests",
    "team": "teams",
    "model": "models",
    "job": "jobs",
    "charge": "charges",
}
"""Where the report shows each kind of thing that is explained."""
COLUMN_OF = {
    "request": "request_id",
    "team": "team",
    "model": "model",
    "job": "job_id",
    "charge": "charge_key",
}


class Subject(NamedTuple):
    """What is explained: a kind of `SECTION_OF`, and its name or key."""

    kind: str
    name: str

    @property
    def address(self) -> str:
        """The page's file below the report; any name gives a plain and distinct one."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:LONGEST_SLUG]
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:DIGITS]
        return f"{FOLDER}/{self.kind}-{slug}-{digest}.html".replace("--", "-")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation, in words.

    Attributes:
        title: what the line is about.
        amount: a rounded amount with its currency; empty where the line has none.
        exact: the amount with every digit.
        share: its share of the line above, where the lines there add up.
        facts: what else is known: names and values.
        lines: the lines below.
    """

    title: str
    amount: str = ""
    exact: str = ""
    share: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple["Line", ...] = ()


Explain = Callable[[duckdb.DuckDBPyConnection, Sequence[Subject]], Mapping[Subject, Line]]
"""Explains what of it there is, on a connection to a release."""


def subjects(tables: Mapping[str, Any]) -> list[Subject]:
    """What the report's tables show and an explanation is to be had of."""
    return [
        Subject(kind, row[COLUMN_OF[kind]])
        for kind, section in SECTION_OF.items()
        for row in tables[section].rows
        if row[COLUMN_OF[kind]]
    ]


def links(explained: Mapping[Subject, Line]) -> dict[str, dict[str, str]]:
    """The page of each explained thing, by kind and name."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in SECTION_OF}
    for subject in explained:
        found[subject.kind][subject.name] = subject.address
    return found


def write_pages(folder: Path, explained: Mapping[Subject, Line], page: Callable[..., str]) -> None:
    """Write a page for every explanation.

    Args:
        folder: the report's folder.
        explained: what to show.
        page: renders the template of a page.
    """
    (folder / FOLDER).mkdir()
    beside = {f"{subject.kind} {subject.name}": Path(subject.address).name for subject in explained}
    for subject, tree in explained.items():
        text = page(
            subject=subject, tree=tree, section=SECTION_OF[subject.kind], pages_by_title=beside
        )
        (folder / subject.address).write_text(text, encoding="utf-8")
