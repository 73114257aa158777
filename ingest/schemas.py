"""The lake's tables: what every source must produce, column by column.

A lake file holds rows of one table and one partition (a usage day, a billing period, or
`reference`). Every table starts with the lineage columns, so that any row can be walked back to the
object and the row that it was read from.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from ingest.billing_schemas import BILLING_PERIODS, CONTRACT_COMMITMENTS, INVOICE_DETAILS
from ingest.reference_schemas import DATES, REFERENCE
from ingest.schema_types import MONEY, TIMESTAMP, Columns

__all__ = [
    "BILLING_PERIODS",
    "CONTRACT_COMMITMENTS",
    "DATES",
    "FOCUS_CHARGES",
    "INFERENCE_REQUESTS",
    "INVOICE_DETAILS",
    "LINEAGE",
    "MODEL_API_USAGE",
    "MONEY",
    "PROMETHEUS_SAMPLES",
    "QUARANTINE",
    "REFERENCE",
    "SLURM_JOBS",
    "TABLES",
    "TIMESTAMP",
    "Columns",
]

LINEAGE: Columns = {
    "source_name": pl.String,
    "object_key": pl.String,
    "object_sha256": pl.String,
    "object_row": pl.Int64,
}
"""Where a row came from: configured source, the provider's object key, the landed bytes, and the
1-based row (data row of a CSV or parquet file, line of a JSON-lines file)."""

FOCUS_CHARGES: Columns = {
    "charge_key": pl.String,
    "focus_version": pl.String,
    "allocated_method_details": pl.String,
    "allocated_method_id": pl.String,
    "allocated_resource_id": pl.String,
    "allocated_resource_name": pl.String,
    "allocated_tags": pl.String,
    "availability_zone": pl.String,
    "billed_cost": MONEY,
    "billing_account_id": pl.String,
    "billing_account_name": pl.String,
    "billing_account_type": pl.String,
    "billing_currency": pl.String,
    "billing_period_end": TIMESTAMP,
    "billing_period_start": TIMESTAMP,
    "capacity_reservation_id": pl.String,
    "capacity_reservation_status": pl.String,
    "charge_category": pl.String,
    "charge_class": pl.String,
    "charge_description": pl.String,
    "charge_frequency": pl.String,
    "charge_period_end": TIMESTAMP,
    "charge_period_start": TIMESTAMP,
    "commitment_discount_category": pl.String,
    "commitment_discount_id": pl.String,
    "commitment_discount_name": pl.String,
    "commitment_discount_quantity": MONEY,
    "commitment_discount_status": pl.String,
    "commitment_discount_type": pl.String,
    "commitment_discount_unit": pl.String,
    "commitment_program_eligibility_details": pl.String,
    "consumed_quantity": MONEY,
    "consumed_unit": pl.String,
    "contract_applied": pl.String,
    "contracted_cost": MONEY,
    "contracted_unit_price": MONEY,
    "effective_cost": MONEY,
    "host_provider_name": pl.String,
    "invoice_detail_id": pl.String,
    "invoice_id": pl.String,
    "invoice_issuer_name": pl.String,
    "list_cost": MONEY,
    "list_unit_price": MONEY,
    "pricing_category": pl.String,
    "pricing_currency": pl.String,
    "pricing_currency_contracted_unit_price": MONEY,
    "pricing_currency_effective_cost": MONEY,
    "pricing_currency_list_unit_price": MONEY,
    "pricing_quantity": MONEY,
    "pricing_unit": pl.String,
    "provider_name": pl.String,
    "publisher_name": pl.String,
    "region_id": pl.String,
    "region_name": pl.String,
    "resource_id": pl.String,
    "resource_name": pl.String,
    "resource_type": pl.String,
    "service_category": pl.String,
    "service_name": pl.String,
    "service_provider_name": pl.String,
    "service_subcategory": pl.String,
    "sku_id": pl.String,
    "sku_meter": pl.String,
    "sku_price_details": pl.String,
    "sku_price_id": pl.String,
    "sub_account_id": pl.String,
    "sub_account_name": pl.String,
    "sub_account_type": pl.String,
    "tags": pl.String,
    "x_columns": pl.String,
}
"""FOCUS 1.4 Cost and Usage, plus the two names that 1.4 dropped (`provider_name`,
`publisher_name`). JSON columns are canonical JSON text (sorted keys); `x_columns` holds every
column of the delivery that FOCUS does not define, as a JSON object of strings under its own name.
`charge_key` identifies a charge across deliveries: a hash of the row's content within its billing
period plus an ordinal among identical rows."""

PROMETHEUS_SAMPLES: Columns = {
    "metric": pl.String,
    "labels": pl.String,
    "sample_at": TIMESTAMP,
    "value": pl.Float64,
}
"""One raw sample of one series. `labels` is canonical JSON text (sorted keys, no `__name__`)."""

INFERENCE_REQUESTS: Columns = {
    "request_id": pl.String,
    "trace_id": pl.String,
    "started_at": TIMESTAMP,
    "completed_at": TIMESTAMP,
    "first_token_at": TIMESTAMP,
    "gen_ai_operation_name": pl.String,
    "gen_ai_provider_name": pl.String,
    "gen_ai_request_model": pl.String,
    "gen_ai_response_model": pl.String,
    "deployment_id": pl.String,
    "replica_id": pl.String,
    "api_key_hash": pl.String,
    "api_key_alias": pl.String,
    "gateway_team": pl.String,
    "end_user_hmac": pl.String,
    "session_id": pl.String,
    "status": pl.String,
    "service_tier": pl.String,
    "is_gateway_cache_hit": pl.Boolean,
    "is_streamed": pl.Boolean,
    "input_tokens": pl.Int64,
    "cache_read_input_tokens": pl.Int64,
    "cache_creation_input_tokens": pl.Int64,
    "cache_creation_1h_input_tokens": pl.Int64,
    "input_audio_tokens": pl.Int64,
    "cache_read_audio_input_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "reasoning_output_tokens": pl.Int64,
    "output_audio_tokens": pl.Int64,
    "search_requests": pl.Int64,
    "reported_cost": MONEY,
    "prompt_hmac": pl.String,
    "prompt_block_hashes": pl.String,
    "prompt_block_tokens": pl.Int64,
    "request_tags": pl.String,
}
"""One model call (attempt). `input_tokens` are all input tokens, cached ones included;
`output_tokens` are all output tokens, reasoning included; what is a part of what else, and how each
vendor counts it, is in `ingest.usage`. `service_tier` is standard, batch, flex, priority or the
vendor's own word. `prompt_block_hashes` are those of the prompt's blocks, each over all before it,
between spaces; `prompt_block_tokens` is how many tokens a block has, where that is known. Prompts
and completions never get here."""

SLURM_JOBS: Columns = {
    "job_id": pl.String,
    "job_id_raw": pl.Int64,
    "cluster": pl.String,
    "account": pl.String,
    "user_name": pl.String,
    "partition": pl.String,
    "qos": pl.String,
    "job_name": pl.String,
    "state": pl.String,
    "submit_at": TIMESTAMP,
    "started_at": TIMESTAMP,
    "completed_at": TIMESTAMP,
    "elapsed_seconds": pl.Int64,
    "gpu_count": pl.Int64,
    "gpu_type": pl.String,
    "node_list": pl.String,
}
"""The part of an allocation record of `sacct -X -D` that lies on one UTC day; a requeued job has
several records a day, told apart by `submit_at`. `node_list` is written out, between commas."""

MODEL_API_USAGE: Columns = {
    "usage_date": pl.Date,
    "gen_ai_provider_name": pl.String,
    "gen_ai_operation_name": pl.String,
    "billing_account_id": pl.String,
    "sub_account_id": pl.String,
    "api_key_id": pl.String,
    "gen_ai_response_model": pl.String,
    "service_tier": pl.String,
    "context_window": pl.String,
    "request_count": pl.Int64,
    "input_tokens": pl.Int64,
    "cache_read_input_tokens": pl.Int64,
    "cache_creation_input_tokens": pl.Int64,
    "cache_creation_1h_input_tokens": pl.Int64,
    "input_audio_tokens": pl.Int64,
    "input_image_tokens": pl.Int64,
    "output_tokens": pl.Int64,
    "output_audio_tokens": pl.Int64,
    "output_image_tokens": pl.Int64,
    "search_requests": pl.Int64,
    "consumed_quantity": pl.Int64,
    "consumed_unit": pl.String,
}
"""What a vendor itself counted of a UTC day's calls, by the groups that it tells apart. Counts mean
what they mean in `inference_requests`; one that the vendor does not tell is null. `api_key_id` is
the vendor's name of a key, not a key."""

