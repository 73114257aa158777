{#
    What each job cost over its life, and how much of that was good: the runs that completed, against
    those whose work was lost. Owner, model and purpose are those of its last day. Pods that take the
    place of one another (the same replica of a job) are runs of the job one after the other.
#}
{% set text_columns = [
    'job_name', 'user_name', 'account', 'workload', 'team', 'owner_rule', 'model', 'purpose', 'state', 'gpu_type',
] %}
{% set recency = milliseconds_between("timestamp '1970-01-01 00:00:00'", 'coalesce(ended_at, first_usage_date)') %}
with
replicas as (
    select
        {{ job_key() | join(', ') }},
        replica,
        max(run_number) as run_count,
        max(gpu_count) as gpu_count
    from {{ ref('job_runs') }}
    group by {{ job_key() | join(', ') }}, replica
),

sizes as (
    select
        {{ job_key() | join(', ') }},
        max(run_count) as run_count,
        sum(gpu_count) as gpu_count
    from replicas
    group by {{ job_key() | join(', ') }}
),

jobs as (
    select
        {{ job_key() | join(', ') }},
        {% for column in text_columns %}
        arg_max({{ column }}, {{ recency }}) as {{ column }},
        {% endfor %}
        min(submit_at) as submit_at,
        min(started_at) as started_at,
        case when not bool_or(outcome = 'running') then max(ended_at) end as completed_at,
        min(first_usage_date) as first_usage_date,
        max(last_usage_date) as last_usage_date,
        {% for column in ['allocated_gpu_seconds', 'held_gpu_seconds', 'busy_gpu_seconds'] %}
        sum({{ column }}) as {{ column }},
        {% endfor %}
        {% for outcome in run_outcomes() %}
        coalesce(sum(held_gpu_seconds) filter (where outcome = '{{ outcome }}'), 0) as {{ outcome }}_gpu_seconds,
        coalesce(sum(reporting_effective_cost) filter (where outcome = '{{ outcome }}'), 0) as {{ outcome }}_cost,
        {% endfor %}
        max(reporting_currency) as reporting_currency
    from {{ ref('job_runs') }}
    group by {{ job_key() | join(', ') }}
),

costs as ({{ job_sums(ref('day_job_costs'), job_key()) }})

select
    jobs.scheduler,
    jobs.cluster,
    jobs.job_id,
    {% for column in text_columns %}
    jobs.{{ column }},
    {% endfor %}
    coalesce(teams.cost_center, 'unallocated') as cost_center,
    coalesce(teams.business_unit, 'unallocated') as business_unit,
    jobs.submit_at,
    jobs.started_at,
    jobs.completed_at,
    jobs.first_usage_date,
    jobs.last_usage_date,
    cast(sizes.run_count as bigint) as run_count,
    cast(sizes.gpu_count as bigint) as gpu_count,
    {% for column in ['allocated_gpu', 'held_gpu', 'busy_gpu'] %}
    cast(jobs.{{ column }}_seconds as decimal(18, 3)) as {{ column }}_seconds,
    {% endfor %}
    {{ gpu_hours('jobs.held_gpu_seconds') }} as held_gpu_hours,
    {{ gpu_hours('jobs.busy_gpu_seconds') }} as busy_gpu_hours,
    costs.billing_currency,
    jobs.reporting_currency,
    {{ job_amounts('costs') }},
    {% for outcome in run_outcomes() %}
    cast(jobs.{{ outcome }}_gpu_seconds as decimal(18, 3)) as {{ outcome }}_gpu_seconds,
    cast(jobs.{{ outcome }}_cost as decimal(38, 18)) as {{ outcome }}_cost,
    {% endfor %}
    {{ goodput('jobs') }} as goodput_ratio,
    {{ unit_cost('coalesce(costs.reporting_effective_cost, 0)', 'sizes.run_count', 1) }} as cost_per_run,
    {{ unit_cost('coalesce(costs.reporting_effective_cost, 0)', milliseconds('jobs.held_gpu_seconds'), 3600000) }}
        as cost_per_held_gpu_hour,
    {{ unit_cost('coalesce(costs.reporting_effective_cost, 0)', milliseconds('jobs.busy_gpu_seconds'), 3600000) }}
        as cost_per_busy_gpu_hour
from jobs
inner join sizes using ({{ job_key() | join(', ') }})  {# both are made of the same runs #}
left join costs using ({{ job_key() | join(', ') }})
left join {{ ref('stg_reference__teams') }} as teams
    on jobs.team = teams.team and {{ in_force('teams', 'jobs.last_usage_date') }}
