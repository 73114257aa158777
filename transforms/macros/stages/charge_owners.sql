{#
    Stage 4 for charges: every attribute of a charge that an owner rule may look at, one row each: its
    tags (keys folded through the tag aliases), columns that FOCUS does not define, as far as a rule
    names them, accounts, service and resource.
#}
{% macro charge_attributes(charges) %}
with
charges as (select * from {{ charges }}),

tag_entries as (
    {{ json_entries('charges', 'tags', ['charge_key', 'usage_date']) }}
),

tag_candidates as (
    select
        tag_entries.usage_date,
        tag_entries.charge_key as subject,
        'tag' as match_field,
        coalesce(aliases.tag_key, lower(trim(tag_entries.entry_key))) as match_key,
        lower(trim(tag_entries.entry_value)) as match_value
    from tag_entries
    left join {{ ref('stg_reference__tag_aliases') }} as aliases
        on
            lower(trim(tag_entries.entry_key)) = aliases.alias_key
            and {{ in_force('aliases', 'tag_entries.usage_date') }}
),

named_columns as (
    select distinct match_key
    from {{ ref('stg_reference__owner_rules') }}
    where match_field = 'column'
),

described as (
    select * from charges
    where exists (select 1 from named_columns)
),

column_entries as (
    {{ json_entries('described', 'x_columns', ['charge_key', 'usage_date']) }}
)

select * from tag_candidates

union all

select
    usage_date,
    charge_key as subject,
    'column' as match_field,
    lower(entry_key) as match_key,
    lower(trim(entry_value)) as match_value
from column_entries
where lower(entry_key) in (select match_key from named_columns)

union all

{% for field in ['sub_account_id', 'billing_account_id', 'service_name', 'resource_id'] %}
select
    usage_date,
    charge_key as subject,
    '{{ field }}' as match_field,
    '' as match_key,
    lower(trim({{ field }})) as match_value
from charges
where {{ field }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
{% endmacro %}

{# The owner rules that match each charge. #}
{% macro charge_owner_matches(charges) %}
{% set attributes %}({{ charge_attributes(charges) }}){% endset %}
{{ owner_matches(attributes) }}
{% endmacro %}
