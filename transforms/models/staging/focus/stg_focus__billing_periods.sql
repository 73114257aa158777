select
    source_name,
    invoice_issuer_name,
    cast(date_trunc('month', billing_period_start) as date) as billing_period,
    billing_period_status,
    billing_period_last_updated
from {{ source('landing', 'billing_periods') }}
