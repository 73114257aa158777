{#
    Replay of pooled capacity: a deployment that serves requests keeps, in every hour, the replicas
    that its busy GPU time of this hour and of the hours beside it needs at the target utilisation, and
    never fewer than the minimum. A replica is a pod with all its GPUs. What the hours gave up already
    (idle, above) is taken off by the waterfall.
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
        count(distinct pod) as replicas,
        sum({{ milliseconds('held_seconds') }}) as held_ms,
        sum({{ milliseconds('active_seconds') }}) as busy_ms
    from {{ ref('day_gpu_hours') }}
    where deployment <> 'none' and pod <> 'none' and purpose = 'online_inference'
    group by all
),

needs as (
    select
        loads.usage_date,
        loads.hour_start,
        loads.deployment,
        loads.team,
        loads.replicas,
        greatest(
            limits.minimum_replicas,
            max({{ floor_divide(
                'loads.busy_ms * loads.replicas * 1000 + loads.held_ms * limits.target_permille - 1',
                'greatest(loads.held_ms * limits.target_permille, 1)'
            ) }}) over (
                partition by loads.deployment, loads.team order by loads.hour_start
                range between interval 1 hour preceding and interval 1 hour following
            )
        ) as needed
    from loads
    cross join limits
),

costs as (
    select
        costs.usage_date,
        costs.hour_start,
        costs.deployment,
        costs.team,
        sum(costs.reporting_effective_cost) as cost
    from {{ ref('day_workload_costs') }} as costs
    where costs.deployment <> 'none'
    group by all
),

saved as (
    select
        costs.usage_date,
        costs.deployment,
        costs.team,
        costs.cost,
        case when needs.needed < needs.replicas then
            {{ from_quanta(billionths_of(
                quanta('cast(greatest(costs.cost, 0) as decimal(38, 18))'),
                billionths('needs.replicas - needs.needed', 'needs.replicas')
            )) }}
        else 0 end as saving
    from costs
    inner join needs  {# hours without telemetry are unknown, not idle #}
        on
            costs.hour_start = needs.hour_start
            and costs.deployment = needs.deployment
            and costs.team = needs.team
)

select
    'scale_down' as lever,
    'deployment' as scope_type,
    deployment as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cast(sum(cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(saving) as decimal(38, 18)) as saving,
    count(*) filter (where saving > 0) as evidence_row_count
from saved
group by deployment, team, usage_date
