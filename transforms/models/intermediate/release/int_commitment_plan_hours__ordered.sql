{#
    The use of every plan hour by hour, in the order in which providers apply a plan: the highest discount first. An
    item needs its cost less the discount of the commitment; `upto_quanta` is what all up to it need.
#}
select
    plans.provider,
    plans.billing_currency,
    plans.plan_name,
    plans.term_months,
    plans.payment_option,
    plans.offer_source,
    plans.discount_billionths,
    plans.sku_id,
    plans.region_id,
    used.hour_start,
    used.use_quanta,
    {{ billionths_of('used.use_quanta', '(1000000000 - plans.discount_billionths)') }} as needed_quanta,
    sum({{ billionths_of('used.use_quanta', '(1000000000 - plans.discount_billionths)') }}) over plan_hour
        as upto_quanta,
    row_number() over plan_hour as place
from {{ ref('int_commitment_plans__matched') }} as plans
inner join {{ ref('int_commitment_use__hourly') }} as used  {# the SKUs of plans are used #}
    using (provider, billing_currency, sku_id, region_id)
window plan_hour as (
    partition by
        plans.provider, plans.billing_currency, plans.plan_name, plans.term_months, plans.payment_option,
        used.hour_start
    order by plans.discount_billionths desc, plans.sku_id asc, plans.region_id asc
    rows between unbounded preceding and current row
)
