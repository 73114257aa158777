{#
    A row here means that business units would be billed more or less than the ledger holds: over
    all periods together, or in an open period, adjustments of closed ones left out.
#}
{{ config(tags=['release']) }}

with
ledger as (
    select
        case
            when closings.billing_period is null then strftime(ledger.billing_period, '%Y-%m') else 'closed'
        end as period,
        ledger.reporting_currency as currency,
        sum(ledger.reporting_billed_cost) as billed_cost,
        sum(ledger.reporting_effective_cost) as effective_cost
    from {{ ref('cost_ledger') }} as ledger
    left join {{ source('landing', 'closings') }} as closings using (billing_period)
    group by all
),

lines as (
    select
        case
            when closings.billing_period is null and statement_lines.adjusted_period is null
            then strftime(statement_lines.billing_period, '%Y-%m')
            else 'closed'
        end as period,
        statement_lines.currency,
        sum(statement_lines.billed_cost) as billed_cost,
        sum(statement_lines.effective_cost) as effective_cost
    from {{ ref('statement_lines') }} as statement_lines
    left join {{ source('landing', 'closings') }} as closings using (billing_period)
    group by all
)

select
    period,
    currency,
    ledger.billed_cost as ledger_billed_cost,
    lines.billed_cost as lines_billed_cost,
    ledger.effective_cost as ledger_effective_cost,
    lines.effective_cost as lines_effective_cost
from ledger
full outer join lines using (period, currency)
where
    coalesce(ledger.billed_cost, 0) <> coalesce(lines.billed_cost, 0)
    or coalesce(ledger.effective_cost, 0) <> coalesce(lines.effective_cost, 0)
