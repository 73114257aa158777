{#
    Everything that unit costs are made of, summed by day for each team, model and deployment and for
    the whole organisation: requests (those with a cost), GPU time of workloads, and training and
    fine-tuning runs on the day on which they ended, with all that they cost.
#}
{% set gpu_sums = ['held_gpu_seconds', 'busy_gpu_seconds', 'gpu_cost'] %}
{% set run_sums = ['training_run_count', 'training_run_cost'] %}
{% set request_sums = unit_counts() + ['unpriced_request_count'] + unit_amounts() %}
{% set sums = request_sums + gpu_sums + run_sums %}
with
requests as (
    select
        usage_date,
        team,
        model,
        deployment,
        {% for count in unit_counts() %}
        case when has_cost then {{ count }} end as {{ count }},
        {% endfor %}
        case when not has_cost then request_count end as unpriced_request_count,
        {{ unit_amounts() | join(', ') }}
    from {{ ref('int_unit_requests__costed') }}
),

gpus as (
    select
        usage_date,
        team,
        model,
        deployment,
        sum(held_seconds) as held_gpu_seconds,
        sum(active_seconds) as busy_gpu_seconds
    from {{ ref('day_gpu_hours') }}
    where workload <> 'none'
    group by usage_date, team, model, deployment
),

gpu_costs as (
    select
        usage_date,
        team,
        model,
        deployment,
        sum(reporting_effective_cost) as gpu_cost
    from {{ ref('day_workload_costs') }}
    where workload <> 'none'
    group by usage_date, team, model, deployment
),

runs as (
    select
        max(last_usage_date) as usage_date,
        max(team) as team,
        max(model) as model,
        'none' as deployment,
        1 as training_run_count,
        sum(reporting_effective_cost) as training_run_cost
    from {{ ref('job_runs') }}
    where purpose in ('training', 'fine_tuning') and run_number > 0
    group by {{ job_key() | join(', ') }}, run_number
    having bool_and(outcome not in ('running', 'unrecorded'))
),

{% for relation, has in [
    ('requests', request_sums), ('gpus', gpu_sums[:2]), ('gpu_costs', gpu_sums[2:]), ('runs', run_sums)
] %}
{{ relation }}_facts as (
    select
        usage_date,
        team,
        model,
        deployment,
        {% for name in sums %}
        {{ name if name in has else 'null' }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ relation }}
),

{% endfor %}
facts as (
    select * from requests_facts
    union all
    select * from gpus_facts
    union all
    select * from gpu_costs_facts
    union all
    select * from runs_facts
)

select
    usage_date,
    case
        when team is not null then 'team'
        when model is not null then 'model'
        when deployment is not null then 'deployment'
        else 'organization'
    end as scope,
    coalesce(team, model, deployment, '') as scope_name,
    {% for name in sums %}
    coalesce(sum({{ name }}), 0) as {{ name }}{{ ',' if not loop.last }}
    {% endfor %}
from facts
group by grouping sets ((usage_date, team), (usage_date, model), (usage_date, deployment), (usage_date))
having coalesce(team, model, deployment, '') <> 'none'
