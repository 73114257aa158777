"""Models that the company may buy through Amazon Bedrock instead of from their vendor.

Tokens and price are the same, but they are lines of the bill of AWS, and Bedrock logs the calls.
"""

import polars as pl

from apportion.sample import accounts
from apportion.sample.calendar import Calendar
from apportion.sample.fleet import AWS_ACCOUNTS, AWS_REGION
from apportion.sample.focus import conform
from apportion.sample.models import API_MODEL
from apportion.sample.vendor_charges import vendor_charges
from apportion.sample.vendors import VENDORS

TARGET = "anthropic/claude-haiku-4-5"
PROVIDER = "aws.bedrock"
MODEL_ID = "anthropic.claude-haiku-4-5-20251001-v1:0"
SUB_ACCOUNT = "ml-prod"
ACCOUNT = AWS_ACCOUNTS[SUB_ACCOUNT]
PROFILE = f"arn:aws:bedrock:{AWS_REGION}:{ACCOUNT}:inference-profile/global.{MODEL_ID}"
METER = "USE1-Claude4.5Haiku-{}-tokens"
METER_WORDS = {
    "input": "input",
    "cache_read": "cache-read-input",
    "cache_creation": "cache-write-input",
    "output": "output",
}
PER_UNIT = 1_000
"""Tokens of a unit of the bill."""


def bedrock_charges(calendar: Calendar, usage: pl.DataFrame) -> pl.DataFrame:
    """The lines of the bill of AWS for what was bought through Bedrock, at the vendor's price."""
    vendor = next(v for v in VENDORS if v.provider == API_MODEL[TARGET].provider)
    bought = vendor_charges(calendar, vendor, usage.filter(target=TARGET)).filter(cause="vendor")
    kind = pl.col("cause_key").str.split("|").list.last()
    meters = {name: METER.format(word) for name, word in METER_WORDS.items()}
    texts = {
        **accounts.BILLING["aws"],
        **accounts.sub_account(SUB_ACCOUNT),
        "service_provider_name": None,
        "host_provider_name": None,
        "service_name": "Amazon Bedrock",
        "resource_id": PROFILE,
        "resource_name": MODEL_ID,
        "pricing_unit": "1K tokens",
        "consumed_unit": "1K tokens",
        "tags": "{}",
        "x_ServiceCode": "AmazonBedrock",
        "x_Operation": "Converse",
    }
    return conform(
        bought.with_columns(
            **{name: pl.lit(text, pl.String) for name, text in texts.items()},
            sku_meter=kind.replace_strict(meters),
            sku_id=kind.replace_strict(meters).str.to_lowercase(),
            sku_price_id=pl.concat_str(
                kind.replace_strict(meters).str.to_lowercase(), pl.lit("-1")
            ),
            charge_description=pl.concat_str(
                pl.lit("Amazon Bedrock: "), kind.replace_strict(meters)
            ),
            list_unit_price=pl.col("list_unit_price") * PER_UNIT,
            contracted_unit_price=pl.col("contracted_unit_price") * PER_UNIT,
            pricing_quantity=pl.col("pricing_quantity") // PER_UNIT,
            consumed_quantity=pl.col("consumed_quantity") // PER_UNIT,
        )
    )
