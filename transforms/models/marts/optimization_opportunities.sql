with
idle_gpu_time as (select * from {{ ref('int_lever_idle_gpus__replayed') }}),
unheld_nodes as (select * from {{ ref('int_lever_unheld_nodes__replayed') }}),
commitments as (select * from {{ ref('int_lever_unused_commitments__summed') }}),

levers as (
    select * from idle_gpu_time
    union all
    select * from unheld_nodes
    union all
    select * from commitments
)

select
    run.usage_date as as_of_date,
    levers.lever,
    levers.scope,
    levers.team,
    coalesce(teams.owner, 'unallocated') as owner,
    run.reporting_currency as currency,
    levers.baseline_cost,
    cast(levers.baseline_cost - levers.saving_expected as decimal(38, 18)) as optimized_cost,
    levers.saving_low,
    levers.saving_expected,
    levers.saving_high,
    levers.confidence,
    levers.evidence_query,
    levers.evidence_row_count,
    levers.assumptions,
    levers.action,
    levers.effort,
    levers.risk,
    run.first_usage_date as valid_from,
    run.usage_date as valid_to,
    'new' as status
from levers
cross join {{ source('landing', 'run') }} as run
left join {{ ref('stg_reference__teams') }} as teams
    on levers.team = teams.team and {{ in_force('teams', 'run.usage_date') }}
where levers.saving_expected > 0
