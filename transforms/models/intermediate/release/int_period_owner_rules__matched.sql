{% set subjects %}(
    select usage_date, 'charge' as subject_type, charge_key as subject
    from {{ ref('int_period_charges__classified') }}
){% endset %}

{% set matches %}(select *, 'charge' as subject_type from {{ ref('int_period_charges__matched') }}){% endset %}

{# A charge is owned as of its first day, whatever days it is spread over. #}
{% set costs %}(
    select charges.usage_date, 'charge' as subject_type, charges.charge_key as subject, entries.owner_rule,
        sum(entries.reporting_effective_cost_quanta) as reporting_effective_cost_quanta
    from {{ ref('int_period_entries__direct') }} as entries
    inner join {{ ref('int_period_charges__classified') }} as charges using (charge_key)
    group by charges.usage_date, charges.charge_key, entries.owner_rule
){% endset %}

{{ owner_rule_matches(subjects, matches, costs) }}
