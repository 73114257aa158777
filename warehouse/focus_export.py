"""The allocated costs as a FOCUS Cost and Usage file: a row per entry of the cost ledger.

The four costs are the ledger's: they add up to what was delivered, digit for digit. Quantities of a
charge that several share are what their part of the cost stands for, rounded to nine decimals; what
cannot be divided (amounts in another pricing currency, contracts) is left out of shared rows.
Where a provider delivers no service subcategory, it is the category's `Other (…)`.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import duckdb

from apportion.errors import ConfigError, GateRefused
from ingest.durable import make_folder, settle
from ingest.sources.focus.columns import FOCUS_NAMES, INTRODUCED
from warehouse.mount import literal
from warehouse.report_reading import reading

Version = Literal["1.2", "1.4"]
Format = Literal["parquet", "csv"]
LATER = frozenset(INTRODUCED["1.3"] + INTRODUCED["1.4"])
DROPPED = frozenset({"provider_name", "publisher_name"})
"""The columns that 1.4 no longer has."""

QUANTITIES = ("pricing_quantity", "consumed_quantity", "commitment_discount_quantity")
NULL_WHERE_SHARED = ("pricing_currency_effective_cost", "contract_applied")
COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
OWNERSHIP = ("team", "cost_center", "business_unit", "model", "deployment", "purpose")
RECIPIENT = "coalesce(nullif(l.deployment, 'none'), nullif(l.model, 'none'), l.team)"
TAGS = "json_merge_patch({})".format(
    ", ".join(f"json_object('{name}', nullif(l.{name}, 'none'))" for name in OWNERSHIP)
)
SPLIT_BY_PROVIDER = "l.allocation_method = 'provider_split'"
"""A charge that its provider made of another one: it says itself how, and for what resource."""


def _of_provider(name: str, ours: str) -> str:
    return f"case when {SPLIT_BY_PROVIDER} then coalesce(c.{name}, {ours}) else {ours} end"


ALLOCATED = {
    "allocated_method_id": _of_provider("allocated_method_id", "l.allocation_method"),
    "allocated_resource_id": _of_provider("allocated_resource_id", RECIPIENT),
    "allocated_resource_name": _of_provider("allocated_resource_name", RECIPIENT),
    "allocated_tags": f"cast(case when {SPLIT_BY_PROVIDER} then json_merge_patch("
    f"coalesce(c.allocated_tags, '{{}}'), {TAGS}) else {TAGS} end as varchar)",
    "allocated_method_details": (
        f"coalesce(case when {SPLIT_BY_PROVIDER} and l.entries = 1 "
        "then c.allocated_method_details end, "
        "cast(json_object('Elements', json_array(json_object('AllocatedRatio', l.ratio)))"
        " as varchar))"
    ),
}
VALUES: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"l.{name}" for name in (*COSTS, "billing_currency")},
        **ALLOCATED,
        **{
            name: f"case when l.entries = 1 then c.{name} "
            f"else cast(cast(c.{name} * l.ratio as decimal(38, 9)) as decimal(38, 18)) end"
            for name in QUANTITIES
        },
        **{name: f"case when l.entries = 1 then c.{name} end" for name in NULL_WHERE_SHARED},
        **{
            f"{kind}_unit": f"case when c.{kind}_quantity is not null then c.{kind}_unit end"
            for kind in ("pricing", "consumed")
        },
        "service_category": "coalesce(c.service_category, 'Other')",
        "service_subcategory": "coalesce(c.service_subcategory, 'Other (' "
        "|| coalesce(c.service_category, 'Other') || ')')",
        "service_name": "l.service_name",
        "service_provider_name": "l.provider",
        "provider_name": "coalesce(c.provider_name, l.provider)",
        "publisher_name": "coalesce(c.publisher_name, l.provider)",
        "invoice_issuer_name": "coalesce(c.invoice_issuer_name, l.provider)",
        "charge_period_start": "case when l.within then greatest(c.charge_period_start, l.day) "
        "else c.charge_period_start end",
        "charge_period_end": "case when l.within then least(c.charge_period_end, l.next_day) "
        "else c.charge_period_end end",
    }
)
"""Where a column is not simply the charge's: how it is made, of a charge `c` and an entry `l`."""
OWN = {
    "x_ChargeKey": "l.source_charge_key",
    "x_CostClass": "l.cost_class",
    "x_Team": "l.team",
    "x_CostCenter": "l.cost_center",
    "x_BusinessUnit": "l.business_unit",
    "x_Model": "l.model",
    "x_Deployment": "l.deployment",
    "x_Purpose": "l.purpose",
}
ENTRIES = """
    select
        l.*,
        cast(l.usage_date as timestamp) as day,
        cast(l.usage_date + 1 as timestamp) as next_day,
        l.usage_date < c.charge_period_end and l.usage_date + 1 > c.charge_period_start as within,
        count(*) over parts as entries,
        coalesce(
            l.effective_cost / nullif(sum(l.effective_cost) over parts, 0),
            l.billed_cost / nullif(sum(l.billed_cost) over parts, 0),
            1 / count(*) over parts
        ) as ratio
    from cost_ledger as l
    left join charges as c on l.source_charge_key = c.charge_key
    window parts as (partition by l.source_charge_key)
"""


