"""The datasets of FOCUS beside Cost and Usage: billing periods, invoice details, commitments.

A file of a delivery is one of these if its columns say so; nothing in it is ever a charge. Rows
that cannot be read go to quarantine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.billing_schemas import BILLING_PERIODS, CONTRACT_COMMITMENTS, INVOICE_DETAILS
from ingest.decimals import parse_decimals
from ingest.schema_types import MONEY, TIMESTAMP, Columns
from ingest.source import Batch, LandedObject
from ingest.sources.focus.columns import Layout
from ingest.sources.focus.rows import x_columns
from ingest.sources.focus.values import parse_documents, parse_instants
from ingest.sources.quarantine import BadRow, quarantined_rows
from ingest.text_blocks import UNTRUSTED

TIMELESS = "reference"
CODES: Mapping[pl.DataType | type[pl.DataType], str] = MappingProxyType(
    {MONEY: "BAD_NUMBER", TIMESTAMP: "BAD_TIMESTAMP"}
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset: its lake table, what every row must have, and what tells its month."""

    table: str
    columns: Columns
    needed: tuple[str, ...]
    documents: tuple[str, ...] = ()
    month: str = "billing_period_start"

    @property
    def money(self) -> tuple[str, ...]:
        """The columns that hold money."""
        return tuple(column for column in self.columns if column.endswith("_cost"))


PERIODS = Dataset(
    "billing_periods",
    BILLING_PERIODS,
    ("billing_period_start", "billing_period_end", "billing_period_status", "invoice_issuer_name"),
)
INVOICES = Dataset(
    "invoice_details",
    INVOICE_DETAILS,
    (
        *("billed_cost", "billing_account_id", "billing_currency", "billing_period_start"),
        *("invoice_detail_id", "invoice_id", "invoice_issue_status", "invoice_issuer_name"),
    ),
    documents=("invoice_detail_grain",),
)
COMMITMENTS = Dataset(
    "contract_commitments",
    CONTRACT_COMMITMENTS,
    (
        *("contract_commitment_id", "contract_commitment_category"),
        *("contract_commitment_period_start", "contract_commitment_period_end"),
    ),
    documents=("contract_commitment_applicability",),
    month="",
)


def dataset_of(columns: Sequence[str]) -> Dataset | None:
    """Which dataset a file is of; None for Cost and Usage, and for whatever else it may be."""
    folded = {_folded(column) for column in columns}
    if "billingperiodstatus" in folded:
        return PERIODS
    if {"invoicedetailid", "invoiceissuestatus"} <= folded:
        return INVOICES
    if "contractcommitmentid" in folded and "billedcost" not in folded:
        return COMMITMENTS
    return None


def bind_dataset(columns: Sequence[str], dataset: Dataset, name: str) -> Layout:
    """Bind a file's columns by name.

    Raises:
        DeliveryRefused: `SCHEMA_DRIFT`, if a column that every row needs is missing or there twice.
    """
    known = {column.replace("_", ""): column for column in dataset.columns}
    names: dict[str, str] = {}
    others = []
    for column in columns:
        target = known.get(_folded(column))
        if target is None or target == "x_columns":
            others.append(column)
        elif target in names:
            raise _drifted(name, dataset, f'"{names[target]}" and "{column}" are the same column')
        else:
            names[target] = column
    missing = [column for column in dataset.needed if column not in names]
    if missing:
        raise _drifted(name, dataset, f"without {', '.join(missing)}")
    return Layout("", names, tuple(sorted(others)))


def dataset_batch(
    frame: pl.DataFrame,
    dataset: Dataset,
    layout: Layout,
    landed: LandedObject,
    first: int,
) -> Batch:
    """Type a frame of delivered text.

    Args:
        frame: the rows, what stands for null as null.
        dataset: what they are rows of.
        layout: what their columns mean.
        landed: the object that they are in.
        first: the number of the first of them in the object.
    """
    texts = frame.select(
        pl.col(layout.names[column]).alias(column)
        if column in layout.names
        else pl.lit(None, pl.String).alias(column)
        for column in dataset.columns
        if column != "x_columns"
    )
    typed = texts.with_columns(
        *(_typed(texts[column], dataset) for column in texts.columns),
        x_columns=x_columns(frame, layout.others),
        object_key=pl.lit(landed.key),
        object_sha256=pl.lit(landed.sha256),
        object_row=pl.int_range(first, first + frame.height, dtype=pl.Int64, eager=True),
    )
    problems = _problems(texts, typed, dataset)
    numbers = [problem.number for problem in problems]
    rows = typed.filter(~pl.col("object_row").is_in(numbers))
    quarantined = quarantined_rows(dataset.table, landed.key, problems) if problems else None
    return Batch(dataset.table, rows, _partitions(rows, dataset), quarantined)


def _typed(texts: pl.Series, dataset: Dataset) -> pl.Series:
    kind = dataset.columns[texts.name]
    if texts.name in dataset.documents:
        return parse_documents(texts)[0].alias(texts.name)
    if kind in (MONEY, TIMESTAMP) and texts.null_count() == texts.len():
        return pl.repeat(None, texts.len(), dtype=kind, eager=True).alias(texts.name)
    if kind == MONEY:
        return parse_decimals(texts)
    return parse_instants(texts).alias(texts.name) if kind == TIMESTAMP else texts


def _problems(texts: pl.DataFrame, typed: pl.DataFrame, dataset: Dataset) -> list[BadRow]:
    """The rows that lack what every row needs, or hold what cannot be read."""
    found: dict[int, BadRow] = {}
    for column in texts.columns:
        is_unread = texts[column].is_not_null() & typed[column].is_null()
        if column in dataset.documents:
            is_unread &= texts[column] != "null"
        is_missing = texts[column].is_null() & (column in dataset.needed)
        for row in (is_unread | is_missing).arg_true():
            number = typed["object_row"][row]
            code, text = "MISSING_VALUE", "there is no value"
            if is_unread[row]:
                code = CODES.get(dataset.columns[column], "BAD_JSON")
                text = f"{texts[column][row]!r} cannot be read"
            found.setdefault(
                number, BadRow(number, code, column, text, dict(texts.row(row, named=True)))
            )
    return list(found.values())


def _partitions(rows: pl.DataFrame, dataset: Dataset) -> pl.Series:
    if not dataset.month:
        return pl.repeat(TIMELESS, rows.height, dtype=pl.String, eager=True)
    return rows[dataset.month].dt.strftime("%Y-%m")


def _folded(column: str) -> str:
    return column.replace("_", "").lower()


def _drifted(name: str, dataset: Dataset, problem: str) -> DeliveryRefused:
    return DeliveryRefused(
        "SCHEMA_DRIFT",
        f"{name}: not the columns of the FOCUS dataset {dataset.table}: {problem}. {UNTRUSTED} Ask "
        "the provider what changed.",
    )
