"""The landed files of one billing period of a cost and usage report, read frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from apportion.errors import DeliveryRefused
from ingest.readers import open_table
from ingest.source import Batch, LandedDelivery, LandedObject
from ingest.sources.aws.columns import MONEY, Header, bind, canonical
from ingest.sources.aws.costs import Plans, costs
from ingest.sources.aws.options import AwsCurOptions
from ingest.sources.aws.rows import charges, unused
from ingest.sources.aws.splits import SplitLines, Splits
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
        lines = SplitLines()
        plans = Plans.of(rows for found in self._files for rows in self._gathered(found, lines))
        splits = lines.settled()
        is_empty = True
        for found in self._files:
            for batch in self._typed(found, plans, splits):
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

    def _gathered(self, found: LandedObject, lines: SplitLines) -> Iterator[pl.DataFrame]:
        """The rows of a file; what they say of split instances is added to `lines`."""
        first = 1
        for texts, rows, header in self._frames(found):
            if "split_parent" in header.names:
                lines.add(texts, rows, header, found.key, first)
            first += rows.height
            yield rows

    def _typed(self, found: LandedObject, plans: Plans, splits: Splits | None) -> Iterator[Batch]:
        name = self._store.uri(found.key)
        made = ChargeBatches(found, name, self._keys, self._delivery.period, ("",))
        first = 1
        for texts, rows, header in self._frames(found):
            cost = costs(rows, plans)
            tagged = tags(texts, rows["tags"], header.tags)
            numbers = pl.int_range(first, first + rows.height, dtype=pl.Int64, eager=True)
            first += rows.height
            others = texts.select(pl.col(name).alias(_beside(name)) for name in header.others)
            charged = charges(rows, cost["billed"], cost["effective"], tagged)
            frame = Frame(made, texts, others, tagged, numbers)
            if splits:
                yield from _split(frame, charged, rows, splits, found.key)
            else:
                yield frame.batch(charged)
            is_unused = (cost["unused"] != 0).fill_null(value=False)
            if is_unused.any():
                nothing = pl.repeat("0", rows.height, dtype=pl.String, eager=True)
                left = charges(rows, nothing, cost["unused"].cast(pl.String), tagged)
                yield frame.batch(unused(left).filter(is_unused), is_unused.arg_true())
        made.check_share()


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a file, and what becomes of its rows.

    `texts` is what was delivered, `others` the columns that are kept beside, `tagged` the
    rows' tags, `numbers` their numbers in the file.
    """

    made: ChargeBatches
    texts: pl.DataFrame
    others: pl.DataFrame
    tagged: pl.Series
    numbers: pl.Series

    def batch(self, charged: pl.DataFrame, positions: pl.Series | None = None) -> Batch:
        """Charges as a batch.

        Args:
            charged: FOCUS columns, and columns beside them.
            positions: the rows of the frame that they are of; without, they are of all in order.
        """
        if positions is None:
            return self._of(charged, self.texts, self.others, self.numbers)
        parts = (self.texts[positions], self.others[positions], self.numbers[positions])
        return self._of(charged, *parts)

    def _of(
        self, charged: pl.DataFrame, texts: pl.DataFrame, others: pl.DataFrame, numbers: pl.Series
    ) -> Batch:
        kept = charged.hstack(others.select(pl.exclude(charged.columns)))
        return self.made.of(kept, mapped(kept.columns), texts, numbers)


def _split(
    frame: Frame,
    charged: pl.DataFrame,
    rows: pl.DataFrame,
    splits: Splits,
    object_key: str,
) -> Iterator[Batch]:
    """Split instances as what their parts leave, and the parts as charges of their own."""
    left = splits.remainders(charged, object_key, frame.numbers)
    parts, positions, problems = splits.allocated(rows, frame.tagged)
    is_part = pl.int_range(rows.height, eager=True).is_in(positions.unique().implode())
    left = left.with_columns(split_not_applied=problems)
    if not is_part.all():
        yield frame.batch(left.filter(~is_part), (~is_part).arg_true())
    if parts.height:
        yield frame.batch(parts, positions)


def _beside(column: str) -> str:
    """The name of a column that is kept beside the FOCUS columns, and is none of them."""
    return f"x_{column}" if column in FOCUS_NAMES else column