def columns(version: Version) -> dict[str, str]:
    """The columns of a version and the SQL that makes each, in the order of the specification."""
    absent = DROPPED if version == "1.4" else LATER
    focus = {
        FOCUS_NAMES[name]: VALUES.get(name, f"c.{name}")
        for name in FOCUS_NAMES
        if name not in absent
    }
    mine = {f"x_{FOCUS_NAMES[name]}": sql for name, sql in ALLOCATED.items() if name in absent}
    return focus | mine | OWN


def export_focus(
    release: Path, target: Path, *, version: Version, form: Format, period: date | None = None
) -> int:
    """Write the cost ledger of a release as a FOCUS file.

    Args:
        release: the DuckDB file of a published release.
        target: the file to write; what is there is replaced at once when all is written.
        version: of FOCUS. 1.2 has no columns for allocation: they are there as `x_` columns.
        form: of the file. Times are UTC; in CSV as `2026-10-01T00:00:00Z`.
        period: the first day of the only billing period to write; all without it.

    Returns:
        How many rows were written.

    Raises:
        ConfigError: `NO_SUCH_PERIOD`, the release has no costs of that period.
        GateRefused: `EXPORT_INCOMPLETE`, the ledger has entries of charges that the release lacks.
    """
    chosen = f"where l.billing_period = date '{period}'" if period else ""
    listed = ", ".join(f'{sql} as "{name}"' for name, sql in columns(version).items())
    query = f"""
        select {listed}
        from ({ENTRIES}) as l
        join charges as c on l.source_charge_key = c.charge_key
        {chosen}
        order by
            l.billing_period, l.source_charge_key, l.charge_date, l.cost_class, l.team,
            l.cost_center, l.business_unit, l.model, l.deployment, l.purpose,
            l.allocation_method, l.policy_path, l.owner_rule
    """  # noqa: S608 - our own names
    options = (
        "format parquet, compression zstd"
        if form == "parquet"
        else "format csv, header, timestampformat '%Y-%m-%dT%H:%M:%SZ'"
    )
    make_folder(target.parent)
    path = target.with_name(f".{target.name}.new")
    with reading(release) as connection:
        entries = f"select count(*) from cost_ledger as l {chosen}"  # noqa: S608
        (expected,) = connection.execute(entries).fetchone() or (0,)
        if period and not expected:
            raise _no_such_period(connection, period)
        (written,) = connection.execute(
            f"copy ({query}) to {literal(path)} ({options})"
        ).fetchone() or (0,)
    if written != expected:
        path.unlink()
        raise GateRefused(
            "EXPORT_INCOMPLETE",
            f"{target.name}: the ledger has {expected} entries, of which {written} have a charge. "
            "Nothing was written. Run `apportion rebuild`, and report this if it stays.",
        )
    settle(path, target)
    return int(written)


def _no_such_period(connection: duckdb.DuckDBPyConnection, period: date) -> ConfigError:
    rows = connection.execute("select distinct billing_period from cost_ledger order by 1")
    there = ", ".join(f"{month:%Y-%m}" for (month,) in rows.fetchall())
    return ConfigError(
        "NO_SUCH_PERIOD",
        f"{period:%Y-%m}: the release has no costs of this billing period. Nothing was written. "
        f"It has: {there}.",
    )
