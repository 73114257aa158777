"""What analysts build on stays: no public column disappears or changes its type unannounced."""

import csv
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
MARTS = ROOT / "transforms" / "models" / "marts"
PAGE = ROOT / "docs" / "warehouse.md"

Columns = set[tuple[str, str, str]]


def promised() -> Columns:
    with (ROOT / "tests" / "public_schema.csv").open(encoding="utf-8") as file:
        return {(row["table"], row["column"], row["type"]) for row in csv.DictReader(file)}


def defined() -> Columns:
    documents = (yaml.safe_load(path.read_text()) for path in sorted(MARTS.glob("*.yml")))
    return {
        (model["name"], column["name"], column["data_type"])
        for document in documents
        for model in document["models"]
        for column in model["columns"]
    }


def test_every_promised_column_is_there_with_its_type() -> None:
    assert len(promised()) > 300
    assert promised() - defined() == set()


def test_the_page_names_every_table_that_is_promised_and_no_other() -> None:
    section = PAGE.read_text().split("## Where to look")[1].split("The rest of schema")[0]
    named = set(re.findall(r"`([a-z_0-9]+)", section))
    tables = {table for table, _, _ in promised()}
    assert tables == named - {"request_cost"}
