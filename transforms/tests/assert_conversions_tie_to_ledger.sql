{#
    A row here means that an amount in another currency is not what its exchange rate makes of it less the rounding
    that is booked, or that the ledger holds another amount than was converted.
#}
{{ config(tags=['release']) }}

with
ledger as (
    select
        provider,
        billing_account_id,
        billing_period,
        billing_currency,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from {{ ref('cost_ledger') }}
    where billing_currency <> reporting_currency
    group by all
),

converted as (
    select
        provider,
        billing_account_id,
        billing_period,
        billing_currency,
        sum(reporting_cost) filter (where measure = 'billed_cost') as billed_cost,
        sum(reporting_cost) filter (where measure = 'effective_cost') as effective_cost
    from {{ ref('currency_conversions') }}
    group by all
)

select
    provider,
    billing_account_id,
    billing_period,
    billing_currency,
    ledger.billed_cost as ledger_billed_cost,
    converted.billed_cost as converted_billed_cost,
    ledger.effective_cost as ledger_effective_cost,
    converted.effective_cost as converted_effective_cost
from ledger
full outer join converted using (provider, billing_account_id, billing_period, billing_currency)
where
    coalesce(ledger.billed_cost, 0) <> coalesce(converted.billed_cost, 0)
    or coalesce(ledger.effective_cost, 0) <> coalesce(converted.effective_cost, 0)
