{#
    Replay: a task moves to the model that saves most over the window among those that are good enough:
    with 95 % confidence not more than the tolerance below the model it has. One that is not saves nothing.
#}
with
tolerance as (
    {{ quality_tolerance() }}
),

replayed as (
    select
        priced.*,
        cast(case
            when {{ is_good_enough('priced.quality', 'priced.other_quality', 'priced.variance', 'tolerance.value') }}
                then priced.cost - priced.other_cost
            else 0
        end as decimal(38, 18)) as saving
    from {{ ref('int_lever_tasks__priced') }} as priced
    inner join tolerance using (usage_date)  {# every known day has its assumption #}
),

chosen as (
    select
        team,
        deployment,
        task,
        other_model
    from replayed
    group by team, deployment, task, other_model
    qualify row_number() over (
        partition by team, deployment, task order by sum(saving) desc, other_model asc
    ) = 1
)

select
    'right_sizing' as lever,
    'task' as scope_type,
    task || ' on ' || deployment || ' to ' || other_model as scope_name,
    team,
    'deployment ' || deployment as cost_pool,
    usage_date,
    cost as baseline_cost,
    saving,
    request_count as evidence_row_count
from replayed
inner join chosen using (team, deployment, task, other_model)  {# the others save less #}
