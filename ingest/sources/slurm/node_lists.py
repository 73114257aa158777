"""Slurm's short form of node names, written out."""

import re
from itertools import product

LONGEST_LIST = 10_000
PARTS = re.compile(r"[^,\[\]]+|\[[^\[\]]*\]|,")
RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def nodes_of(short: str) -> str:
    """The names behind `hall-[01-03,07],login`, between commas.

    A list that is not of that form, or has more than 10,000 names, stays as it is: a name that
    cannot be read matches no node.
    """
    names = [[""]]
    for part in PARTS.findall(short):
        if part == ",":
            names.append([""])
            continue
        members = _members(part[1:-1]) if part.startswith("[") else [part]
        if not members or len(names[-1]) * len(members) > LONGEST_LIST:
            return short
        names[-1] = [name + member for name, member in product(names[-1], members)]
    written = ",".join(name for group in names for name in group)
    return written if "".join(PARTS.findall(short)) == short else short


def _members(text: str) -> list[str]:
    """`01-03,07` as 01, 02, 03, 07; nothing where it is not of that form."""
    members: list[str] = []
    for piece in text.split(","):
        found = RANGE.fullmatch(piece)
        if found is None:
            return []
        first, last = found[1], found[2] or found[1]
        span = range(int(first), int(last) + 1)
        if len(span) > LONGEST_LIST:
            return []
        members += [f"{number:0{len(first)}d}" for number in span]
    return members
