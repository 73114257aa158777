{# What the charges of each invoice add up to, for holding it against the invoice. #}
{% macro invoice_charges(condition) %}
select
    usage_date,
    source_name,
    coalesce(invoice_issuer_name, provider) as invoice_issuer_name,
    invoice_id,
    billing_account_id,
    billing_period,
    billing_currency,
    {{ from_quanta('sum(billed_cost_quanta)') }} as billed_cost,
    cast(count(*) as bigint) as charge_count
from {{ ref('stg_focus__charges') }}
where {{ condition }} and invoice_id is not null
group by all
{% endmacro %}
