{#
    Replay: a run of a job that ended badly (failed, lost its node, was preempted or requeued, ran out
    of time) loses at most the time since its last checkpoint; the rest of its cost was paid for work
    that is done again.
#}
with
interval_ms as (
    select max(cast(value * 3600000 as {{ integer_type() }})) as ms
    from {{ ref('int_lever_assumptions__chosen') }}
    where lever = 'failed_jobs' and name = 'checkpoint_interval_hours'
),

runs as (
    select
        scheduler,
        cluster,
        job_id,
        attempt,
        case
            when outcome in ('failed', 'node_failed', 'preempted', 'timed_out', 'requeued') and held_gpu_seconds > 0
                then greatest(
                    0,
                    1000000000 - {{ billionths(
                        'interval_ms.ms * greatest(gpu_count, 1)', milliseconds('held_gpu_seconds')
                    ) }}
                )
            else 0
        end as lost_billionths
    from {{ ref('job_runs') }}
    cross join interval_ms
),

costs as (
    select
        costs.usage_date,
        costs.scheduler,
        costs.cluster,
        costs.job_id,
        coalesce(attempts.workload, 'none') as workload,
        costs.team,
        costs.reporting_effective_cost as cost,
        {{ from_quanta(billionths_of(
            quanta('greatest(costs.reporting_effective_cost, 0)'), 'coalesce(runs.lost_billionths, 0)'
        )) }} as lost
    from {{ ref('day_job_costs') }} as costs
    left join runs
        on
            costs.scheduler = runs.scheduler
            and costs.cluster = runs.cluster
            and costs.job_id = runs.job_id
            and costs.attempt = runs.attempt
    left join (
        select
            usage_date,
            scheduler,
            cluster,
            job_id,
            max(workload) as workload
        from {{ ref('day_job_attempts') }}
        group by all
    ) as attempts
        on
            costs.usage_date = attempts.usage_date
            and costs.scheduler = attempts.scheduler
            and costs.cluster = attempts.cluster
            and costs.job_id = attempts.job_id
)

select
    'failed_jobs' as lever,
    'jobs of' as scope_type,
    coalesce(named.work, costs.workload) as scope_name,
    costs.team,
    'workload ' || costs.workload || ' of ' || costs.team as cost_pool,
    costs.usage_date,
    cast(sum(costs.cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(costs.lost) as decimal(38, 18)) as saving,
    count(*) filter (where costs.lost > 0) as evidence_row_count
from costs
left join {{ ref('int_lever_work__named') }} as named on costs.workload = named.workload
group by coalesce(named.work, costs.workload), costs.workload, costs.team, costs.usage_date
