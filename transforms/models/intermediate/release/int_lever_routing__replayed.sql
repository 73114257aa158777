{#
    Replay of a router between the model that a team calls and one other, by task: tasks move in the order of
    what they save for each request that gets worse, until the team's mean quality over its evaluated
    calls is as low as the share of today's that is asked for. The other model is the one that saves most.
    How well tasks alone route: RouteLLM's answers (arXiv 2406.18665) routed by subject.
#}
with
share as (
    select max(value) as value
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'routing' and name = 'quality_share'
),

tasks as (
    select
        team,
        deployment,
        other_model,
        task,
        sum(cost - other_cost) as saving,
        sum(request_count * quality) as quality_points,
        sum(request_count * greatest(quality - other_quality, 0)) as lost_points
    from {{ ref('int_lever_tasks__priced') }}
    group by team, deployment, other_model, task
),

ordered as (
    select
        *,
        sum(case when saving > 0 then lost_points else 0 end) over (
            partition by team, deployment, other_model
            order by {{ billionths(
                quanta('greatest(saving, 0)'), 'greatest(' ~ quanta('cast(lost_points as decimal(38, 18))') ~ ', 1)'
            ) }} desc, task asc
            rows between unbounded preceding and current row
        ) as lost_so_far,
        sum(quality_points) over (partition by team, deployment, other_model) as all_points
    from tasks
),

routed as (
    select ordered.*
    from ordered
    cross join share
    where ordered.saving > 0 and ordered.lost_so_far <= ordered.all_points * (1 - share.value)
),

chosen as (
    select
        team,
        deployment,
        other_model
    from routed
    group by team, deployment, other_model
    qualify row_number() over (
        partition by team, deployment order by sum(saving) desc, other_model asc
    ) = 1
)

select
    'routing' as lever,
    'deployment' as scope_type,
    priced.deployment || ' beside ' || priced.other_model as scope_name,
    priced.team,
    'deployment ' || priced.deployment as cost_pool,
    priced.usage_date,
    cast(sum(priced.cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(case when routed.task is not null then priced.cost - priced.other_cost else 0 end) as decimal(38, 18))
        as saving,
    cast(sum(case when routed.task is not null then priced.request_count else 0 end) as bigint)
        as evidence_row_count
from {{ ref('int_lever_tasks__priced') }} as priced
inner join chosen using (team, deployment, other_model)  {# one other model per team and deployment #}
left join routed using (team, deployment, other_model, task)
group by priced.team, priced.deployment, priced.other_model, priced.usage_date
