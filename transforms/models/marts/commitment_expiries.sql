{#
    Commitments by the day on which they end, as far as the contract data says: what is to be renewed, resized or let
    go next. Those that have ended are left out.
#}
with
running as (
    select
        commitments.*,
        {{ milliseconds_between(
            'cast(run.usage_date as timestamp)', 'commitments.contract_commitment_period_end'
        ) }} // 86400000 as days_left
    from {{ ref('contract_commitments') }} as commitments
    cross join {{ source('landing', 'run') }} as run
    where commitments.contract_commitment_period_end > cast(run.usage_date as timestamp)
)

select
    contract_commitment_id,
    service_provider_name,
    contract_commitment_category,
    contract_commitment_type,
    contract_commitment_description,
    contract_commitment_cost,
    contract_commitment_quantity,
    contract_commitment_unit,
    billing_currency,
    contract_commitment_period_end,
    cast(days_left as bigint) as days_left,
    days_left <= 90 as is_due
from running
