"""The runs of two Azure exports, paired by month."""

from collections.abc import Iterator, Mapping

from apportion.errors import DeliveryRefused
from ingest.source import Delivery, Window, version_of
from ingest.sources.azure.options import KINDS, AzureCostOptions
from ingest.sources.focus.azure_runs import (
    Run,
    check_one_export,
    delivery_of,
    newest,
    runs_by_month,
    widest,
)
from ingest.stores import Store
from ingest.text_blocks import UNTRUSTED


def paired_exports(
    source: str, store: Store, options: AzureCostOptions, window: Window
) -> Iterator[Delivery]:
    """The newest runs of each month: of the actual and of the amortized export, as one delivery.

    Of each export the newest of the runs that cover most days comes first; where a newer run covers
    fewer days, it is told as well, so that the collector can refuse it.

    Raises:
        ConfigError: the location holds several exports of a type, and the configuration names none.
    """
    months: dict[str, dict[str, list[Run]]] = {}
    for found in runs_by_month(source, store, window):
        if isinstance(found, Delivery):
            yield found
            continue
        kind = KINDS.get(found.manifest.kind, "")
        if kind in options.kinds and options.export_of(kind) in (None, found.manifest.export):
            months.setdefault(found.manifest.period, {}).setdefault(kind, []).append(found)
    for kind in options.kinds:
        check_one_export(
            source, store, (run for runs in months.values() for run in runs.get(kind, ()))
        )
    for period, runs in months.items():
        if set(runs) != set(options.kinds):
            yield _half(source, store, period, runs, options)
            continue
        first = [widest(runs[kind]) for kind in options.kinds]
        later = [newest(runs[kind]) for kind in options.kinds]
        yield _delivery(source, store, first)
        if later != first:
            yield _delivery(source, store, later)


def _delivery(source: str, store: Store, runs: list[Run]) -> Delivery:
    each = [delivery_of(source, store, run) for run in runs]
    refusals = [delivery.refusal for delivery in each if delivery.refusal]
    days = {run.manifest.last_day for run in runs}
    if not refusals and len(days) > 1:
        refusals.append(
            _refused(
                store, runs, f"one covers usage through {min(days)}, the other through {max(days)}"
            )
        )
    return Delivery(
        source,
        each[0].period,
        "+".join(delivery.version for delivery in each),
        "+".join(sorted((delivery.order for delivery in each), reverse=True)),
        tuple(info for delivery in each for info in delivery.objects),
        covers_through=min(days),
        refusal=refusals[0] if refusals else None,
    )


def _half(
    source: str,
    store: Store,
    period: str,
    runs: Mapping[str, list[Run]],
    options: AzureCostOptions,
) -> Delivery:
    there = [newest(found) for found in runs.values()]
    missing = " and ".join(kind for kind in options.kinds if kind not in runs)
    refusal = _refused(store, there, f"there is no run of {missing} for {period}")
    objects = tuple(run.info for run in there)
    return Delivery(source, period, version_of(objects), "0", objects, refusal=refusal)


def _refused(store: Store, runs: list[Run], problem: str) -> DeliveryRefused:
    return DeliveryRefused(
        "EXPORTS_APART",
        f"{store.uri(runs[0].info.key)}: actual and amortized cost belong together, and "
        f"{problem}. {UNTRUSTED} The next run looks again; if it stays so, run the other export "
        "for the month, or set `datasets` if only one is exported.",
    )
