"""The tags of a line item as one JSON object: columns of a legacy report, the map of CUR 2.0."""

import json
from collections.abc import Mapping

import polars as pl

from ingest.sources.aws.columns import tag_key
from ingest.sources.focus.rows import x_columns
from ingest.sources.focus.values import parse_documents


def tags(frame: pl.DataFrame, maps: pl.Series, columns: Mapping[str, str]) -> pl.Series:
    """The tags of every row, as JSON text; a map that cannot be read as it is.

    Args:
        frame: the rows, empty texts as null.
        maps: the column `resource_tags` of CUR 2.0.
        columns: the frame's tag columns, and the key that each stands for.
    """
    if not columns:
        return _renamed(maps)
    named = frame.select(pl.col(column).alias(key) for column, key in columns.items())
    return pl.select(pl.coalesce(_renamed(maps), x_columns(named, named.columns))).to_series()


def _renamed(maps: pl.Series) -> pl.Series:
    """The maps with tag keys as users wrote them; one and the same map is read once."""
    canonical, is_bad = parse_documents(maps)
    unique = canonical.drop_nulls().unique()
    renamed = [
        json.dumps({tag_key(key): value for key, value in json.loads(text).items()})
        for text in unique
    ]
    known = canonical.replace_strict(
        unique, pl.Series(renamed, dtype=pl.String), default=None, return_dtype=pl.String
    )
    return pl.select(pl.when(is_bad).then(maps).otherwise(known)).to_series()
