select
    source_name,
    delivery_id,
    table_name,
    object_key,
    object_row,
    reason_code,
    column_name,
    message,
    record,
    service_provider_name,
    billing_account_id,
    billing_period,
    billing_currency,
    billed_cost,
    effective_cost
from {{ source('landing', 'quarantined_rows') }}
