"""A source for tests: real files, a trivial format, two layouts.

    versions    <period>/<version>/<file>    the version orders the deliveries of a period
    days        <period>/<file>              a period grows; what it lists is its version

A line is `<seconds of the day>,<value>`. A value that is no number is quarantined; a file that
starts with `DAMAGED` is refused.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl

from apportion.errors import DeliveryRefused
from ingest import schemas
from ingest.source import Batch, ControlTotal, Delivery, LandedDelivery, Window, version_of
from ingest.stores import ObjectInfo, Store, StoreOptions, open_store

TABLE = "prometheus_samples"


class LinesOptions(StoreOptions):
    layout: Literal["versions", "days"] = "versions"
    metric: str = "requests"
    promised_rows: int | None = None
    also_names: str | None = None
    order: str | None = None


class LinesSource:
    def __init__(self, name: str, store: Store, options: LinesOptions) -> None:
        self.name = name
        self.store = store
        self.options = options

    @classmethod
    def from_options(cls, name: str, options: Mapping[str, Any], directory: Path) -> Self:
        checked = LinesOptions.model_validate(dict(options))
        return cls(name, open_store(checked.location, directory, checked), checked)

    def discover(self, window: Window) -> Iterator[Delivery]:  # noqa: ARG002
        groups: dict[tuple[str, str], list[ObjectInfo]] = defaultdict(list)
        for info in self.store.list(""):
            period, _, rest = info.key.partition("/")
            version = rest.partition("/")[0] if self.options.layout == "versions" else ""
            groups[period, version].append(info)
        for (period, version), objects in groups.items():
            if self.options.also_names:
                objects.append(ObjectInfo(self.options.also_names, None, "?"))
            yield Delivery(
                self.name,
                period,
                version or version_of(objects),
                version if self.options.order is None else self.options.order,
                tuple(objects),
                promised_rows=self.options.promised_rows,
                covers_through=_covers_through(version),
            )

    def read(self, landed: LandedDelivery) -> Iterator[Batch]:
        for item in landed.objects:
            lines = item.path.read_text().splitlines()
            if lines and lines[0] == "DAMAGED":
                raise DeliveryRefused("INPUT_GZIP", f"{item.key}: damaged")
            yield self._batch(landed.delivery.period, item.key, lines)

    def _batch(self, period: str, key: str, lines: list[str]) -> Batch:
        midnight = datetime.fromisoformat(period[:10])
        cells = [(number, *line.split(",")) for number, line in enumerate(lines, start=1)]
        good = [cell for cell in cells if cell[2].replace(".", "").isdigit()]
        rows = pl.DataFrame(
            {
                "object_key": [key] * len(good),
                "object_row": [number for number, _, _ in good],
                "metric": [self.options.metric] * len(good),
                "labels": ["{}"] * len(good),
                "sample_at": [midnight + timedelta(seconds=int(at)) for _, at, _ in good],
                "value": [float(value) for _, _, value in good],
            },
            schema={k: v for k, v in schemas.TABLES[TABLE].items() if k in SOURCE_COLUMNS},
        )
        bad = [
            {"object_key": key, "object_row": n, "record": v}
            for n, _, v in cells
            if not v[0].isdigit()
        ]
        quarantined = pl.DataFrame(bad, schema=pl.Schema(schemas.QUARANTINE))
        total = ControlTotal(
            "example", "1", date(2026, 10, 1), "USD", row_count=len(cells), billed_cost="0.1"
        )
        days = rows["sample_at"].dt.strftime("%Y-%m-%d")
        return Batch(TABLE, rows, days, quarantined, (total,))


SOURCE_COLUMNS = {"object_key", "object_row", "metric", "labels", "sample_at", "value"}


def _covers_through(version: str) -> date | None:
    _, _, day = version.partition("through-")
    return date.fromisoformat(day) if day else None
