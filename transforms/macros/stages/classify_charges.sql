{#
    Stage 1: charges with their cost class, in integer quanta of the billing and of the reporting
    currency. Tax, credits and unused commitments keep a class of their own; nothing is dropped.
    A currency without a rate in force leaves the reporting amounts empty, which the gate refuses.
#}
{% macro classify_charges(condition, attributed=none) %}
with
charges as (
    select
        delivered.*,
        {% if attributed -%}
            coalesce(attributed.effective_cost_quanta, delivered.effective_cost_quanta)
        {%- else -%}
            delivered.effective_cost_quanta
        {%- endif %} as attributed_quanta
    from {{ ref('stg_focus__charges') }} as delivered
    {%- if attributed %}
    left join {{ attributed }} as attributed on delivered.charge_key = attributed.charge_key
    {%- endif %}
    where {{ condition }}
),
run as (select * from {{ source('landing', 'run') }}),

rated as (
    select
        charges.*,
        run.reporting_currency,
        case
            when charges.billing_currency = run.reporting_currency then 1000000000
            else rates.rate_billionths
        end as rate_billionths
    from charges
    cross join run
    {{ join_exchange_rates('charges.billing_currency', 'charges.usage_date') }}
)

select
    charge_key,
    usage_date,
    source_name,
    provider,
    billing_account_id,
    sub_account_id,
    billing_period,
    billing_currency,
    reporting_currency,
    rate_billionths,
    charge_category,
    service_category,
    service_name,
    sku_meter,
    resource_id,
    resource_key,
    tags,
    x_columns,
    allocated_method_id,
    allocated_namespace,
    allocated_pod,
    gpu_count,
    charge_period_start,
    charge_period_end,
    consumed_quantity,
    consumed_unit,
    case
        when charge_category = 'Tax' then 'tax'
        when charge_category = 'Credit' then 'credit'
        when commitment_discount_status = 'Unused' then 'commitment_unused'
        when charge_category = 'Purchase' then 'purchase'
        when charge_category = 'Adjustment' or charge_class = 'Correction' then 'adjustment'
        else 'direct'
    end as cost_class,
    billed_cost_quanta,
    attributed_quanta as effective_cost_quanta,
    list_cost_quanta,
    contracted_cost_quanta,
    {{ divide_half_even('billed_cost_quanta * rate_billionths', 1000000000) }} as reporting_billed_cost_quanta,
    {{ divide_half_even('attributed_quanta * rate_billionths', 1000000000) }} as reporting_effective_cost_quanta
from rated
{% endmacro %}
