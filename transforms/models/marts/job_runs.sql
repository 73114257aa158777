{#
    Every run of every job: what it held, what it cost, how it ended. A run that completed and was
    submitted again has its work done twice: it counts as requeued. One that is said to run, or of
    which nothing is said, does so only while it is there on the last day.
#}
with
days as (
    select
        *,
        last_value(usage_date) over run_days as last_usage_date
    from {{ ref('day_job_attempts') }}
    window run_days as (
        partition by scheduler, cluster, job_id, attempt order by usage_date
        rows between unbounded preceding and unbounded following
    )
),

described as (
    select
        {{ job_key() | join(', ') }},
        attempt,
        {% for column in [
            'replica', 'job_name', 'user_name', 'account', 'workload', 'team', 'owner_rule', 'model', 'purpose',
            'state', 'gpu_type',
        ] %}
        max({{ column }}) filter (where usage_date = last_usage_date) as {{ column }},
        {% endfor %}
        max(submit_at) as submit_at,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        min(usage_date) as first_usage_date,
        max(usage_date) as last_usage_date,
        max(gpu_count) as gpu_count,
        cast(sum(allocated_gpu_seconds) as decimal(18, 3)) as allocated_gpu_seconds,
        cast(sum(held_gpu_seconds) as decimal(18, 3)) as held_gpu_seconds,
        cast(sum(busy_gpu_seconds) as decimal(18, 3)) as busy_gpu_seconds
    from days
    group by {{ job_key() | join(', ') }}, attempt
),

costs as ({{ job_sums(ref('day_job_costs'), job_key() + ['attempt']) }}),

ordered as (
    select
        *,
        count(nullif(attempt, 'none')) over (
            partition by {{ job_key() | join(', ') }}, replica order by started_at nulls first, attempt
            rows unbounded preceding
        ) as run_number,
        lead(attempt) over (
            partition by {{ job_key() | join(', ') }}, replica order by started_at nulls first, attempt
        ) is null as is_last,
        {{ run_outcome('state') }} as said
    from described
)

select
    ordered.scheduler,
    ordered.cluster,
    ordered.job_id,
    ordered.attempt,
    ordered.replica,
    ordered.run_number,
    ordered.job_name,
    ordered.user_name,
    ordered.account,
    coalesce(ordered.workload, 'none') as workload,
    ordered.team,
    ordered.owner_rule,
    ordered.model,
    ordered.purpose,
    ordered.state,
    case
        when said in ('completed', 'running') and not is_last then 'requeued'
        when said = 'running' and ordered.ended_at < cast(run.usage_date as timestamp) then 'unrecorded'
        when
            said = 'unrecorded' and ordered.scheduler = 'kubernetes' and is_last
            and ordered.ended_at >= cast(run.usage_date as timestamp) + interval 23 hour
            then 'running'
        else said
    end as outcome,
    ordered.submit_at,
    ordered.started_at,
    ordered.ended_at,
    ordered.first_usage_date,
    ordered.last_usage_date,
    ordered.gpu_count,
    ordered.gpu_type,
    ordered.allocated_gpu_seconds,
    ordered.held_gpu_seconds,
    ordered.busy_gpu_seconds,
    costs.billing_currency,
    run.reporting_currency,
    {{ job_amounts('costs') }}
from ordered
cross join {{ source('landing', 'run') }} as run
left join costs using ({{ job_key() | join(', ') }}, attempt)
