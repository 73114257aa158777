"""Everybody's bills, each in the form that was asked for."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from apportion.sample import bedrock, layouts, native_clouds, native_legacy, native_oci
from apportion.sample.calendar import Calendar
from apportion.sample.layouts import Written
from apportion.sample.native_hall import write_hall
from apportion.sample.native_usage import write_usage
from apportion.sample.native_vendors import write_answers
from apportion.sample.options import SampleOptions
from apportion.sample.vendor_charges import vendor_charges
from apportion.sample.vendors import VENDORS

CLOUDS = ("aws", "azure", "gcp")
HALL = "data-hall"
Charges = dict[str, pl.DataFrame]
Writer = Callable[[Path, pl.DataFrame], Written]


def write_bills(
    exports: Path,
    calendar: Calendar,
    charges: Charges,
    usage: pl.DataFrame,
    options: SampleOptions,
) -> list[Written]:
    """Write every bill.

    Args:
        exports: a folder for each provider is made here.
        calendar: the period.
        charges: what clouds and the data hall charge.
        usage: the tokens that vendors served.
        options: who bills in which form, and through whom models are bought.

    Returns:
        Where every charge stands.
    """
    billed = _moved(calendar, charges, usage, options)
    writers = _writers(options.native_bills)
    served = _served(usage, options)
    for vendor in VENDORS:
        if vendor.provider in options.native_bills:
            write_usage(vendor, exports / vendor.provider / "usage", calendar, served)
    return [writers[who](exports / who, rows) for who, rows in billed.items()]


def _moved(
    calendar: Calendar, charges: Charges, usage: pl.DataFrame, options: SampleOptions
) -> Charges:
    """Every bill's charges by who writes it; some are another's than by default."""
    billed = {cloud: charges[cloud] for cloud in CLOUDS} | {HALL: charges["onprem"]}
    if "oci" in options.native_bills:
        is_moved = pl.col("sub_account_id") == native_oci.PROJECT
        billed["oci"] = billed["gcp"].filter(is_moved)
        billed["gcp"] = billed["gcp"].filter(~is_moved)
    if "aws-legacy" in options.native_bills:
        is_older = pl.col("sub_account_id") == native_legacy.ACCOUNT
        billed["aws-legacy"] = billed["aws"].filter(is_older)
        billed["aws"] = billed["aws"].filter(~is_older)
    if "bedrock_invocations" in options.call_logs:
        through_aws = bedrock.bedrock_charges(calendar, usage)
        billed["aws"] = pl.concat([billed["aws"], through_aws])
    served = _served(usage, options)
    return billed | {v.provider: vendor_charges(calendar, v, served) for v in VENDORS}


def _served(usage: pl.DataFrame, options: SampleOptions) -> pl.DataFrame:
    """What vendors served themselves, and not through a cloud."""
    through_cloud = "bedrock_invocations" in options.call_logs
    return usage.filter(pl.col("target") != bedrock.TARGET) if through_cloud else usage


def _writers(natively: tuple[str, ...]) -> dict[str, Writer]:
    """Who writes which bill."""
    usual: dict[str, Writer] = {
        "aws": lambda folder, rows: layouts.write_aws(folder / "focus", rows),
        "azure": layouts.write_azure,
        "gcp": layouts.write_gcp,
        HALL: layouts.write_hall,
        **{v.provider: partial(layouts.write_vendor, v.provider) for v in VENDORS},
    }
    own: dict[str, Writer] = {
        **native_clouds.WRITERS,
        "oci": native_oci.write_oci,
        "aws-legacy": native_legacy.write_legacy,
        HALL: write_hall,
        **{v.provider: partial(write_answers, v) for v in VENDORS},
    }
    return usual | {name: own[name] for name in natively}
