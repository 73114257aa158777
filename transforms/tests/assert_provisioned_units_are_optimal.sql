{# No other number of units costs less: every number up to what the busiest hour needs, tried on every hour. #}
{{ config(tags=['release']) }}

with
counts as (select * from {{ ref('int_lever_unit_counts__optimal') }}),

candidates as (
    select
        deployment,
        {{ numbers_to('needed_unit_count + 1') }} - 1 as tried_count
    from counts
),

fees as (
    select
        deployment,
        sum(24 * hour_quanta) as fee_quanta
    from {{ ref('int_lever_unit_offers__priced') }}
    group by deployment
),

costs as (
    select
        candidates.deployment,
        candidates.tried_count,
        candidates.tried_count * max(fees.fee_quanta) + sum({{ floor_divide(
            'hours.by_token_quanta * greatest(hours.weighted_tokens - candidates.tried_count * hours.tokens_per_hour, 0)',
            'hours.weighted_tokens'
        ) }}) as cost,
        count(*) as hour_count
    from candidates
    inner join fees using (deployment)  {# counts are of these very offers #}
    inner join {{ ref('int_lever_unit_hours__measured') }} as hours using (deployment)  {# none, no unit is needed #}
    group by candidates.deployment, candidates.tried_count
)

select
    costs.deployment,
    costs.tried_count,
    costs.cost,
    counts.unit_count,
    chosen.cost as chosen_cost
from costs
inner join counts using (deployment)  {# one row each #}
inner join costs as chosen
    on counts.deployment = chosen.deployment and counts.unit_count = chosen.tried_count
{# Each slice of an hour is rounded by less than a quantum. #}
where costs.cost + costs.hour_count * greatest(counts.needed_unit_count, 1) < chosen.cost
