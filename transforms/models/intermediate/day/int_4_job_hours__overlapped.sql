{#
    Which runs of a Slurm job had each of its node-hours, by the milliseconds that each ran in it.
    Where the accounting says which run was on the node, only that one counts. A node-hour that no run
    explains has no row here: it stays with the job.
#}
with
node_hours as (
    select distinct usage_date, hour_start, node, slurm_job
    from {{ ref('int_2_gpu_time__integrated') }}
    where slurm_job <> ''
),

overlapping as (
    select
        node_hours.*,
        attempts.attempt,
        coalesce(position(
            ',' || {{ regexp_part('lower(node_hours.node)', '^[^.]+') }} || ','
            in ',' || lower(attempts.node_list) || ','
        ) > 0, false) as is_on_node,
        {{ milliseconds_between(
            'greatest(attempts.started_at, node_hours.hour_start)',
            'least(attempts.ended_at, node_hours.hour_start + interval 1 hour)'
        ) }} as basis
    from node_hours
    inner join {{ ref('int_4_slurm_jobs__named') }}  {# a job without accounting has no runs #}
        using (usage_date, slurm_job)
    inner join {{ ref('stg_slurm__attempts') }} as attempts  {# named from these very runs #}
        using (usage_date, cluster, job_id)
),

placed as (
    select
        *,
        bool_or(is_on_node) over (partition by usage_date, hour_start, node, slurm_job) as is_node_known
    from overlapping
    where basis > 0
)

select
    usage_date,
    hour_start,
    node,
    slurm_job,
    attempt,
    basis,
    sum(basis) over (
        partition by usage_date, hour_start, node, slurm_job order by attempt rows unbounded preceding
    ) as running,
    sum(basis) over (partition by usage_date, hour_start, node, slurm_job) as total
from placed
where is_on_node or not is_node_known
