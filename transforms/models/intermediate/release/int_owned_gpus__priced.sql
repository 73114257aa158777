{#
    What it costs to own a GPU, by the offer in force at the end of the window, in the reporting currency:
    capital (the GPU with its share of the system), what it takes to run it a month, and both together as a
    monthly cost over its life. An offer in a currency without a rate cannot be compared.
#}
with
converted as (
    select
        offers.*,
        run.reporting_currency,
        {{ rate_billionths('offers.currency') }} as rate_billionths,
        {{ monthly_interest('offers.cost_of_capital') }} as monthly_interest
    from {{ ref('stg_reference__hardware_offers') }} as offers
    cross join {{ source('landing', 'run') }} as run
    {{ join_exchange_rates('offers.currency', 'run.usage_date') }}
    where {{ in_force('offers', 'run.usage_date') }}
),

priced as (
    select
        *,
        {{ billionths_of(quanta('gpu_price'), in_billionths('system_factor')) }} as capital,
        {{ billionths_of(
            quanta('price_per_kwh'), in_billionths('power_kw * load_share * pue * ' ~ hours_of_a_month())
        ) }} as energy,
        {{ billionths_of(
            billionths_of(quanta('gpu_price'), in_billionths('system_factor')), in_billionths('upkeep_share / 12')
        ) }} as upkeep,
        {{ billionths_of(quanta('colocation_per_kw_month'), in_billionths('power_kw')) }} as colocation
    from converted
    where rate_billionths is not null
),

summed as (
    select
        *,
        energy + colocation + {{ quanta('staff_per_gpu_month') }} + {{ quanta('software_per_gpu_month') }} + upkeep
            as operating,
        {{ billionths_of(
            'capital', in_billionths(capital_factor('monthly_interest', 'life_months', 'residual_share'))
        ) }} as capital_cost
    from priced
)

select
    gpu_model,
    offer_source,
    reporting_currency,
    life_months,
    monthly_interest,
    {{ billionths_of('capital', 'rate_billionths') }} as capital_quanta,
    {{ billionths_of('energy', 'rate_billionths') }} as energy_quanta,
    {{ billionths_of('upkeep', 'rate_billionths') }} as upkeep_quanta,
    {{ billionths_of('operating', 'rate_billionths') }} as operating_quanta,
    {{ billionths_of('operating + capital_cost', 'rate_billionths') }} as owned_quanta
from summed
