{#
    What stays without a team after shared costs have moved, by resource, workload or deployment. A
    policy takes all of a charge's entries of one class or none, so workloads' entries are known from
    before.
#}
with
kept as (
    select distinct charge_key, cost_class, allocation_method
    from {{ ref('int_7_entries__shared') }}
    where team = 'unallocated'
),

workloads as (
    select
        held.*,
        described.workload,
        described.pod_labels,
        coalesce(described.slurm_account, '') as slurm_account,
        coalesce(described.slurm_user, '') as slurm_user,
        coalesce(
            {{ json_text('described.pod_labels', 'label_app_kubernetes_io_name') }},
            {{ json_text('described.pod_labels', 'label_app') }}
        ) as app,
        {{ json_text('described.pod_labels', 'label_app_kubernetes_io_name') }} is not null as is_named_by_kubernetes
    from {{ ref('int_6_entries__held') }} as held
    inner join kept using (charge_key, cost_class, allocation_method)
    inner join {{ ref('int_4_workloads__described') }} as described  {# time that nobody held has no workload #}
        using (usage_date, namespace, pod, slurm_job)
    where held.team = 'unallocated'
),

workload_charges as (select distinct charge_key, cost_class, allocation_method from workloads),

by_workload as (
    select
        workloads.usage_date,
        charges.provider,
        coalesce(charges.sub_account_id, 'none') as sub_account_id,
        coalesce(charges.service_name, 'none') as service_name,
        'workload' as subject_type,
        case when workloads.namespace = '' then '' else workloads.namespace || '/' end || workloads.workload as subject,
        case
            when workloads.app is not null then 'pod_label'
            when workloads.namespace <> '' then 'namespace'
            else 'slurm_account'
        end as match_field,
        case
            when workloads.app is null then ''
            when workloads.is_named_by_kubernetes then 'label_app_kubernetes_io_name'
            else 'label_app'
        end as match_key,
        coalesce(workloads.app, nullif(workloads.namespace, ''), workloads.slurm_account) as match_value,
        workloads.pod_labels as tags,
        workloads.namespace,
        workloads.slurm_user,
        workloads.reporting_billed_cost_quanta,
        workloads.reporting_effective_cost_quanta
    from workloads
    inner join {{ ref('int_1_charges__classified') }} as charges using (charge_key)  {# where the hours come from #}
),

others as (
    select entries.*
    from {{ ref('int_7_entries__shared') }} as entries
    left join workload_charges
        on
            entries.charge_key = workload_charges.charge_key
            and entries.cost_class = workload_charges.cost_class
            and entries.allocation_method = workload_charges.allocation_method
            and entries.team = 'unallocated'
    where workload_charges.charge_key is null
),

by_charge as (
    {{ unallocated_charges('others', ref('int_1_charges__classified')) }}
)

{{ sum_unallocated('(select * from by_workload union all select * from by_charge)') }}
