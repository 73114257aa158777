{#
    A row here means that the jobs of a day are not what their workloads cost on it, or that the
    outcomes of their runs do not add up to the jobs.
#}
{{ config(tags=['release']) }}

with
jobs as (
    select
        sum(reporting_effective_cost) as job_cost,
        sum(reporting_direct_cost + reporting_idle_cost) as class_cost,
        sum(
            {% for outcome in run_outcomes() %}
            {{ outcome }}_cost{{ ' +' if not loop.last }}
            {% endfor %}
        ) as outcome_cost,
        sum(held_gpu_seconds) as held_gpu_seconds,
        sum(
            {% for outcome in run_outcomes() %}
            {{ outcome }}_gpu_seconds{{ ' +' if not loop.last }}
            {% endfor %}
        ) as outcome_gpu_seconds
    from {{ ref('job_costs') }}
),

users as (select sum(reporting_effective_cost) as user_cost from {{ ref('daily_cost_by_user') }}),

runs as (select sum(reporting_effective_cost) as run_cost from {{ ref('job_runs') }})

select *
from jobs
cross join users
cross join runs
where
    jobs.job_cost is distinct from jobs.class_cost
    or jobs.job_cost is distinct from jobs.outcome_cost
    or jobs.job_cost is distinct from users.user_cost
    or jobs.job_cost is distinct from runs.run_cost
    or jobs.held_gpu_seconds is distinct from jobs.outcome_gpu_seconds
