{#
    Replays of provisioned throughput: where the company has no units, as many are subscribed to as cost least, and what
    is used above them is paid by the token as before; where it has some, those that no hour of the window needed
    are given back. The team is the one that uses most.
#}
with
used as (
    select
        hours.usage_date,
        hours.deployment,
        sum(hours.request_count) as request_count,
        sum(hours.quanta) as quanta,
        sum({{ floor_divide(
            'hours.quanta * least(hours.weighted_tokens, counts.unit_count * hours.tokens_per_hour)', 'hours.weighted_tokens'
        ) }}) as served_quanta
    from {{ ref('int_lever_unit_hours__measured') }} as hours
    inner join {{ ref('int_lever_unit_counts__optimal') }} as counts using (deployment)  {# one row each #}
    group by hours.usage_date, hours.deployment
),

owners as (
    select
        deployment,
        team
    from {{ ref('day_request_hours') }}
    group by deployment, team
    qualify row_number() over (
        partition by deployment order by sum(reporting_effective_cost) desc, team asc
    ) = 1
),

days as (
    select
        offers.usage_date,
        offers.deployment,
        offers.owned_units,
        counts.unit_count,
        counts.needed_unit_count,
        24 * offers.hour_quanta as fee_quanta,
        coalesce(used.request_count, 0) as request_count,
        coalesce(used.quanta, 0) as quanta,
        coalesce(used.served_quanta, 0) as served_quanta
    from {{ ref('int_lever_unit_offers__priced') }} as offers
    inner join {{ ref('int_lever_unit_counts__optimal') }} as counts using (deployment)  {# one row each #}
    left join used using (usage_date, deployment)
)

select
    case when days.owned_units = 0 then 'subscription' else 'provisioned_throughput' end as lever,
    'deployment' as scope_type,
    case
        when days.owned_units = 0 then days.deployment || ' in ' || days.unit_count || ' units'
        else days.deployment
    end as scope_name,
    owners.team,
    'deployment ' || days.deployment as cost_pool,
    days.usage_date,
    {{ from_quanta('case when days.owned_units = 0 then days.quanta else days.owned_units * days.fee_quanta end') }}
        as baseline_cost,
    {{ from_quanta('case
        when days.owned_units = 0 then days.served_quanta - days.unit_count * days.fee_quanta
        else greatest(days.owned_units - days.needed_unit_count, 0) * days.fee_quanta
    end') }} as saving,
    cast(days.request_count as bigint) as evidence_row_count
from days
inner join owners on days.deployment = owners.deployment  {# every deployment with an offer was called #}
