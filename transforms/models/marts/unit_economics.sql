{# Unit costs as ratios of sums, by team, model and deployment and for the whole organisation. #}
with
scopes as (
    select
        summed.*,
        coalesce(users.active_user_count, 0) as active_user_count
    from {{ ref('int_unit_scopes__summed') }} as summed
    left join {{ ref('day_active_users') }} as users
        on
            summed.usage_date = users.usage_date
            and summed.scope = users.scope
            and summed.scope_name = users.team || users.model || users.deployment
)

select
    scopes.usage_date,
    scopes.scope,
    case when scopes.scope = 'organization' then run.organization_name else scopes.scope_name end as scope_name,
    {% for count in unit_counts() + ['unpriced_request_count', 'active_user_count', 'training_run_count'] %}
    cast(scopes.{{ count }} as bigint) as {{ count }},
    {% endfor %}
    cast(scopes.held_gpu_seconds as decimal(18, 3)) as held_gpu_seconds,
    cast(scopes.busy_gpu_seconds as decimal(18, 3)) as busy_gpu_seconds,
    run.reporting_currency,
    {% for amount in unit_amounts() + ['gpu_cost', 'training_run_cost'] %}
    cast(scopes.{{ amount }} as decimal(38, 18)) as {{ amount }},
    {% endfor %}
    {{ unit_costs('scopes') }},
    {{ unit_cost('scopes.gpu_cost', milliseconds('scopes.held_gpu_seconds'), 3600000) }} as cost_per_held_gpu_hour,
    {{ unit_cost('scopes.gpu_cost', milliseconds('scopes.busy_gpu_seconds'), 3600000) }} as cost_per_busy_gpu_hour,
    {{ unit_cost('scopes.training_run_cost', 'scopes.training_run_count', 1) }} as cost_per_training_run
from scopes
cross join {{ source('landing', 'run') }} as run
