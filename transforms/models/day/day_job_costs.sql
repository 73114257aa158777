{#
    What each run of a job cost on each day: its node-hours, cut by the time that each run had in them,
    so that the runs add up to the job exactly. A pod is a run of its own.
#}
with
shared as (
    select
        split.usage_date,
        jobs.scheduler,
        jobs.cluster,
        jobs.job_id,
        coalesce(hours.attempt, nullif(split.pod, ''), 'none') as attempt,
        jobs.user_name,
        jobs.team,
        jobs.model,
        jobs.purpose,
        split.cost_class,
        charges.billing_currency,
        charges.reporting_currency,
        {{ shares('coalesce(hours.basis, 1)', 'coalesce(hours.running, 1)', 'coalesce(hours.total, 1)', 'split') }}
    from {{ ref('int_3_workload_hours__split') }} as split
    inner join {{ ref('int_4_jobs__identified') }} as jobs  {# what is no job is in day_workload_costs alone #}
        on
            split.usage_date = jobs.usage_date
            and split.namespace = jobs.namespace
            and split.pod = jobs.pod
            and split.slurm_job = jobs.slurm_job
    inner join {{ ref('int_1_charges__classified') }} as charges  {# each share comes from a charge #}
        on split.charge_key = charges.charge_key
    left join {{ ref('int_4_job_hours__overlapped') }} as hours
        on
            split.usage_date = hours.usage_date
            and split.hour_start = hours.hour_start
            and split.node = hours.node
            and split.slurm_job = hours.slurm_job
),

summed as (
    select
        usage_date,
        scheduler,
        cluster,
        job_id,
        attempt,
        user_name,
        team,
        model,
        purpose,
        cost_class,
        billing_currency,
        reporting_currency,
        {{ sum_quanta() }}
    from shared
    group by all
)

select
    usage_date,
    scheduler,
    cluster,
    job_id,
    attempt,
    user_name,
    team,
    model,
    purpose,
    cost_class,
    billing_currency,
    reporting_currency,
    {{ amounts() }}
from summed
