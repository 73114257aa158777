select
    charge_date,
    model,
    deployment,
    purpose,
    cost_class,
    billing_currency,
    reporting_currency,
    {{ sum_amounts() }}
from {{ ref('cost_ledger') }}
group by all
