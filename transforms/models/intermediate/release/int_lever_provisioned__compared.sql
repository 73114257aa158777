{#
    Replays of provisioned throughput: as many units as cost least, and what is used above them is paid by the token.
    Where the company has no units, these are subscribed to. A day bears its own fees, so that weak days cost more than
    they save; fees of days without calls count on the others, in proportion to what units serve. Where it has more,
    the rest is given back, on days with calls and for no more than these cost. The team is the one that uses most.
#}
with
fees as (
    select
        offers.deployment,
        max(counts.unit_count) * sum(24 * offers.hour_quanta) as subscribed_quanta
    from {{ ref('int_lever_unit_offers__priced') }} as offers
    inner join {{ ref('int_lever_unit_counts__optimal') }} as counts using (deployment)  {# one row each #}
    group by offers.deployment
),

used as (
    select
        hours.usage_date,
        hours.deployment,
        counts.unit_count,
        offers.owned_units,
        24 * offers.hour_quanta as fee_quanta,
        sum(hours.request_count) as request_count,
        sum(hours.quanta) as quanta,
        {% for name, units in [
            ('served', 'counts.unit_count'),
            ('kept', 'least(counts.unit_count, offers.owned_units)'),
            ('owned', 'offers.owned_units'),
        ] %}
        sum({{ floor_divide(
            'hours.by_token_quanta * least(hours.weighted_tokens, ' ~ units ~ ' * hours.tokens_per_hour)',
            'hours.weighted_tokens'
        ) }}) as {{ name }}_quanta{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_lever_unit_hours__measured') }} as hours
    inner join {{ ref('int_lever_unit_offers__priced') }} as offers  {# hours are of offers #}
        using (usage_date, deployment)
    inner join {{ ref('int_lever_unit_counts__optimal') }} as counts using (deployment)  {# one row each #}
    group by all
    having sum(hours.quanta) > 0
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
        used.*,
        least(used.unit_count, max(used.owned_units) over (partition by used.deployment)) as kept_count,
        {{ billionths(
            'used.served_quanta', 'greatest(sum(used.served_quanta) over (partition by used.deployment), 1)'
        ) }} as served_billionths,
        fees.subscribed_quanta
        - used.unit_count * sum(used.fee_quanta) over (partition by used.deployment) as uncalled_quanta
    from used
    inner join fees on used.deployment = fees.deployment  {# of these very offers #}
)

select
    case when days.owned_units = 0 then 'subscription' else 'provisioned_throughput' end as lever,
    'deployment' as scope_type,
    case
        when days.owned_units = 0 then days.deployment || ' in ' || days.unit_count || ' units'
        else days.deployment || ' with ' || days.kept_count || ' units'
    end as scope_name,
    owners.team,
    'deployment ' || days.deployment as cost_pool,
    days.usage_date,
    {{ from_quanta('days.quanta') }} as baseline_cost,
    {{ from_quanta('case
        when days.owned_units = 0 then days.served_quanta - days.unit_count * days.fee_quanta - '
        ~ billionths_of('days.uncalled_quanta', 'days.served_billionths') ~ '
        else least(
            (days.owned_units - least(days.unit_count, days.owned_units)) * days.fee_quanta
            - (days.owned_quanta - days.kept_quanta),
            days.quanta
        )
    end') }} as saving,
    cast(days.request_count as bigint) as evidence_row_count
from days
inner join owners on days.deployment = owners.deployment  {# every deployment with hours was called #}
