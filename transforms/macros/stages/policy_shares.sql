{#
    Stage 7: what each shared-cost policy in force gives to each team, as an integer weight of a total.
    Recipients by method: `proportional` and `by_metric` every team with a measured quantity, `even`
    every team, `fixed` and `keep_central` those that the policy names. A team that shares its own
    costs at this step or an earlier one is closed and receives nothing any more.

    `entries` has usage_date and the column `period_key`; `basis` has period_key, metric, team, basis.
#}
{% macro policy_shares(entries, basis, period_key) %}
with
policies as (select * from {{ ref('stg_reference__shared_cost_policies') }}),

days as (select distinct usage_date, {{ period_key }} as period_key from {{ entries }}),

effective as (
    select distinct
        days.usage_date,
        days.period_key,
        policies.policy_id,
        policies.step,
        policies.method,
        policies.metric
    from days
    inner join policies on {{ in_force('policies', 'days.usage_date') }}  {# no policy: nothing is shared #}
    where policies.method <> 'direct'
),

recipients as (
    select effective.*, measured.team, measured.basis
    from effective
    inner join {{ basis }} as measured  {# a team without the quantity gets nothing #}
        on effective.period_key = measured.period_key and effective.metric = measured.metric

    union all

    select effective.*, teams.team, 1
    from effective
    inner join {{ ref('stg_reference__teams') }} as teams on {{ in_force('teams', 'effective.usage_date') }}
    where effective.method = 'even'

    union all

    select effective.*, policies.team, case when policies.method = 'fixed' then policies.weight else 1 end
    from effective
    inner join policies
        on effective.policy_id = policies.policy_id and {{ in_force('policies', 'effective.usage_date') }}
    where policies.team is not null and policies.method in ('fixed', 'keep_central')
),

open_recipients as (
    select recipients.*
    from recipients
    left join policies as closing
        on
            closing.match_field = 'team'
            and lower(recipients.team) = closing.match_value
            and closing.step <= recipients.step
            and {{ in_force('closing', 'recipients.usage_date') }}
    where closing.policy_id is null and recipients.basis > 0 and recipients.team <> 'unallocated'
)

{% set policy = 'partition by usage_date, period_key, policy_id' %}
select
    usage_date,
    period_key,
    policy_id,
    step,
    method,
    metric,
    team,
    cast(basis as {{ integer_type() }}) as basis,
    cast(sum(basis) over ({{ policy }} order by team rows unbounded preceding) as {{ integer_type() }}) as running,
    cast(sum(basis) over ({{ policy }}) as {{ integer_type() }}) as total
from open_recipients
{% endmacro %}
