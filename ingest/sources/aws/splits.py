"""Split cost allocation: an instance's charge becomes the charges of its pods and tasks.

A report with split cost allocation lists beside an instance's own line items those of its pods and
tasks, a line for vCPU, memory and accelerators each: without a cost of their own, but with what
they took of the instance (`SplitCost`) and their part of what nobody took (`UnusedCost`), as
amortized. AWS: "Split line item details" of the user guide. They share the instance's charges
here, every measure in the same proportion:

    part      = floor(charge x (SplitCost + UnusedCost) / whole)
    remainder = charge - all of its parts, which stays with the instance's own line item

`whole` is what the instance's compute cost effectively in that hour, or the sum of its parts where
the two differ by rounding only. So parts and remainder add up to the charge to the last quantum of
10^-18, in whatever order the lines come. Traffic, volumes and other line items of an instance are
not split, and quantities stay with the instance, so that no hour counts twice.
"""

from dataclasses import dataclass, field

import polars as pl

from ingest.decimals import parse_decimals
from ingest.sources.aws.columns import NAMES, Header
from ingest.sources.aws.costs import COVERED, RESERVED, Plans, costs
from ingest.sources.aws.rows import charges
from ingest.sources.aws.tags import tags

METHOD = "aws-split-cost-allocation"
KEY = ("instance", "start")
WEIGHTS = ("split_cost", "unused_cost")
OWN = ("product_code", "usage_type")
"""What the parts' own line items say otherwise than the instance's: it is kept beside."""

MEASURES = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
COMPUTE = r"(?i)(?:box|spot|dedicated)usage"
RESOURCE = r"(?i)((?:vCPU|GB|(?:Accelerator-)?(?:GPU|Trainium|Inferentia|Neuron))-Hours)$"
"""What a part's usage type counts, as a unit."""

POD = r":pod/[^/]+/[^/]+/([^/]+)"
LAST = r"([^/:]+)$"
UNIT = 10**6
"""Weights are counted in 10^-12 of the currency, so that 128 bits hold their products."""

ONE = 10**18
"""A ratio is told to 18 decimals."""

USAGE = r"^([0-9]+(?:\.[0-9]+)?)$"
RELATIVE = 10**6
PER_PART = 1000
"""Parts add up to their instance but for one millionth, and 10^-9 of the currency for each: reports
round every amount."""

NO_INSTANCE = "no line item of the instance's compute in this hour"
EXCEEDED = "the parts cost more than the instance"
NOTHING = "the parts cost nothing"
UNREADABLE = "SplitCost or UnusedCost is not an amount"


@dataclass(slots=True)
class SplitLines:
    """What a delivery says of instances and their parts, gathered over all of its files."""

    _parts: list[pl.DataFrame] = field(default_factory=list)
    _instances: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self, texts: pl.DataFrame, rows: pl.DataFrame, header: Header, object_key: str, first: int
    ) -> None:
        """Take in a frame.

        Args:
            texts: its rows, empty texts as null.
            rows: what `columns.canonical` gave.
            header: the columns of the file.
            object_key: the file.
            first: the number of the frame's first row there.
        """
        parts = _parts(rows)
        if parts.height:
            self._parts.append(parts.group_by(*KEY, "weight").agg(count=pl.len().cast(pl.Int128)))
        is_compute = rows.select(_is_compute().fill_null(value=False)).to_series()
        mine = rows.with_columns(
            instance=_last("resource_id"),
            object_key=pl.lit(object_key),
            object_row=pl.int_range(first, first + pl.len(), dtype=pl.Int64),
        ).filter(is_compute)
        tagged = tags(texts.filter(is_compute), mine["tags"], header.tags)
        self._instances.append(mine.with_columns(tags=tagged))

    def settled(self) -> "Splits | None":
        """Which instances are split, and what their parts take; None where there are no parts."""
        if not self._parts:
            return None
        parts = pl.concat(self._parts).drop_nulls("weight")
        parts = parts.group_by(*KEY, "weight").agg(pl.col("count").sum())
        found = pl.concat(self._instances).join(parts, on=KEY, how="semi").with_row_index("id")
        cost = costs(found, Plans())
        charged = charges(found, cost["billed"], cost["effective"], found["tags"])
        instances = found.with_columns(quanta(charged[name]).alias(name) for name in MEASURES)
        wholes = _wholes(parts, instances)
        split = instances.join(wholes.filter(pl.col("problem").is_null()), on=KEY)
        taken = parts.join(split, on=KEY).group_by("id")
        sums = ((share(name) * pl.col("count")).sum().alias(f"taken_{name}") for name in MEASURES)
        problems = wholes.filter(pl.col("problem").is_not_null()).select(*KEY, "problem")
        return Splits(split.join(taken.agg(sums), on="id"), problems)


