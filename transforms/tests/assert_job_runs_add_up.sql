{#
    A row here means that the runs of a job, cut by the time that each had in its node-hours, would not
    add up to what the job's GPUs cost, in some measure.
#}
{{ config(tags=['day']) }}

with
wholes as (
    select jobs.usage_date, {{ job_key() | join(', ') }}, {{ sum_quanta('split') }}
    from {{ ref('int_3_workload_hours__split') }} as split
    inner join {{ ref('int_4_jobs__identified') }} as jobs  {# what is no job has no runs #}
        using (usage_date, namespace, pod, slurm_job)
    group by all
),

parts as (
    select
        usage_date,
        {{ job_key() | join(', ') }},
        {% for measure in measures() %}
        sum({{ quanta(measure) }}) as {{ measure }}_quanta{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('day_job_costs') }}
    group by all
)

select
    usage_date,
    {{ job_key() | join(', ') }},
    wholes.effective_cost_quanta as whole_effective_cost_quanta,
    parts.effective_cost_quanta as parts_effective_cost_quanta
from wholes
full outer join parts using (usage_date, {{ job_key() | join(', ') }})
where
    {% for measure in measures() %}
    wholes.{{ measure }}_quanta is distinct from parts.{{ measure }}_quanta{{ ' or' if not loop.last }}
    {% endfor %}
