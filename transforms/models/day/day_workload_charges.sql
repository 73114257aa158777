{#
    Which bill lines each workload's GPU time was paid from, day by day: what day_workload_costs has by
    the hour and the node, by charge instead.
#}
with
split as (
    select
        split.usage_date,
        split.charge_key as source_charge_key,
        charges.billing_period,
        workloads.workload,
        coalesce(jobs.scheduler, 'none') as scheduler,
        coalesce(jobs.cluster, 'none') as cluster,
        coalesce(jobs.job_id, 'none') as job_id,
        workloads.team,
        workloads.owner_rule,
        workloads.model,
        workloads.deployment,
        workloads.purpose,
        split.cost_class,
        charges.billing_currency,
        charges.reporting_currency,
        {{ sum_quanta('split') }}
    from {{ ref('int_3_workload_hours__split') }} as split
    inner join {{ ref('int_1_charges__classified') }} as charges  {# each share comes from a charge #}
        on split.charge_key = charges.charge_key
    inner join {{ ref('int_4_workloads__owned') }} as workloads  {# time that nobody held has no workload #}
        on
            split.usage_date = workloads.usage_date
            and split.namespace = workloads.namespace
            and split.pod = workloads.pod
            and split.slurm_job = workloads.slurm_job
    left join {{ ref('int_4_jobs__identified') }} as jobs
        on
            split.usage_date = jobs.usage_date
            and split.namespace = jobs.namespace
            and split.pod = jobs.pod
            and split.slurm_job = jobs.slurm_job
    group by all
)

select
    usage_date,
    source_charge_key,
    billing_period,
    workload,
    scheduler,
    cluster,
    job_id,
    team,
    owner_rule,
    model,
    deployment,
    purpose,
    cost_class,
    billing_currency,
    reporting_currency,
    {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
    {{ from_quanta(measure ~ '_quanta') }} as {{ measure }}{{ ',' if not loop.last }}
    {% endfor %}
from split
