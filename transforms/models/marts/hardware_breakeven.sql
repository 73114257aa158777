{#
    Renting a GPU against owning it, per GPU and month of 730 hours, and how that turns with what is uncertain:
    the cloud's price, how much of the time GPUs are needed, and what they cost to buy. An owned GPU is paid
    for all hours, a rented one for those that are needed.
#}
with
supposed as (
    select
        owned.*,
        scenarios.scenario,
        scenarios.scenario_rank,
        {{ in_billionths('scenarios.cloud_factor') }} as cloud_billionths,
        {{ in_billionths('scenarios.hardware_factor') }} as hardware_billionths,
        coalesce(
            {{ in_billionths('scenarios.utilization') }},
            {{ billionths('owned.held_ms', 'greatest(owned.peak_ms * owned.hour_count, 1)') }}
        ) as utilization_billionths
    from {{ ref('int_owned_gpus__sized') }} as owned
    cross join {{ ref('breakeven_scenarios') }} as scenarios
),

scenarios as (
    select
        *,
        {{ billionths_of('hour_quanta * ' ~ hours_of_a_month(), 'cloud_billionths') }} as cloud_quanta,
        {{ billionths_of('capital_quanta', 'hardware_billionths') }} as scenario_capital_quanta,
        operating_quanta - upkeep_quanta + {{ billionths_of('upkeep_quanta', 'hardware_billionths') }}
            as scenario_operating_quanta,
        {{ billionths_of('owned_quanta - operating_quanta', 'hardware_billionths') }} as capital_cost_quanta
    from supposed
),

monthly as (
    select
        *,
        scenario_operating_quanta + capital_cost_quanta as scenario_owned_quanta,
        cast({{ billionths_of('cloud_quanta', 'utilization_billionths') }} - scenario_operating_quanta as double)
            as monthly_gain
    from scenarios
)

select
    gpu_model,
    scenario,
    cast(scenario_rank as integer) as scenario_rank,
    reporting_currency,
    {{ from_quanta('scenario_capital_quanta') }} as capital_cost,
    {{ from_quanta('scenario_operating_quanta') }} as operating_cost_per_month,
    {{ from_quanta('scenario_owned_quanta') }} as owned_cost_per_month,
    {{ from_quanta('cloud_quanta') }} as cloud_cost_per_month,
    cast(utilization_billionths / 1000000000.0 as decimal(18, 6)) as gpu_utilization,
    cast(cast(scenario_owned_quanta as double) / greatest(cast(cloud_quanta as double), 1) as decimal(18, 6))
        as break_even_utilization,
    cast({{ payback_months('cast(scenario_capital_quanta as double)', 'monthly_gain', 'monthly_interest') }}
        as decimal(18, 1)) as payback_months,
    cast(cast(energy_quanta as double) / greatest(cast(scenario_owned_quanta as double), 1) as decimal(18, 6))
        as energy_share,
    case when scenario_rank = 1 then owned_gpu_count end as owned_gpu_count,
    life_months,
    offer_source
from monthly
