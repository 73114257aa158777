{#
    How many units of provisioned throughput cost least over the window (the newsvendor in steps of a unit): what the k-th
    unit would have served is what each hour used between k - 1 and k units of tokens, at what these cost by the token. It
    never grows with k, so each unit is bought while that is more than its fee.
#}
with
slices as (
    select
        *,
        {{ numbers_to(floor_divide('weighted_tokens + tokens_per_hour - 1', 'tokens_per_hour')) }} as unit_number
    from {{ ref('int_lever_unit_hours__measured') }}
),

served as (
    select
        deployment,
        unit_number,
        sum({{ floor_divide(
            'by_token_quanta * least(weighted_tokens - (unit_number - 1) * tokens_per_hour, tokens_per_hour)', 'weighted_tokens'
        ) }}) as value_quanta
    from slices
    group by deployment, unit_number
),

fees as (
    select
        deployment,
        sum(24 * hour_quanta) as fee_quanta
    from {{ ref('int_lever_unit_offers__priced') }}
    group by deployment
)

select
    fees.deployment,
    coalesce(sum(case when served.value_quanta > fees.fee_quanta then 1 end), 0) as unit_count,
    coalesce(max(served.unit_number), 0) as needed_unit_count
from fees
left join served on fees.deployment = served.deployment
group by fees.deployment
