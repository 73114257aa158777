"""The types that the lake's tables are described with."""

import polars as pl

Columns = dict[str, pl.DataType | type[pl.DataType]]
"""Column names and types, in order."""

MONEY = pl.Decimal(38, 18)
"""An amount, unit price or quantity, exact to 10^-18 of its unit."""

TIMESTAMP = pl.Datetime("us")
"""An instant in UTC, stored without a zone."""
