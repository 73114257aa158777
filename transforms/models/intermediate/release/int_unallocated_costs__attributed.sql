{#
    Every attribute of unallocated spend that owned spend may share, one row each. An attribute counts
    where it holds for the whole of the subject: of the pods of one app, what all of them carry.
#}
{% set subject = ['provider', 'sub_account_id', 'service_name', 'subject_type', 'subject'] %}
with
unallocated as (
    select
        costs.*,
        {{ quanta('costs.reporting_effective_cost') }} as cost_quanta,
        run.usage_date as last_date
    from {{ ref('int_unallocated_costs__gathered') }} as costs
    cross join {{ source('landing', 'run') }} as run
),

tag_entries as (
    {{ json_entries('unallocated', 'tags', subject + ['last_date', 'cost_quanta']) }}
),

attributes as (
    select
        {{ subject | join(', ') }},
        case when tag_entries.subject_type = 'workload' then 'pod_label' else 'tag' end as match_field,
        coalesce(aliases.tag_key, lower(trim(tag_entries.entry_key))) as match_key,
        lower(trim(tag_entries.entry_value)) as match_value,
        tag_entries.cost_quanta
    from tag_entries
    left join {{ ref('stg_reference__tag_aliases') }} as aliases
        on
            tag_entries.subject_type = 'charge'
            and lower(trim(tag_entries.entry_key)) = aliases.alias_key
            and {{ in_force('aliases', 'tag_entries.last_date') }}
    where
        tag_entries.subject_type = 'charge'
        or (tag_entries.subject_type = 'workload' and tag_entries.entry_key like 'label\_%' escape '\')

    {% for field, value, condition in [
        ('resource_id', 'lower(trim(subject))', "subject_type = 'charge'"),
        ('name_prefix', name_prefix(resource_key('subject')), "subject_type = 'charge'"),
        ('namespace', 'lower(namespace)', "namespace <> ''"),
        ('slurm_user', 'lower(slurm_user)', "slurm_user <> ''"),
        ('deployment', 'subject', "subject_type = 'request'"),
        ('sub_account_id', 'lower(sub_account_id)', "sub_account_id <> 'none'"),
    ] %}
    union all

    select {{ subject | join(', ') }}, '{{ field }}', '', {{ value }}, cost_quanta
    from unallocated
    where {{ condition }}
    {% endfor %}
),

totals as (
    select {{ subject | join(', ') }}, sum(cost_quanta) as cost_quanta
    from unallocated
    group by {{ subject | join(', ') }}
)

select {{ subject | join(', ') }}, attributes.match_field, attributes.match_key, attributes.match_value
from attributes
inner join totals using ({{ subject | join(', ') }})  {# every attribute belongs to a subject #}
group by {{ subject | join(', ') }}, attributes.match_field, attributes.match_key, attributes.match_value
having abs(sum(attributes.cost_quanta)) >= abs(max(totals.cost_quanta))
