{#
    The replicas of each serving deployment by the hour, and how many its busy GPU time of this hour and of the hours
    beside it needs at the target utilisation, never fewer than the minimum. A replica is a pod with all its GPUs.
#}
with
limits as (
    select
        max(cast(value * 1000 as bigint)) filter (where name = 'target_utilization') as target_permille,
        max(cast(value as bigint)) filter (where name = 'minimum_replicas') as minimum_replicas
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'scale_down'
),

loads as (
    select
        usage_date,
        hour_start,
        deployment,
        team,
        max(model) as model,
        max(gpu_model) as gpu_model,
        count(distinct pod) as replicas,
        sum({{ milliseconds('held_seconds') }}) as held_ms,
        sum({{ milliseconds('active_seconds') }}) as busy_ms
    from {{ ref('day_gpu_hours') }}
    where deployment <> 'none' and pod <> 'none' and purpose = 'online_inference'
    group by usage_date, hour_start, deployment, team
)

select
    loads.*,
    limits.minimum_replicas,
    limits.target_permille,
    greatest(
        limits.minimum_replicas,
        max({{ replicas_for('loads.busy_ms', 'loads.held_ms', 'loads.replicas', 'limits.target_permille') }}) over (
            partition by loads.deployment, loads.team order by loads.hour_start
            range between interval 1 hour preceding and interval 1 hour following
        )
    ) as needed
from loads
cross join limits
