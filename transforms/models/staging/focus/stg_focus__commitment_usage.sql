{#
    Rows of Google's detailed export that commitments have to do with: their fees, and usage of the
    kinds that they are sold for. Google's FOCUS table spreads the fees itself and is not here.
#}
with
detailed as (
    select
        *,
        ' ' || lower(sku_meter) || ' ' as meter,
        try_cast({{ json_text('x_columns', 'x_CommitmentCredits') }} as decimal(38, 18)) as commitment_credit,
        try_cast({{ json_text('x_columns', 'x_SustainedUseCredits') }} as decimal(38, 18)) as sustained_credit
    from {{ source('landing', 'focus_charges') }}
    where
        provider_name = 'Google Cloud'
        and service_name = 'Compute Engine'
        and {{ json_text('x_columns', 'cost_type') }} = 'regular'
        and charge_category in ('Usage', 'Purchase')
        and charge_period_end <= date_trunc('day', charge_period_start) + interval 1 day
),

measured as (
    select
        *,
        {{ quanta('cast(coalesce(commitment_credit, 0) as decimal(38, 18))') }} as commitment_credit_quanta,
        {{ quanta('cast(coalesce(sustained_credit, 0) as decimal(38, 18))') }} as sustained_credit_quanta,
        case
            when meter like '% ram %' then 'RAM'
            when meter like '% core %' or meter like '% cpu %' then 'CPU'
            when meter like '% gpu %' then 'GPU'
            when meter like '% ssd %' then 'SSD'
            else 'other'
        end as unit_type
    from detailed
)

select
    charge_key,
    cast(charge_period_start as date) as usage_date,
    billing_account_id,
    cast(date_trunc('month', billing_period_start) as date) as billing_period,
    billing_currency,
    lower(coalesce(region_id, 'none')) as region_id,
    unit_type,
    coalesce(sub_account_id, 'none') as sub_account_id,
    {{ quanta('effective_cost') }} as effective_cost_quanta,
    {{ quanta('contracted_cost') }} as contracted_cost_quanta,
    case when charge_category = 'Purchase' then {{ quanta('effective_cost') }} else 0 end as fee_quanta,
    case when charge_category = 'Usage' then commitment_credit_quanta else 0 end as commitment_credit_quanta,
    case when charge_category = 'Usage' then sustained_credit_quanta else 0 end as sustained_credit_quanta,
    case
        when charge_category = 'Usage' and (unit_type <> 'other' or commitment_credit_quanta <> 0)
            then cast(coalesce(consumed_quantity, 0) * 1000000 as {{ integer_type() }})
        else 0
    end as used_micros
from measured
