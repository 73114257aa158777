{#
    Final entries: one row per charge, recipient and day, with the recipient's place in the
    organisation on that day (UTC), and the day of the reporting time zone that it is charged on.
    Usage that reached no team is a class of its own.
#}
{% macro ledger_entries(entries, charge_days) %}
with
entries as (
    select
        entries.charge_key,
        entries.usage_date,
        days.charge_date,
        entries.billing_period,
        entries.provider,
        entries.billing_account_id,
        entries.sub_account_id,
        entries.service_name,
        entries.team,
        entries.model,
        entries.deployment,
        entries.purpose,
        entries.cost_class,
        entries.allocation_method,
        entries.owner_rule,
        entries.policy_path,
        entries.billing_currency,
        entries.reporting_currency,
        {{ shares('days.basis', 'days.running', 'days.total', 'entries') }}
    from {{ entries }} as entries
    inner join {{ charge_days }} as days using (charge_key, usage_date)  {# every charge has a day #}
)

select
    entries.charge_key as source_charge_key,
    entries.usage_date,
    entries.charge_date,
    entries.billing_period,
    entries.provider,
    entries.billing_account_id,
    coalesce(entries.sub_account_id, 'none') as sub_account_id,
    coalesce(entries.service_name, 'none') as service_name,
    entries.team,
    coalesce(teams.cost_center, 'unallocated') as cost_center,
    coalesce(teams.business_unit, 'unallocated') as business_unit,
    entries.model,
    entries.deployment,
    entries.purpose,
    case
        when entries.team = 'unallocated' and entries.cost_class in ('direct', 'shared') then 'unallocated'
        else entries.cost_class
    end as cost_class,
    entries.allocation_method,
    entries.owner_rule,
    entries.policy_path,
    entries.billing_currency,
    entries.reporting_currency,
    {{ amounts('entries') }}
from entries
left join {{ ref('stg_reference__teams') }} as teams
    on entries.team = teams.team and {{ in_force('teams', 'entries.usage_date') }}
{% endmacro %}
