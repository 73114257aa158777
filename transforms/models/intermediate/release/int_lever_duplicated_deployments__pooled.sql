{#
    Replay: deployments that serve the same model on the same GPUs are one. Each needs replicas of its own, rounded up and
    never fewer than the minimum; together they need what their joint busy time needs. Saved is the part of the needed
    replicas that the joint deployment does without: what each has beyond its need is `scale_down`, before it.
#}
with
needs as (select * from {{ ref('int_lever_replicas__needed') }} where model <> 'none'),

together as (
    select
        hour_start,
        model,
        gpu_model,
        count(distinct deployment) as deployment_count,
        sum(needed) as needed_apart,
        max(minimum_replicas) as minimum_replicas,
        {{ replicas_for('sum(busy_ms)', 'sum(held_ms)', 'sum(replicas)', 'max(target_permille)') }} as needed_now
    from needs
    group by hour_start, model, gpu_model
),

joint as (
    select
        *,
        least(needed_apart, greatest(minimum_replicas, max(needed_now) over (
            partition by model, gpu_model order by hour_start
            range between interval 1 hour preceding and interval 1 hour following
        ))) as needed_together
    from together
),

costs as (
    select
        hour_start,
        deployment,
        team,
        sum(reporting_effective_cost) as cost
    from {{ ref('day_workload_costs') }}
    where deployment <> 'none'
    group by hour_start, deployment, team
)

select
    'duplicated_deployments' as lever,
    'model' as scope_type,
    needs.model || ' on ' || needs.gpu_model as scope_name,
    needs.team,
    'deployment ' || needs.deployment as cost_pool,
    needs.usage_date,
    cast(sum(costs.cost) as decimal(38, 18)) as baseline_cost,
    cast({{ from_quanta('sum(' ~ billionths_of(
        quanta('cast(greatest(costs.cost, 0) as decimal(38, 18))'),
        billionths('joint.needed_apart - joint.needed_together', 'joint.needed_apart')
    ) ~ ')') }} as decimal(38, 18)) as saving,
    count(*) as evidence_row_count
from needs
inner join joint using (hour_start, model, gpu_model)  {# hours of these very deployments #}
inner join costs using (hour_start, deployment, team)  {# hours without a cost save none #}
where joint.deployment_count > 1
group by needs.model, needs.gpu_model, needs.deployment, needs.team, needs.usage_date
