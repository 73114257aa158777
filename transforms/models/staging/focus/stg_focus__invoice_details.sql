select
    source_name,
    invoice_issuer_name,
    invoice_id,
    invoice_detail_id,
    invoice_issue_status,
    invoice_issue_date,
    billing_account_id,
    cast(date_trunc('month', billing_period_start) as date) as billing_period,
    billing_currency,
    charge_category,
    billed_cost
from {{ source('landing', 'invoice_details') }}
