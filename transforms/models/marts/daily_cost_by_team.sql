select
    charge_date,
    business_unit,
    cost_center,
    team,
    cost_class,
    billing_currency,
    reporting_currency,
    {{ sum_amounts() }}
from {{ ref('cost_ledger') }}
group by all
