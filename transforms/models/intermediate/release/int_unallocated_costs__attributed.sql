{# Every attribute of unallocated spend that owned spend may share, one row each. #}
with
unallocated as (
    select costs.*, run.usage_date
    from {{ ref('int_unallocated_costs__gathered') }} as costs
    cross join {{ source('landing', 'run') }} as run
),

{% set subject = ['provider', 'sub_account_id', 'service_name', 'subject_type', 'subject'] %}
tag_entries as (
    {{ json_entries('unallocated', 'tags', subject + ['usage_date']) }}
)

select
    {{ subject | join(', ') }},
    case when tag_entries.subject_type = 'workload' then 'pod_label' else 'tag' end as match_field,
    coalesce(aliases.tag_key, lower(trim(tag_entries.entry_key))) as match_key,
    lower(trim(tag_entries.entry_value)) as match_value
from tag_entries
left join {{ ref('stg_reference__tag_aliases') }} as aliases
    on
        tag_entries.subject_type = 'charge'
        and lower(trim(tag_entries.entry_key)) = aliases.alias_key
        and {{ in_force('aliases', 'tag_entries.usage_date') }}
where
    tag_entries.subject_type = 'charge'
    or (tag_entries.subject_type = 'workload' and tag_entries.entry_key like 'label\_%' escape '\')

{% for field, value, condition in [
    ('name_prefix', name_prefix(resource_key('subject')), "subject_type = 'charge'"),
    ('namespace', 'lower(namespace)', "namespace <> ''"),
    ('slurm_user', 'lower(slurm_user)', "slurm_user <> ''"),
    ('deployment', 'subject', "subject_type = 'request'"),
    ('sub_account_id', 'lower(sub_account_id)', "sub_account_id <> 'none'"),
] %}
union all

select {{ subject | join(', ') }}, '{{ field }}', '', {{ value }} from unallocated where {{ condition }}
{% endfor %}
