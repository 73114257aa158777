{#
    Ledger entries without a team, by bill line: the resource, and the narrowest attribute that an
    owner rule could name. Requests without a caller have none: their deployment stands for them.
#}
{% macro unallocated_charges(entries, charges) %}
select
    entries.usage_date,
    entries.provider,
    coalesce(entries.sub_account_id, 'none') as sub_account_id,
    coalesce(entries.service_name, 'none') as service_name,
    case
        when entries.deployment <> 'none' and entries.allocation_method <> 'unlogged_usage' then 'request'
        else 'charge'
    end as subject_type,
    case
        when entries.deployment <> 'none' and entries.allocation_method <> 'unlogged_usage' then entries.deployment
        else coalesce(charges.resource_id, 'none')
    end as subject,
    case
        when entries.deployment <> 'none' and entries.allocation_method <> 'unlogged_usage' then ''
        when charges.resource_id is not null then 'resource_id'
        when charges.sub_account_id is not null then 'sub_account_id'
        else 'billing_account_id'
    end as match_field,
    '' as match_key,
    coalesce(charges.resource_id, charges.sub_account_id, charges.billing_account_id, '') as match_value,
    charges.tags,
    '' as namespace,
    '' as slurm_user,
    entries.reporting_billed_cost_quanta,
    entries.reporting_effective_cost_quanta
from {{ entries }} as entries
inner join {{ charges }} as charges using (charge_key)  {# every entry comes from a charge #}
where entries.team = 'unallocated'
{% endmacro %}

{# Amounts of `unallocated_charges` and its like, one row per subject, its tags and user. #}
{% macro sum_unallocated(rows) %}
select
    usage_date,
    provider,
    sub_account_id,
    service_name,
    subject_type,
    subject,
    max(match_field) as match_field,
    max(match_key) as match_key,
    max(match_value) as match_value,
    tags,
    max(namespace) as namespace,
    slurm_user,
    {{ from_quanta('sum(reporting_billed_cost_quanta)') }} as reporting_billed_cost,
    {{ from_quanta('sum(reporting_effective_cost_quanta)') }} as reporting_effective_cost
from {{ rows }}
group by usage_date, provider, sub_account_id, service_name, subject_type, subject, tags, slurm_user
{% endmacro %}

{# A value as a cell of a CSV file. #}
{% macro csv_cell(value) -%}
    case
        when {{ value }} like '%,%' or {{ value }} like '%"%' then '"' || replace({{ value }}, '"', '""') || '"'
        else {{ value }}
    end
{%- endmacro %}
