{#
    FX_MISSING: no exchange rate is in force for these currencies and days. Amounts of different
    currencies are never added up raw: add the rates to exchange_rates.csv.
#}
{{ config(tags=['release']) }}

select
    billing_currency,
    reporting_currency,
    min(usage_date) as first_usage_date,
    max(usage_date) as last_usage_date,
    count(*) as charge_count
from {{ ref('int_period_charges__classified') }}
where reporting_billed_cost_quanta is null or reporting_effective_cost_quanta is null
group by billing_currency, reporting_currency
