with
split as (
    select
        split.usage_date,
        split.hour_start,
        split.node,
        coalesce(workloads.workload, 'none') as workload,
        coalesce(workloads.team, 'unallocated') as team,
        coalesce(workloads.model, 'none') as model,
        coalesce(workloads.deployment, 'none') as deployment,
        coalesce(workloads.purpose, 'none') as purpose,
        split.cost_class,
        charges.billing_currency,
        charges.reporting_currency,
        {{ sum_quanta('split') }}
    from {{ ref('int_3_workload_hours__split') }} as split
    inner join {{ ref('int_1_charges__classified') }} as charges  {# each share comes from a charge #}
        on split.charge_key = charges.charge_key
    left join {{ ref('int_4_workloads__owned') }} as workloads
        on
            split.usage_date = workloads.usage_date
            and split.namespace = workloads.namespace
            and split.pod = workloads.pod
            and split.slurm_job = workloads.slurm_job
    group by all
)

select
    usage_date,
    hour_start,
    node,
    workload,
    team,
    model,
    deployment,
    purpose,
    cost_class,
    billing_currency,
    reporting_currency,
    {{ amounts() }}
from split
