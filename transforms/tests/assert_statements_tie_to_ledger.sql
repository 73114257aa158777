{# A row here means that business units would be billed more or less than the ledger holds. #}
{{ config(tags=['release']) }}

with
ledger as (
    select
        billing_period,
        reporting_currency as currency,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from {{ ref('cost_ledger') }}
    group by all
),

lines as (
    select billing_period, currency, sum(billed_cost) as billed_cost, sum(effective_cost) as effective_cost
    from {{ ref('statement_lines') }}
    group by all
)

select
    billing_period,
    currency,
    ledger.billed_cost as ledger_billed_cost,
    lines.billed_cost as lines_billed_cost,
    ledger.effective_cost as ledger_effective_cost,
    lines.effective_cost as lines_effective_cost
from ledger
full outer join lines using (billing_period, currency)
where
    ledger.billed_cost is distinct from lines.billed_cost
    or ledger.effective_cost is distinct from lines.effective_cost
