"""The landed files of one month: both exports read, matched, and turned into charges."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.deliveries import MONTH, parse_manifest
from ingest.readers import open_table
from ingest.source import Batch, LandedDelivery, LandedObject
from ingest.sources.azure.columns import Header, bind
from ingest.sources.azure.dates import order_is_open
from ingest.sources.azure.options import ACTUAL, AMORTIZED, KINDS, AzureCostOptions
from ingest.sources.azure.pairing import NOTHING, Rows, match, rows_of
from ingest.sources.azure.rows import canonical, charges, is_committed
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import check_no_float_money, mapped
from ingest.sources.focus.keys import ChargeKeys
from ingest.sources.focus.manifests import AzureManifest
from ingest.stores import Store
from ingest.text_blocks import UNTRUSTED

NUMBER = "object_row"
DATES = ("date", "period_start", "period_end")


@dataclass(slots=True)
class Export:
    """The files of one export in a delivery, and how many rows its manifest promises."""

    files: list[LandedObject] = field(default_factory=list)
    promised_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of a frame's rows, as text, and which of the rows become charges."""

    billed: pl.Series
    effective: pl.Series
    keep: pl.Series


class MonthReader:
    """Reads one delivery.

    The rows of the two exports are read twice: once to match them by what they say, once to type
    them, so that only hashes and costs are held in memory.
    """

    def __init__(
        self, source: str, store: Store, options: AzureCostOptions, landed: LandedDelivery
    ) -> None:
        self._source = source
        self._store = store
        self._options = options
        self._period = landed.delivery.period
        self._exports = self._by_kind(landed)
        self._keys = ChargeKeys(source, self._period)

    def batches(self) -> Iterator[Batch]:
        """The charges and the quarantined rows of the month."""
        if self._options.datasets != "both":
            kind = self._options.kinds[0]
            self._rows(kind)
            yield from self._typed(kind, self._same)
            return
        matched = match(self._rows(ACTUAL), self._rows(AMORTIZED))

        def actual(texts: pl.DataFrame, first: int) -> Costs:
            effective = matched.effective.slice(first, texts.height)
            return Costs(texts["cost"], effective, _all(texts))

        def amortized(texts: pl.DataFrame, first: int) -> Costs:
            nothing = pl.repeat(NOTHING, texts.height, dtype=pl.String, eager=True)
            return Costs(nothing, texts["cost"], matched.is_left.slice(first, texts.height))

        yield from self._typed(ACTUAL, actual)
        yield from self._typed(AMORTIZED, amortized)

    def _by_kind(self, landed: LandedDelivery) -> dict[str, Export]:
        exports = {ACTUAL: Export(), AMORTIZED: Export()}
        folders: dict[str, str] = {}
        data = [found for found in landed.objects if not found.key.endswith(".json")]
        for found in landed.objects:
            if found.key.endswith(".json"):
                name = self._store.uri(found.key)
                manifest = parse_manifest(AzureManifest, found.path.read_bytes(), name)
                kind = KINDS[manifest.kind]
                folders[found.key.rpartition("/")[0]] = kind
                exports[kind].promised_rows = manifest.row_count
        named = dict(zip([found.key for found in data], self._options.kinds, strict=False))
        for found in data:
            kind = folders.get(found.key.rpartition("/")[0]) or named[found.key]
            exports[kind].files.append(found)
        return exports

    def _rows(self, kind: str) -> Rows:
        rows = rows_of(
            texts for found in self._exports[kind].files for _, texts, _ in self._frames(found)
        )
        self._check_order_of_dates(kind)
        promised = self._exports[kind].promised_rows
        if promised not in (None, rows.costs.len()):
            raise DeliveryRefused(
                "ROW_COUNT",
                f"{self._source} {self._period}: the run of {kind} promises {promised:,} rows, "
                f"{rows.costs.len():,} came. {UNTRUSTED} Ask the provider to deliver again.",
            )
        return rows

    def _check_order_of_dates(self, kind: str) -> None:
        """Refuse files whose dates have two meanings; a run's own month would tell."""
        if self._options.month_first or MONTH.fullmatch(self._period):
            return
        for found in self._exports[kind].files:
            frames = (texts for _, texts, _ in self._frames(found))
            if order_is_open(texts[name] for texts in frames for name in DATES):
                raise DeliveryRefused(
                    "DATE_AMBIGUOUS",
                    f"{self._store.uri(found.key)}: dates are written with slashes, and none "
                    "tells whether the month or the day comes first. Read the wrong way, costs "
                    f"would be those of other days. {UNTRUSTED} Set month_first = true if the "
                    "month comes first, or export whole months.",
                )

    def _frames(self, found: LandedObject) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, Header]]:
        """The frames of a file: as delivered, and under our names with empty texts as null."""
        name = self._store.uri(found.key)
        vouched = self._options.layout == "azure_exports"
        with open_table(found.path, name, needs_final_newline=not vouched) as table:
            header = bind(table.columns, name)
            if not self._options.accept_float_costs:
                check_no_float_money([header.names["cost"]], table.float_columns, name)
            nulls = list(self._options.null_values)
            for frame in table.frames:
                texts = frame.select(pl.when(~pl.all().is_in(nulls)).then(pl.all()))
                yield frame, canonical(texts, header), header

    def _typed(self, kind: str, costs_of: Callable[[pl.DataFrame, int], Costs]) -> Iterator[Batch]:
        first = 0
        for found in self._exports[kind].files:
            name = self._store.uri(found.key)
            nulls = self._options.null_values
            batches = ChargeBatches(found, name, self._keys, self._period, nulls)
            number = 1
            for frame, texts, header in self._frames(found):
                costs = costs_of(texts, first)
                numbers = pl.int_range(number, number + frame.height, dtype=pl.Int64, eager=True)
                rows = self._charges(texts, costs).with_columns(frame.select(header.others))
                first, number = first + frame.height, number + frame.height
                if costs.keep.any():
                    kept = rows.filter(costs.keep)
                    delivered = frame.filter(costs.keep)
                    layout = mapped(kept.columns)
                    yield batches.of(kept, layout, delivered, numbers.filter(costs.keep))
            batches.check_share()

    def _charges(self, texts: pl.DataFrame, costs: Costs) -> pl.DataFrame:
        start = f"{self._period}-01" if MONTH.fullmatch(self._period) else ""
        return charges(texts, costs.billed, costs.effective, start, self._options.billing_currency)

    def _same(self, texts: pl.DataFrame, first: int) -> Costs:
        """Billed and effective cost of an export that stands alone: equal, or refused."""
        committed = texts.select(is_committed()).to_series()
        if committed.any():
            row = first + (committed.arg_max() or 0) + 1
            raise DeliveryRefused(
                "COMMITMENTS_UNPRICED",
                f"{self._source} {self._period} row {row}: a reservation or a savings plan has to "
                f"do with it, and only the {self._options.datasets} cost is read, so nobody knows "
                f"what the commitment cost whom. {UNTRUSTED} Export both, and set `datasets` to "
                "both.",
            )
        return Costs(texts["cost"], texts["cost"], _all(texts))


def _all(rows: pl.DataFrame) -> pl.Series:
    return pl.repeat(value=True, n=rows.height, dtype=pl.Boolean, eager=True)
