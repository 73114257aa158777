{% set dated %}
    select distinct
        entries.charge_key,
        entries.usage_date,
        charges.charge_period_start,
        charges.charge_period_end
    from {{ ref('int_period_entries__direct') }} as entries
    inner join {{ ref('int_period_charges__classified') }} as charges using (charge_key)  {# its own charge #}
{% endset %}
{{ charge_days('(' ~ dated ~ ')') }}
