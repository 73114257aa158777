select
    granted.usage_date,
    granted.charge_key,
    {{ from_quanta('granted.effective_cost_quanta') }} as delivered_effective_cost,
    {{ from_quanta('attributed.attributed_fee_quanta - granted.fee_quanta') }} as fee_change,
    {{ from_quanta('attributed.attributed_credit_quanta - granted.commitment_credit_quanta') }} as credit_change,
    {{ from_quanta('attributed.attributed_sustained_quanta - granted.sustained_credit_quanta') }} as sustained_change,
    {{ from_quanta('attributed.effective_cost_quanta') }} as effective_cost
from {{ ref('int_1_commitments__granted') }} as granted
inner join {{ ref('int_1_commitments__attributed') }} as attributed on granted.charge_key = attributed.charge_key
where attributed.effective_cost_quanta <> granted.effective_cost_quanta
