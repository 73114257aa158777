select
    invoice_issuer_name,
    billing_period,
    arg_max(billing_period_status, billing_period_last_updated) as billing_period_status,
    max(billing_period_last_updated) as billing_period_last_updated
from {{ ref('stg_focus__billing_periods') }}
group by invoice_issuer_name, billing_period