@dataclass(frozen=True, slots=True)
class Splits:
    """The split instances of a delivery.

    `instances` has their line items: canonical columns, the measures in quanta, `whole`, and what
    all parts take of each measure (`taken_…`). `problems` says of others why they are not split.
    """

    instances: pl.DataFrame
    problems: pl.DataFrame

    def remainders(
        self, charged: pl.DataFrame, object_key: str, numbers: pl.Series
    ) -> pl.DataFrame:
        """Charges of a frame, those of split instances less what their parts take.

        Args:
            charged: what `rows.charges` made of the frame.
            object_key: its file.
            numbers: its row numbers there.
        """
        taken = self.instances.filter(pl.col("object_key") == object_key).select(
            "object_row", *(f"taken_{name}" for name in MEASURES)
        )
        known = numbers.alias("object_row").to_frame()
        taken = known.join(taken, on="object_row", how="left", maintain_order="left")
        is_split = taken["taken_effective_cost"].is_not_null()
        left = [
            pl.select(
                pl.coalesce(
                    amount_text(quanta(charged[name]) - taken[f"taken_{name}"]), charged[name]
                )
            )
            .to_series()
            .alias(name)
            for name in MEASURES
        ]
        marked = pl.select(split_remainder=pl.when(is_split).then(pl.lit(METHOD))).to_series()
        return charged.with_columns(*left, marked)

    def allocated(
        self, rows: pl.DataFrame, tagged: pl.Series
    ) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
        """The charges of the parts in a frame, one for each line item of their instance.

        Args:
            rows: what `columns.canonical` gave.
            tagged: the tags of each row, as JSON.

        Returns:
            The charges; the position in the frame of the part that each is of; and of every row
            why it is a part that is not charged, if it is.
        """
        parts = _parts(rows)
        parts = parts.with_columns(part_tags=tagged.gather(parts["row"]))
        found = parts.filter(pl.col("weight").is_not_null()).join(
            self.instances, on=KEY, maintain_order="left_right"
        )
        amounts = found.select(amount_text(share(name)).alias(name) for name in MEASURES)
        charged = charges(found, amounts["billed_cost"], amounts["effective_cost"], found["tags"])
        arn, nothing = found["part"], pl.lit(None, pl.String)
        charged = charged.with_columns(
            *amounts.select("list_cost", "contracted_cost"),
            *(found[f"part_{name}"].alias(NAMES[name]) for name in OWN),
            consumed_quantity=nothing,
            pricing_quantity=nothing,
            allocated_method_id=pl.lit(METHOD),
            allocated_method_details=found.select(_details()).to_series(),
            allocated_resource_id=arn,
            allocated_resource_name=arn.str.extract(POD).fill_null(arn.str.extract(LAST)),
            allocated_tags=found["part_tags"],
        )
        return charged, found["row"], self._problems(parts, rows.height)

    def _problems(self, parts: pl.DataFrame, height: int) -> pl.Series:
        told = parts.join(self.problems, on=KEY, how="left", maintain_order="left").select(
            "row",
            problem=pl.when(pl.col("weight").is_null())
            .then(pl.lit(UNREADABLE))
            .otherwise("problem"),
        )
        every = pl.DataFrame({"row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
        return every.join(told, on="row", how="left", maintain_order="left")["problem"]


def quanta(texts: pl.Series) -> pl.Series:
    """Amounts as whole numbers of 10^-18; null where there is no readable one."""
    return parse_decimals(texts).to_physical()


def amount_text(amounts: pl.Expr | pl.Series) -> pl.Expr:
    """Whole numbers of 10^-18 as decimal text."""
    known = amounts if isinstance(amounts, pl.Expr) else pl.lit(amounts)
    digits = known.abs().cast(pl.String).str.zfill(19)
    sign = pl.when(known < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.format("{}{}.{}", sign, digits.str.head(-18), digits.str.tail(18))


def share(measure: str) -> pl.Expr:
    """What a part of `weight` takes of a measure: floor(measure x weight / whole).

    In two steps, because the product of both may need more than 128 bits.
    """
    amount, weight, whole = pl.col(measure), pl.col("weight"), pl.col("whole")
    return (amount // whole) * weight + ((amount % whole) * weight) // whole


def _details() -> pl.Expr:
    """FOCUS AllocatedMethodDetails: a part's ratio, and what it used where the report says so."""
    ratio = amount_text(pl.col("weight") * ONE // pl.col("whole"))
    unit = pl.col("part_usage_type").str.extract(RESOURCE)
    used = pl.col("part_usage").str.extract(USAGE)
    usage = pl.concat_str(
        pl.lit(',"UsageUnit":"'), unit, pl.lit('","UsageQuantity":'), used
    ).fill_null("")
    return pl.concat_str(pl.lit('{"Elements":[{"AllocatedRatio":'), ratio, usage, pl.lit("}]}"))


def _parts(rows: pl.DataFrame) -> pl.DataFrame:
    """The parts in a frame: their position, instance and hour, and their weight if readable."""
    amounts = [quanta(rows[name]) for name in WEIGHTS]
    is_unread = pl.any_horizontal(
        rows[name].is_not_null() & amount.is_null()
        for name, amount in zip(WEIGHTS, amounts, strict=True)
    )
    total = amounts[0].fill_null(0) + amounts[1].fill_null(0)
    return (
        rows.select(
            "start",
            *(pl.col(name).alias(f"part_{name}") for name in OWN),
            part=pl.col("resource_id"),
            part_usage="split_usage",
            instance=_last("split_parent"),
            weight=pl.when(~is_unread & (total >= 0)).then(total // UNIT),
        )
        .with_row_index("row")
        .filter(rows["split_parent"].is_not_null() & (quanta(rows["unblended_cost"]) == 0))
    )


def _wholes(parts: pl.DataFrame, instances: pl.DataFrame) -> pl.DataFrame:
    """What each instance's hour is shared by, or why it is not."""
    weights = parts.group_by(KEY).agg(
        weights=(pl.col("weight") * pl.col("count")).sum(), count=pl.col("count").sum()
    )
    cost = instances.group_by(KEY).agg(cost=pl.col("effective_cost").sum() // UNIT)
    excess = pl.col("weights") - pl.col("cost")
    tolerance = pl.col("cost").abs() // RELATIVE + pl.col("count") * PER_PART
    return weights.join(cost, on=KEY, how="left").select(
        *KEY,
        problem=pl.when(pl.col("cost").is_null())
        .then(pl.lit(NO_INSTANCE))
        .when(pl.col("weights") == 0)
        .then(pl.lit(NOTHING))
        .when(excess > tolerance)
        .then(pl.lit(EXCEEDED)),
        whole=pl.when(excess.abs() <= tolerance).then("weights").otherwise("cost"),
    )


def _is_compute() -> pl.Expr:
    return (
        (pl.col("product_code") == "AmazonEC2")
        & pl.col("kind").str.to_lowercase().is_in(["usage", COVERED, RESERVED])
        & pl.col("usage_type").str.contains(COMPUTE)
        & pl.col("resource_id").is_not_null()
        & pl.col("split_parent").is_null()
    )


def _last(column: str) -> pl.Expr:
    """The id at the end of an ARN; an id alone as it is."""
    return pl.col(column).str.extract(LAST)
