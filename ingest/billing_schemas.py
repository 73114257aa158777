"""The datasets that FOCUS 1.4 defines beside Cost and Usage, as lake tables.

`x_columns` holds every column of the delivery that FOCUS does not define, as a JSON object of
strings under its own name.
"""

import polars as pl

from ingest.schema_types import MONEY, TIMESTAMP, Columns

BILLING_PERIODS: Columns = {
    "billing_period_created": TIMESTAMP,
    "billing_period_end": TIMESTAMP,
    "billing_period_last_updated": TIMESTAMP,
    "billing_period_start": TIMESTAMP,
    "billing_period_status": pl.String,
    "invoice_issuer_name": pl.String,
    "x_columns": pl.String,
}
"""FOCUS Billing Period: whether the issuer of the invoices may still change a period."""

INVOICE_DETAILS: Columns = {
    "billed_cost": MONEY,
    "billing_account_id": pl.String,
    "billing_currency": pl.String,
    "billing_period_end": TIMESTAMP,
    "billing_period_start": TIMESTAMP,
    "charge_category": pl.String,
    "invoice_detail_created": TIMESTAMP,
    "invoice_detail_description": pl.String,
    "invoice_detail_grain": pl.String,
    "invoice_detail_id": pl.String,
    "invoice_detail_last_updated": TIMESTAMP,
    "invoice_id": pl.String,
    "invoice_issue_date": TIMESTAMP,
    "invoice_issue_status": pl.String,
    "invoice_issuer_name": pl.String,
    "payment_currency": pl.String,
    "payment_currency_billed_cost": MONEY,
    "payment_currency_invoice_detail_id": pl.String,
    "payment_due_date": TIMESTAMP,
    "payment_terms": pl.String,
    "purchase_order_number": pl.String,
    "reference_invoice_id": pl.String,
    "x_columns": pl.String,
}
"""FOCUS Invoice Detail: the lines of the invoices; never costs to be added to charges."""

CONTRACT_COMMITMENTS: Columns = {
    "billing_currency": pl.String,
    "contract_commitment_applicability": pl.String,
    "contract_commitment_benefit_category": pl.String,
    "contract_commitment_category": pl.String,
    "contract_commitment_cost": MONEY,
    "contract_commitment_created": TIMESTAMP,
    "contract_commitment_description": pl.String,
    "contract_commitment_discount_percentage": MONEY,
    "contract_commitment_duration_type": pl.String,
    "contract_commitment_fulfillment_interval": pl.String,
    "contract_commitment_id": pl.String,
    "contract_commitment_last_updated": TIMESTAMP,
    "contract_commitment_lifecycle_status": pl.String,
    "contract_commitment_model": pl.String,
    "contract_commitment_offer_category": pl.String,
    "contract_commitment_payment_interval": pl.String,
    "contract_commitment_payment_model": pl.String,
    "contract_commitment_payment_upfront_percentage": MONEY,
    "contract_commitment_period_end": TIMESTAMP,
    "contract_commitment_period_start": TIMESTAMP,
    "contract_commitment_quantity": MONEY,
    "contract_commitment_type": pl.String,
    "contract_commitment_unit": pl.String,
    "contract_id": pl.String,
    "contract_period_end": TIMESTAMP,
    "contract_period_start": TIMESTAMP,
    "invoice_issuer_name": pl.String,
    "pricing_currency": pl.String,
    "pricing_currency_contract_commitment_cost": MONEY,
    "service_provider_name": pl.String,
    "x_columns": pl.String,
}
"""FOCUS Contract Commitment: what was promised; `contract_commitment_cost` is no spend."""
