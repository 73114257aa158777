{#
    Stage 7: costs that a policy shares, step by step. A policy on a service takes what has no owner;
    one on a charge category, a cost class or a team takes all of it. The first matching step wins.
    What a team received is shared on where a policy on that team has a later step: the number of such
    teams is limited (`most_sharing_teams`), and so is the number of passes. Every pass splits each
    entry exactly. An entry that reaches nobody stays where it is, with the reason.

    `entries` is the relation of int_6_entries__direct, `weights` of `policy_shares`; `period_key` is
    the column of entries that the two are joined on.
#}
{% macro share_costs(entries, weights, period_key) %}
{% set attributes = ['usage_date', 'cost_class', 'charge_category', 'service_category', 'service_name', 'team'] %}
{% set kept = [
    'charge_key', 'usage_date', 'billing_period', 'provider', 'billing_account_id', 'sub_account_id',
    'service_name', 'billing_currency', 'reporting_currency', 'model', 'deployment', 'purpose',
] %}
{% set passes = range(1, most_sharing_teams() + 2) %}
with
entries as (select * from {{ entries }}),
weights as (select * from {{ weights }}),
policies as (
    select distinct policy_id, step, match_field, match_value, method, valid_from, valid_to
    from {{ ref('stg_reference__shared_cost_policies') }}
),

matches as (
    select
        attributes.*,
        policies.policy_id,
        policies.step,
        policies.method,
        policies.match_field,
        row_number() over (
            partition by {{ attributes | join(', ') }}
            order by policies.step, policies.policy_id
        ) as precedence
    from (select distinct {{ attributes | join(', ') }} from entries) as attributes
    inner join policies  {# what no policy takes passes through unchanged below #}
        on
            {{ in_force('policies', 'attributes.usage_date') }}
            and policies.match_value = case policies.match_field
                when 'cost_class' then attributes.cost_class
                when 'charge_category' then lower(attributes.charge_category)
                when 'team' then lower(attributes.team)
                when 'service_category' then lower(attributes.service_category)
                when 'service_name' then lower(attributes.service_name)
            end
            and (attributes.team = 'unallocated' or policies.match_field not in ('service_category', 'service_name'))
),

matched as (
    select
        entries.*,
        matches.policy_id,
        matches.step,
        matches.method,
        matches.match_field,
        cast('' as varchar) as earlier_policies
    from entries
    left join matches
        on
            {% for attribute in attributes %}
            entries.{{ attribute }} is not distinct from matches.{{ attribute }} and
            {% endfor %}
            matches.precedence = 1
            and matches.method <> 'direct'
),

pools_1 as (select * from matched where policy_id is not null),

{% for pass in passes %}
split_{{ pass }} as (
    select
        {% for column in kept %}
        pools.{{ column }},
        {% endfor %}
        coalesce(weights.team, pools.team) as team,
        pools.policy_id,
        pools.step,
        pools.earlier_policies || pools.policy_id as policy_path,
        case
            when weights.team is null then pools.cost_class
            when pools.cost_class = 'direct' then 'shared'
            when pools.cost_class = 'idle_held' and pools.match_field = 'team' then 'shared'
            else pools.cost_class
        end as cost_class,
        case
            when weights.team is null then 'shared_without_recipients' else 'shared_' || pools.method
        end as allocation_method,
        {{ shares('coalesce(weights.basis, 1)', 'coalesce(weights.running, 1)', 'coalesce(weights.total, 1)', 'pools') }}
    from pools_{{ pass }} as pools
    left join weights
        on
            pools.usage_date = weights.usage_date
            and pools.{{ period_key }} = weights.period_key
            and pools.policy_id = weights.policy_id
),

{# What each team received, and the policy that shares it on at a later step. #}
held_{{ pass }} as (
    select
        received.*,
        next.policy_id as next_policy_id,
        next.step as next_step,
        next.method as next_method
    from (
        select
            {{ kept | join(', ') }}, team, policy_id, step, policy_path, cost_class, allocation_method,
            {{ sum_quanta() }}
        from split_{{ pass }}
        group by {{ kept | join(', ') }}, team, policy_id, step, policy_path, cost_class, allocation_method
    ) as received
    left join policies as next
        on
            next.match_field = 'team'
            and lower(received.team) = next.match_value
            and received.step < next.step
            and {{ in_force('next', 'received.usage_date') }}
){{ ',' if not loop.last }}

{% if not loop.last %}
pools_{{ pass + 1 }} as (
    select
        {{ kept | join(', ') }},
        team,
        next_policy_id as policy_id,
        next_step as step,
        next_method as method,
        'team' as match_field,
        policy_path || ' > ' as earlier_policies,
        cost_class,
        {{ quanta_columns() }}
    from held_{{ pass }}
    where next_policy_id is not null
),
{% endif %}

{% endfor %}
select
    {{ kept | join(', ') }},
    team,
    owner_rule,
    'none' as policy_path,
    cost_class,
    allocation_method,
    {{ quanta_columns() }}
from matched
where policy_id is null

{% for pass in passes %}
union all

select
    {{ kept | join(', ') }},
    team,
    policy_id as owner_rule,
    policy_path,
    cost_class,
    allocation_method,
    {{ quanta_columns() }}
from held_{{ pass }}
{% if not loop.last %}
where next_policy_id is null
{% endif %}
{% endfor %}
{% endmacro %}

{# Teams that may share their own costs on one day; the reference tables are refused above it. #}
{% macro most_sharing_teams() %}{{ return(5) }}{% endmacro %}
