{# Every attribute of a workload that an owner or workload rule may look at, one row each. #}
with
described as (select * from {{ ref('int_4_workloads__described') }}),

label_entries as (
    {{ json_entries('described', 'pod_labels', ['usage_date', 'subject']) }}
),

tag_entries as (
    {{ json_entries('described', 'allocated_tags', ['usage_date', 'subject']) }}
)

select
    usage_date,
    subject,
    'pod_label' as match_field,
    lower(entry_key) as match_key,
    lower(trim(entry_value)) as match_value
from label_entries

union all

select usage_date, subject, 'namespace', '', lower(namespace) from described where namespace <> ''

union all

select usage_date, subject, 'slurm_account', '', slurm_account from described where slurm_account is not null

union all

select
    tag_entries.usage_date,
    tag_entries.subject,
    'tag',
    coalesce(aliases.tag_key, lower(trim(tag_entries.entry_key))),
    lower(trim(tag_entries.entry_value))
from tag_entries
left join {{ ref('stg_reference__tag_aliases') }} as aliases
    on
        lower(trim(tag_entries.entry_key)) = aliases.alias_key
        and {{ in_force('aliases', 'tag_entries.usage_date') }}
