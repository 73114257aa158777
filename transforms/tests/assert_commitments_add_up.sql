{# Sharing fees and credits of commitments must neither make nor lose a quantum of effective cost. #}
{{ config(tags=['day']) }}

select
    usage_date,
    billing_account_id,
    billing_period,
    billing_currency,
    sum(delivered.effective_cost_quanta) as delivered_quanta,
    sum(attributed.effective_cost_quanta) as attributed_quanta
from {{ ref('int_1_commitments__granted') }} as delivered
inner join {{ ref('int_1_commitments__attributed') }} as attributed using (charge_key, usage_date)
group by all
having sum(delivered.effective_cost_quanta) <> sum(attributed.effective_cost_quanta)
