"""Seeded damage to a small file: read right, refused or set aside, and never silently wrong."""

import gzip
import hashlib
import json
import random
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from apportion.errors import DeliveryRefused
from apportion.settings import Settings
from ingest.collect import collect
from ingest.ledger import Ledger
from ingest.source import Window
from tests.ingest.focus_files import BILLED, CHARGES, as_csv, read_bytes, table

pytestmark = pytest.mark.faults
Mutation = Callable[[random.Random], bytes]
SEEDS = range(12)
NO_NUMBERS = ["NaN", "inf", "-", "$5", "1,5", "1 000", "0x1F", "1_0", "abc", "5e", "1.2.3", "None"]
COSTS = ("BilledCost", "EffectiveCost")
HEADER, _, BODY = CHARGES.partition(b"\n")


def cells(chance: random.Random, column: str, value: str) -> bytes:
    rows = table()
    chance.choice(rows)[column] = value
    return as_csv(rows)


def no_number(chance: random.Random) -> bytes:
    return cells(chance, chance.choice(COSTS), chance.choice(NO_NUMBERS))


def one_of(column: str, *values: str) -> Mutation:
    return lambda chance: cells(chance, column, chance.choice(values))


def other_encoding(chance: random.Random) -> bytes:
    return CHARGES.decode().encode(chance.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"]))


def respelled(chance: random.Random) -> bytes:
    rows = table()
    for row in chance.sample(rows, 4):
        for column in COSTS:
            row[column] = format(Decimal(row[column]), chance.choice(["e", "f", "E", "+f"]))
    return as_csv(rows)


def shuffled(chance: random.Random) -> bytes:
    rows, columns = table(), list(table()[0])
    chance.shuffle(rows)
    chance.shuffle(columns)
    return as_csv(rows, columns)


def stray_byte(byte: bytes) -> Mutation:
    def mutate(chance: random.Random) -> bytes:
        position = chance.randrange(len(HEADER) + 1, len(CHARGES))
        return CHARGES[:position] + byte + CHARGES[position:]

    return mutate


def without_a_byte(byte: bytes) -> Mutation:
    def mutate(chance: random.Random) -> bytes:
        positions = [n for n in range(len(CHARGES)) if CHARGES[n : n + 1] == byte]
        position = chance.choice(positions)
        return CHARGES[:position] + CHARGES[position + 1 :]

    return mutate


def cut_in_a_line(chance: random.Random) -> bytes:
    position = chance.randrange(1, len(CHARGES) - 1)
    while CHARGES[position - 1 : position] == b"\n":
        position += 1
    return CHARGES[:position]


def renamed(chance: random.Random) -> bytes:
    column = chance.choice([*COSTS, "BillingCurrency", "ChargePeriodEnd", "ProviderName"])
    return CHARGES.replace(column.encode(), column[:-1].encode() + b"X", 1)


def repeated_column(chance: random.Random) -> bytes:
    names = HEADER.split(b",")
    one, other = chance.sample(range(len(names)), 2)
    names[one] = names[other]
    return b",".join(names) + b"\n" + BODY


def shifted(chance: random.Random) -> bytes:
    rows = [list(row.values()) for row in table()]
    row = chance.choice(rows)
    position = chance.randrange(len(row))
    row.insert(position, row.pop(chance.randrange(len(row))))
    columns = list(table()[0])
    return as_csv([dict(zip(columns, row, strict=True)) for row in rows])


def foreign_line(chance: random.Random) -> bytes:
    lines = [b"TOTAL,1043.73\n", b"# comment\n", HEADER + b"\n", b"TOTAL" + b"," * 32 + b"\n"]
    return CHARGES + chance.choice(lines)


REFUSED, ASIDE, RIGHT = {"refused"}, {"set aside"}, {"right"}
MUTATIONS: dict[str, tuple[Mutation, set[str]]] = {
    "a cost that is no number": (no_number, ASIDE),
    "costs spelled another way": (respelled, RIGHT),
    "rows and columns shuffled": (shuffled, RIGHT),
    "no currency": (one_of("BillingCurrency", "", "usd", "€", "USDX"), ASIDE),
    "no period": (one_of("ChargePeriodStart", "", "10/3/26", "2026-13-01", "NULL"), ASIDE),
    "no category": (one_of("ChargeCategory", "", "Refund", "usage"), ASIDE),
    "no account": (one_of("BillingAccountId", "", "NULL"), ASIDE),
    "broken tags": (one_of("Tags", "{", "a=b", '"a":1', '{"a":1,"a":2}'), ASIDE),
    "a quote too much": (stray_byte(b'"'), REFUSED),
    "a comma too much": (stray_byte(b","), REFUSED | RIGHT),
    "a newline too much": (stray_byte(b"\n"), REFUSED | ASIDE | RIGHT),
    "a NUL": (stray_byte(b"\0"), REFUSED),
    "a byte of another encoding": (stray_byte(b"\xe9"), REFUSED),
    "a quote missing": (without_a_byte(b'"'), REFUSED),
    "a comma missing": (without_a_byte(b","), REFUSED | ASIDE | RIGHT),
    "cut in a line": (cut_in_a_line, REFUSED),
    "a column renamed": (renamed, REFUSED),
    "a column twice": (repeated_column, REFUSED),
    "a field moved": (shifted, REFUSED | ASIDE | RIGHT),
    "a line that is no charge": (foreign_line, REFUSED),
    "CRLF and a mark": (lambda _: b"\xef\xbb\xbf" + HEADER + b"\r\n" + BODY, RIGHT),
    "another encoding": (other_encoding, REFUSED),
    "an error page": (
        lambda chance: chance.choice([b"<html>", b"<?xml", b"{"]) + CHARGES,
        REFUSED,
    ),
}


def outcome(content: bytes, name: str = "charges.csv") -> str:
    """Read a mutant, hold what is accepted against the truth, and say what became of it."""
    try:
        read = read_bytes(content, name)
    except DeliveryRefused as refusal:
        return "refused" if refusal.code and name in refusal.message else "refused without a reason"
    truth = table()
    aside = [truth[row - 1] for row in read.quarantined["object_row"]]
    for column, typed in zip(COSTS, ("billed_cost", "effective_cost"), strict=True):
        expected = sum(Decimal(row[column]) for row in truth)
        expected -= sum(Decimal(row[column]) for row in aside)
        if not expected == read.rows[typed].sum() == read.total(typed):
            return "wrong" if aside else "silently wrong"
    return "set aside" if aside else "right"


@pytest.mark.parametrize(("mutation", "allowed"), MUTATIONS.values(), ids=MUTATIONS)
def test_damaged_text_is_never_silently_wrong(mutation: Mutation, allowed: set[str]) -> None:
    for seed in SEEDS:
        found = outcome(mutation(random.Random(seed)))  # noqa: S311 - not a secret
        assert found in allowed, f"seed {seed}"


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_gzip_is_never_silently_wrong(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - not a secret
    whole = bytearray(gzip.compress(CHARGES, mtime=0))
    position = chance.randrange(10, len(whole))
    if seed % 2:
        whole[position] ^= 1 << chance.randrange(8)
    else:
        del whole[position:]
    assert outcome(bytes(whole), "charges.csv.gz") == "refused"


def test_any_changed_byte_is_noticed_where_the_manifest_has_a_hash(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    """Another digit in an amount is still a number: only a checksum can tell."""
    folder = tmp_path / "bills"
    folder.mkdir()
    settings = make_settings(
        {"name": "bills", "kind": "focus", "location": "bills", "layout": "manifest"}
    )
    entry = {"key": "a.csv", "sha256": hashlib.sha256(CHARGES).hexdigest()}
    delivery = {"period": "2026-10", "version": "v1", "files": [entry]}
    (folder / "manifest.json").write_text(json.dumps({"deliveries": [delivery]}))
    window = Window(date(2026, 10, 1), date(2026, 10, 31))
    for seed in range(25):
        chance = random.Random(seed)  # noqa: S311 - not a secret
        damaged = bytearray(CHARGES)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(7)
        (folder / "a.csv").write_bytes(bytes(damaged))
        (refusal,) = collect(settings, "bills", window).refused
        assert refusal.code == "INPUT_CHECKSUM"
    (folder / "a.csv").write_bytes(CHARGES)
    assert collect(settings, "bills", window).refused == []
    files = Ledger(settings.home).current_files()
    assert sum(pl.read_parquet(file.path)["billed_cost"].sum() for file in files) == BILLED
