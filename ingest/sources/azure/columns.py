"""Which column of an Azure cost export means what.

Agreements, API versions and languages name the same things differently: `CostInBillingCurrency`
(Enterprise Agreement), `costInBillingCurrency` (Customer Agreement), `PreTaxCost` (pay as you go),
`Abonnement-GUID (SubscriptionGuid)` (a German export). Names are compared without regard to case,
and where the name is followed by another one in parentheses, that one counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from apportion.errors import DeliveryRefused
from ingest.text_blocks import UNTRUSTED

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "additional_info": ("additionalinfo",),
        "availability_zone": ("availabilityzone",),
        "benefit_id": ("benefitid",),
        "benefit_name": ("benefitname",),
        "billing_account_id": ("billingaccountid",),
        "billing_account_name": ("billingaccountname",),
        "billing_profile_id": ("billingprofileid",),
        "billing_profile_name": ("billingprofilename",),
        "charge_type": ("chargetype",),
        "consumed_service": ("consumedservice",),
        "cost": ("costinbillingcurrency", "cost", "pretaxcost"),
        "currency": ("billingcurrency", "billingcurrencycode", "currency"),
        "date": ("date", "usagedatetime", "usagedate"),
        "frequency": ("frequency",),
        "invoice_id": ("invoiceid",),
        "invoice_section": ("invoicesectionid",),
        "list_cost": ("paygcostinbillingcurrency",),
        "list_price": ("paygprice",),
        "location": ("resourcelocation",),
        "meter": ("metername",),
        "meter_category": ("metercategory",),
        "meter_id": ("meterid",),
        "partner_name": ("partnername",),
        "period_end": ("billingperiodenddate",),
        "period_start": ("billingperiodstartdate",),
        "pricing_currency": ("pricingcurrency", "pricingcurrencycode"),
        "pricing_model": ("pricingmodel",),
        "product": ("productname", "product"),
        "product_id": ("productid",),
        "publisher_name": ("publishername",),
        "quantity": ("quantity", "usagequantity"),
        "reservation_id": ("reservationid",),
        "reservation_name": ("reservationname",),
        "resource_group": ("resourcegroup", "resourcegroupname"),
        "resource_id": ("resourceid", "instanceid", "instancename"),
        "resource_name": ("resourcename",),
        "resource_type": ("resourcetype",),
        "service_family": ("servicefamily",),
        "subscription_id": ("subscriptionid", "subscriptionguid"),
        "subscription_name": ("subscriptionname",),
        "tags": ("tags",),
        "unit": ("unitofmeasure",),
        "unit_price": ("unitprice",),
    }
)
"""What we read, and its names in lower case; the first that a file has is taken."""

NEEDED = ("cost", "date", "subscription_id")
VERBATIM = (
    *("availability_zone", "benefit_name", "cost", "currency", "date", "invoice_id", "list_cost"),
    *("list_price", "location", "meter", "meter_category", "period_end", "period_start"),
    *("pricing_currency", "product", "product_id", "publisher_name", "quantity", "resource_id"),
    *("resource_name", "resource_type", "subscription_id", "subscription_name", "tags", "unit"),
    "unit_price",
)
"""What a FOCUS column takes over; every other column is kept beside the FOCUS columns."""

IN_PARENTHESES = re.compile(r"\(\s*([A-Za-z]+)\s*\)\s*$")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file: `names` maps what we read to the file's own names."""

    names: Mapping[str, str]
    others: tuple[str, ...]


def bind(columns: Sequence[str], name: str) -> Header:
    """Bind a file's columns by name.

    Args:
        columns: the header.
        name: the object's address, for messages.

    Raises:
        DeliveryRefused: `SCHEMA_DRIFT`, if two columns have one name, or a needed one is missing.
    """
    folded: dict[str, str] = {}
    for column in columns:
        key = _folded(column)
        if key in folded:
            raise _drifted(name, f'"{folded[key]}" and "{column}" are the same column')
        folded[key] = column
    names = {
        field: next(folded[alias] for alias in aliases if alias in folded)
        for field, aliases in NAMES.items()
        if any(alias in folded for alias in aliases)
    }
    missing = [f'"{NAMES[field][0]}"' for field in NEEDED if field not in names]
    if missing:
        raise _drifted(name, f"{', '.join(missing)} is missing")
    taken = {names[field] for field in VERBATIM if field in names}
    return Header(names, tuple(column for column in columns if column not in taken))


def _folded(column: str) -> str:
    english = IN_PARENTHESES.search(column)
    text = english[1] if english else column
    return re.sub(r"[\s_-]", "", text).lower()


def _drifted(name: str, problem: str) -> DeliveryRefused:
    return DeliveryRefused(
        "SCHEMA_DRIFT",
        f"{name}: not the columns of an Azure export of actual or amortized cost: {problem}. "
        f"{UNTRUSTED} Look whether it is such an export; FOCUS exports are read by sources of kind "
        "focus.",
    )
