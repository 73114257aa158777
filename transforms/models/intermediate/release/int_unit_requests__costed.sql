{#
    What the requests of each team, model and deployment used and cost on each day. Costs come from
    the ledger's request stages; requests that no cost source explains have none. Their overhead is the part of the team's shared costs of the day
    that is to all of them as these requests are to all that the team caused.
#}
with
usage as (
    select
        usage_date,
        team,
        model,
        deployment,
        {% for count in unit_counts() %}
        sum({{ count }}) as {{ count }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('day_request_usage') }}
    group by usage_date, team, model, deployment
),

ledger as (
    select
        *,
        allocation_method in ('residency', 'weighted_tokens', 'metered_tokens') as is_of_requests
    from {{ ref('cost_ledger') }}
),

costs as (
    select
        usage_date,
        team,
        model,
        deployment,
        sum(reporting_effective_cost) as reporting_effective_cost,
        coalesce(sum(reporting_effective_cost) filter (where cost_class in ('direct', 'unallocated')), 0)
            as reporting_direct_cost
    from ledger
    where is_of_requests
    group by usage_date, team, model, deployment
),

{# In billionths of the currency, so that the share multiplies what fits. #}
teams as (
    select
        usage_date,
        team,
        {{ floor_divide(
            quanta(
                'coalesce(sum(reporting_effective_cost) filter ('
                ~ "where cost_class in ('direct', 'unallocated', 'idle_held')), 0)"
            ),
            1000000000
        ) }} as own_billionths,
        {{ quanta(
            "coalesce(sum(reporting_effective_cost) filter (where allocation_method like 'shared_%'"
            ~ " and allocation_method not in ('shared_keep_central', 'shared_without_recipients')), 0)"
        ) }} as overhead_quanta
    from ledger
    group by usage_date, team
),

joined as (
    select
        usage.*,
        costs.reporting_effective_cost,
        costs.reporting_direct_cost,
        tokens.input_cost + tokens.cache_creation_cost as input_cost,
        tokens.cache_read_cost as cached_input_cost,
        tokens.output_cost,
        tokens.request_cost,
        tokens.input_direct_cost + tokens.cache_creation_direct_cost as input_direct_cost,
        tokens.cache_read_direct_cost as cached_input_direct_cost,
        tokens.output_direct_cost,
        costs.team is not null as has_cost,
        teams.overhead_quanta,
        {{ floor_divide(quanta('costs.reporting_effective_cost'), 1000000000) }} as billionths,
        teams.own_billionths
    from usage
    left join costs using (usage_date, team, model, deployment)
    left join {{ ref('day_request_token_costs') }} as tokens using (usage_date, team, model, deployment)
    left join teams using (usage_date, team)
)

select
    * exclude (overhead_quanta, billionths, own_billionths),
    case
        when own_billionths > 0 then
            {{ from_quanta(share('overhead_quanta', 'billionths', 'billionths', 'greatest(own_billionths, 1)')) }}
        when reporting_effective_cost is not null then 0
    end as reporting_overhead_cost
from joined
