"""The landed files of one billing period of a cost and usage report, read frame by frame."""

from collections.abc import Iterator

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.readers import open_table
from ingest.source import Batch, LandedDelivery, LandedObject
from ingest.sources.aws.columns import MONEY, Header, bind, canonical
from ingest.sources.aws.costs import Plans, costs
from ingest.sources.aws.options import AwsCurOptions
from ingest.sources.aws.rows import charges, unused
from ingest.sources.aws.tags import tags
from ingest.sources.focus.charges import ChargeBatches
from ingest.sources.focus.columns import FOCUS_NAMES, check_no_float_money, mapped
from ingest.sources.focus.keys import ChargeKeys
from ingest.stores import Store
from ingest.text_blocks import UNTRUSTED


class ReportReader:
    """Reads one delivery, twice: savings plans are understood over all of its line items."""

    def __init__(
        self, source: str, store: Store, options: AwsCurOptions, landed: LandedDelivery
    ) -> None:
        self._store = store
        self._options = options
        self._delivery = landed.delivery
        self._files = [found for found in landed.objects if not found.key.endswith(".json")]
        self._keys = ChargeKeys(source, landed.delivery.period)

    def batches(self) -> Iterator[Batch]:
        """The charges and the quarantined rows of the period."""
        plans = Plans.of(rows for found in self._files for _, rows, _ in self._frames(found))
        is_empty = True
        for found in self._files:
            for batch in self._typed(found, plans):
                is_empty = False
                yield batch
        if is_empty:
            delivery = self._delivery
            raise DeliveryRefused(
                "EMPTY_DELIVERY",
                f"{delivery.source} {delivery.period} version {delivery.version}: not one row. "
                f"{UNTRUSTED} Ask for the report of the period again.",
            )

    def _frames(self, found: LandedObject) -> Iterator[tuple[pl.DataFrame, pl.DataFrame, Header]]:
        """The frames of a file: empty texts as null, the same under our names, the header."""
        name = self._store.uri(found.key)
        ours = self._options.layout in {"manifest", "files"}
        with open_table(found.path, name, needs_final_newline=ours) as table:
            header = bind(table.columns, name)
            if not self._options.accept_float_costs:
                money = [column for field in MONEY for column in header.names.get(field, ())]
                check_no_float_money(money, table.float_columns, name)
            nulls = list(self._options.null_values)
            for frame in table.frames:
                texts = frame.select(pl.when(~pl.all().is_in(nulls)).then(pl.all()))
                yield texts, canonical(texts, header), header

    def _typed(self, found: LandedObject, plans: Plans) -> Iterator[Batch]:
        name = self._store.uri(found.key)
        made = ChargeBatches(found, name, self._keys, self._delivery.period, ("",))
        first = 1
        for texts, rows, header in self._frames(found):
            cost = costs(rows, plans)
            tagged = tags(texts, rows["tags"], header.tags)
            numbers = pl.int_range(first, first + rows.height, dtype=pl.Int64, eager=True)
            first += rows.height
            others = texts.select(pl.col(name).alias(_beside(name)) for name in header.others)
            all_of_it = charges(rows, cost["billed"], cost["effective"], tagged).hstack(others)
            yield made.of(all_of_it, mapped(all_of_it.columns), texts, numbers)
            is_unused = (cost["unused"] != 0).fill_null(value=False)
            if is_unused.any():
                nothing = pl.repeat("0", rows.height, dtype=pl.String, eager=True)
                left = charges(rows, nothing, cost["unused"].cast(pl.String), tagged)
                part = unused(left).hstack(others).filter(is_unused)
                delivered = texts.filter(is_unused)
                yield made.of(part, mapped(part.columns), delivered, numbers.filter(is_unused))
        made.check_share()


def _beside(column: str) -> str:
    """The name of a column that is kept beside the FOCUS columns, and is none of them."""
    return f"x_{column}" if column in FOCUS_NAMES else column
