{#
    Replay of pooled capacity: a deployment that serves requests keeps, in every hour, the replicas that it needs.
    What the hours gave up already (idle, above) is taken off by the waterfall.
#}
with
needs as (select * from {{ ref('int_lever_replicas__needed') }}),

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
