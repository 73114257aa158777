{#
    Stage 7: costs that a policy shares. A policy on a service takes what has no owner; one on a
    charge category or a cost class takes all of it. The first matching step wins. Recipients by
    method: `proportional` to each team's direct effective cost, `even` over all teams, `fixed` by the
    policy's weights, `keep_central` with the policy's team. A pool that reaches nobody stays
    unallocated, with the reason.

    `entries` is the relation of int_6_entries__direct, `direct_costs` has period_key, team,
    direct_quanta; `period_key` is the column of entries that the two are joined on.
#}
{% macro share_costs(entries, direct_costs, period_key) %}
{% set attributes = ['usage_date', 'cost_class', 'charge_category', 'service_category', 'service_name', 'is_unowned'] %}
with
entries as (select *, team = 'unallocated' as is_unowned from {{ entries }}),
policies as (select * from {{ ref('stg_reference__shared_cost_policies') }}),

matches as (
    select
        attributes.*,
        policies.policy_id,
        policies.method,
        row_number() over (
            partition by {{ attributes | join(', ') }}
            order by policies.step, policies.policy_id
        ) as precedence
    from (select distinct {{ attributes | join(', ') }} from entries) as attributes
    inner join policies  {# what no policy takes passes through unchanged below #}
        on
            {{ in_force('policies', 'attributes.usage_date') }}
            and (
                (policies.match_field = 'cost_class' and policies.match_value = attributes.cost_class)
                or (
                    policies.match_field = 'charge_category'
                    and policies.match_value = lower(attributes.charge_category)
                )
                or (
                    attributes.is_unowned
                    and policies.match_field = 'service_category'
                    and policies.match_value = lower(attributes.service_category)
                )
                or (
                    attributes.is_unowned
                    and policies.match_field = 'service_name'
                    and policies.match_value = lower(attributes.service_name)
                )
            )
),

matched as (
    select
        entries.*,
        matches.policy_id,
        matches.method
    from entries
    left join matches
        on
            {% for attribute in attributes %}
            entries.{{ attribute }} is not distinct from matches.{{ attribute }} and
            {% endfor %}
            matches.precedence = 1
),

pools as (select * from matched where policy_id is not null),

days as (select distinct usage_date, {{ period_key }} as period_key from pools),

recipients as (
    {# Whole millionths of the currency keep the weights small; a team with a net credit carries none. #}
    select days.usage_date, policies.policy_id, direct_costs.team,
        greatest({{ floor_divide('direct_costs.direct_quanta', 1000000000000) }}, 0) as basis
    from days
    inner join (select distinct policy_id from policies where method = 'proportional') as policies on true
    inner join {{ direct_costs }} as direct_costs using (period_key)
    where direct_costs.team <> 'unallocated'

    union all

    select days.usage_date, policies.policy_id, teams.team, 1
    from days
    inner join (select distinct policy_id from policies where method = 'even') as policies on true
    inner join {{ ref('stg_reference__teams') }} as teams on {{ in_force('teams', 'days.usage_date') }}

    union all

    select days.usage_date, policies.policy_id, policies.team, policies.weight
    from days
    inner join policies on policies.method in ('fixed', 'keep_central') and {{ in_force('policies', 'days.usage_date') }}
    where policies.team is not null
),

accumulated as (
    select
        usage_date,
        policy_id,
        team,
        basis,
        sum(basis) over (partition by usage_date, policy_id order by team rows unbounded preceding) as running,
        sum(basis) over (partition by usage_date, policy_id) as total
    from recipients
    where basis > 0
),

pairs as (
    select
        pools.* exclude (team),
        pools.team as former_team,
        coalesce(accumulated.team, 'unallocated') as team,
        accumulated.team is null as reached_nobody,
        cast(coalesce(accumulated.basis, 1) as {{ integer_type() }}) as basis,
        cast(coalesce(accumulated.running, 1) as {{ integer_type() }}) as running,
        cast(coalesce(accumulated.total, 1) as {{ integer_type() }}) as total
    from pools
    left join accumulated using (usage_date, policy_id)
),

shared as (
    select
        *,
        case when cost_class = 'direct' then 'shared' else cost_class end as shared_class,
        case when reached_nobody then 'shared_without_recipients' else 'shared_' || method end as shared_method,
        {{ shares('basis', 'running', 'total', 'pairs', suffix='_share') }}
    from pairs
)

select
    charge_key,
    usage_date,
    billing_period,
    provider,
    billing_account_id,
    sub_account_id,
    service_name,
    billing_currency,
    reporting_currency,
    team,
    policy_id as owner_rule,
    model,
    deployment,
    purpose,
    shared_class as cost_class,
    shared_method as allocation_method,
    {% for measure in measures() %}
    sum({{ measure }}_quanta_share) as {{ measure }}_quanta{{ ',' if not loop.last }}
    {% endfor %}
from shared
group by all

union all

select
    charge_key,
    usage_date,
    billing_period,
    provider,
    billing_account_id,
    sub_account_id,
    service_name,
    billing_currency,
    reporting_currency,
    team,
    owner_rule,
    model,
    deployment,
    purpose,
    cost_class,
    allocation_method,
    {{ quanta_columns() }}
from matched
where policy_id is null
{% endmacro %}
