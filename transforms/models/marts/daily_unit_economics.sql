{# What a unit of work cost each team at each deployment. Roll-ups are in unit_economics. #}
with
gpus as (
    select
        usage_date,
        deployment,
        sum(held_seconds) as held_gpu_seconds,
        sum(active_seconds) as busy_gpu_seconds
    from {{ ref('day_gpu_hours') }}
    where deployment <> 'none'
    group by usage_date, deployment
),

gpu_costs as (
    select
        usage_date,
        deployment,
        sum(reporting_effective_cost) as gpu_cost
    from {{ ref('day_workload_costs') }}
    where deployment <> 'none'
    group by usage_date, deployment
),

joined as (
    select
        requests.*,
        coalesce(users.active_user_count, 0) as active_user_count,
        gpus.held_gpu_seconds,
        gpus.busy_gpu_seconds,
        gpu_costs.gpu_cost
    from {{ ref('int_unit_requests__costed') }} as requests
    left join {{ ref('day_active_users') }} as users
        on
            requests.usage_date = users.usage_date
            and requests.team = users.team
            and requests.model = users.model
            and requests.deployment = users.deployment
            and users.scope = 'team_deployment'
    left join gpus
        on requests.usage_date = gpus.usage_date and requests.deployment = gpus.deployment
    left join gpu_costs
        on requests.usage_date = gpu_costs.usage_date and requests.deployment = gpu_costs.deployment
)

select
    joined.usage_date,
    joined.team,
    joined.model,
    joined.deployment,
    {% for count in unit_counts() + ['active_user_count'] %}
    cast(joined.{{ count }} as bigint) as {{ count }},
    {% endfor %}
    run.reporting_currency,
    {% for amount in unit_amounts() %}
    cast(joined.{{ amount }} as decimal(38, 18)) as {{ amount }},
    {% endfor %}
    {{ unit_costs('joined') }},
    {{ unit_cost('joined.gpu_cost', milliseconds('joined.held_gpu_seconds'), 3600000) }} as cost_per_held_gpu_hour,
    {{ unit_cost('joined.gpu_cost', milliseconds('joined.busy_gpu_seconds'), 3600000) }} as cost_per_busy_gpu_hour
from joined
cross join {{ source('landing', 'run') }} as run