TABLES: Mapping[str, Columns] = MappingProxyType(
    {
        "focus_charges": LINEAGE | FOCUS_CHARGES,
        "billing_periods": LINEAGE | BILLING_PERIODS,
        "invoice_details": LINEAGE | INVOICE_DETAILS,
        "contract_commitments": LINEAGE | CONTRACT_COMMITMENTS,
        "prometheus_samples": LINEAGE | PROMETHEUS_SAMPLES,
        "inference_requests": LINEAGE | INFERENCE_REQUESTS,
        "slurm_jobs": LINEAGE | SLURM_JOBS,
        "model_api_usage": LINEAGE | MODEL_API_USAGE,
        **{name: LINEAGE | columns for name, columns in REFERENCE.items()},
    }
)
"""Every lake table with its full schema, in column order."""

QUARANTINE: Columns = {
    "source_name": pl.String,
    "delivery_id": pl.String,
    "table_name": pl.String,
    "object_key": pl.String,
    "object_row": pl.Int64,
    "reason_code": pl.String,
    "column_name": pl.String,
    "message": pl.String,
    "record": pl.String,
    "service_provider_name": pl.String,
    "billing_account_id": pl.String,
    "billing_period": pl.Date,
    "billing_currency": pl.String,
    "billed_cost": MONEY,
    "effective_cost": MONEY,
}
"""A row that could not be trusted, why, and the amount it carried where that was readable."""
