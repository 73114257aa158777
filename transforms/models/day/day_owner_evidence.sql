{#
    Whose spend carries which attribute: what an unowned resource or workload is compared with. Tags
    and name prefixes of owned charges; machines, labels, namespaces and users of owned workloads.
#}
with
charges as (
    select
        charges.usage_date,
        charges.tags,
        {{ name_prefix('charges.resource_key') }} as name_prefix,
        owned.team,
        sum(charges.reporting_effective_cost_quanta) as cost_quanta
    from {{ ref('int_1_charges__classified') }} as charges
    inner join {{ ref('int_1_charges__owned') }} as owned  {# no owner: no evidence #}
        on charges.charge_key = owned.subject
    where charges.cost_class = 'direct'
    group by all
),

tag_entries as (
    {{ json_entries('charges', 'tags', ['usage_date', 'team', 'cost_quanta']) }}
),

workload_costs as (
    select usage_date, namespace, pod, slurm_job, sum(reporting_effective_cost_quanta) as cost_quanta
    from {{ ref('int_3_workload_hours__split') }}
    group by all
),

workloads as (
    select
        described.usage_date,
        described.namespace,
        coalesce(described.slurm_user, '') as slurm_user,
        described.pod_labels,
        owned.team,
        sum(workload_costs.cost_quanta) as cost_quanta
    from {{ ref('int_4_workloads__described') }} as described
    inner join workload_costs using (usage_date, namespace, pod, slurm_job)  {# free workloads weigh nothing #}
    inner join {{ ref('int_4_workloads__owned') }} as owned  {# the same rows #}
        using (usage_date, namespace, pod, slurm_job)
    where owned.team <> 'unallocated'
    group by all
),

{# Whose workloads ran on a billed machine: what else it costs is most likely theirs. #}
machines as (
    select
        split.usage_date,
        lower(trim(charges.resource_id)) as resource_id,
        owned.team,
        sum(split.reporting_effective_cost_quanta) as cost_quanta
    from {{ ref('int_3_workload_hours__split') }} as split
    inner join {{ ref('int_1_charges__classified') }} as charges  {# each share comes from a charge #}
        on split.charge_key = charges.charge_key
    inner join {{ ref('int_4_workloads__owned') }} as owned  {# time that nobody held tells nothing #}
        on
            split.usage_date = owned.usage_date
            and split.namespace = owned.namespace
            and split.pod = owned.pod
            and split.slurm_job = owned.slurm_job
    where owned.team <> 'unallocated' and charges.resource_id is not null
    group by all
),

label_entries as (
    {{ json_entries('workloads', 'pod_labels', ['usage_date', 'team', 'cost_quanta']) }}
),

evidence as (
    select
        tag_entries.usage_date,
        'tag' as match_field,
        coalesce(aliases.tag_key, lower(trim(tag_entries.entry_key))) as match_key,
        lower(trim(tag_entries.entry_value)) as match_value,
        tag_entries.team,
        tag_entries.cost_quanta
    from tag_entries
    left join {{ ref('stg_reference__tag_aliases') }} as aliases
        on
            lower(trim(tag_entries.entry_key)) = aliases.alias_key
            and {{ in_force('aliases', 'tag_entries.usage_date') }}

    union all

    select usage_date, 'resource_id', '', resource_id, team, cost_quanta from machines

    union all

    select usage_date, 'name_prefix', '', name_prefix, team, cost_quanta from charges where name_prefix <> ''

    union all

    select usage_date, 'pod_label', lower(entry_key), lower(trim(entry_value)), team, cost_quanta
    from label_entries
    where entry_key like 'label\_%' escape '\'  {# the others are the exporter's own #}

    union all

    select usage_date, 'namespace', '', lower(namespace), team, cost_quanta from workloads where namespace <> ''

    union all

    select usage_date, 'slurm_user', '', lower(slurm_user), team, cost_quanta from workloads where slurm_user <> ''
)

select
    usage_date,
    match_field,
    match_key,
    match_value,
    team,
    {{ from_quanta('sum(cost_quanta)') }} as reporting_effective_cost
from evidence
where match_value is not null
group by usage_date, match_field, match_key, match_value, team
