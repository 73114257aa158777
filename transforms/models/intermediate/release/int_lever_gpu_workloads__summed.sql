{#
    The GPU hours that each workload held on each day and what they cost. Only days on which it held whole
    GPUs of one model, by itself: the hours of slices and of shared GPUs are not those of an offer.
#}
with
hours as (
    select
        hours.usage_date,
        {{ workload_pool('hours') }} as cost_pool,
        hours.workload,
        hours.deployment,
        hours.model,
        hours.team,
        hours.purpose,
        max(hours.gpu_model) as gpu_model,
        sum({{ milliseconds('hours.held_seconds') }}) as held_ms
    from {{ ref('day_gpu_hours') }} as hours
    where hours.workload <> 'none'
    group by all
    having
        count(distinct hours.gpu_model) = 1
        and max(hours.holder_count) = 1
        and max(hours.gpu_instance_id) = ''
),

costs as (
    select
        usage_date,
        workload,
        deployment,
        model,
        team,
        purpose,
        sum(reporting_effective_cost) as cost,
        sum(case when cost_class = 'direct' then reporting_effective_cost else 0 end) as busy_cost
    from {{ ref('day_workload_costs') }}
    group by all
)

select
    hours.usage_date,
    hours.cost_pool,
    case when hours.deployment <> 'none' then 'deployment' else 'workload' end as scope_type,
    case
        when hours.deployment <> 'none' then hours.deployment
        else coalesce(named.work, hours.workload)
    end as scope_name,
    hours.deployment,
    hours.model,
    hours.team,
    hours.purpose,
    hours.gpu_model,
    cast(sum(hours.held_ms) as bigint) as held_ms,
    cast(greatest(sum(costs.cost), 0) as decimal(38, 18)) as cost,
    cast(greatest(sum(costs.busy_cost), 0) as decimal(38, 18)) as busy_cost
from hours
inner join costs using (usage_date, workload, deployment, model, team, purpose)  {# hours without a cost save none #}
left join {{ ref('int_lever_work__named') }} as named on hours.workload = named.workload
group by all
