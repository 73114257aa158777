{# The company's own figure of each benchmark that its data can tell. #}
with
h100s as (
    select
        {{ floor_divide("sum(" ~ quanta('costs.reporting_effective_cost') ~ ")", 1000000000000) }} as cost_millionths,
        max(hours.milliseconds) as milliseconds
    from {{ ref('workload_costs') }} as costs
    inner join (
        select distinct
            usage_date,
            node
        from {{ ref('gpu_utilization_daily') }}
        where gpu_model like '%H100%'
    ) as nodes on costs.usage_date = nodes.usage_date and costs.node = nodes.node
    cross join (
        select sum({{ milliseconds('capacity_gpu_seconds') }}) as milliseconds
        from {{ ref('gpu_utilization_daily') }}
        where gpu_model like '%H100%'
    ) as hours
),

{# Of bills in the reporting currency: amounts of two currencies are never added. #}
bills as (
    select
        charges.commitment_discount_status,
        charges.pricing_category,
        {{ floor_divide(quanta('charges.list_cost'), 1000000) }} as list_units,
        {{ floor_divide(quanta('charges.effective_cost'), 1000000) }} as effective_units
    from {{ ref('charges') }} as charges
    inner join {{ source('landing', 'run') }} as run on charges.billing_currency = run.reporting_currency
),

figures as (
    select 'gpu_hour_cost' as benchmark, cost_millionths * 3600000 as part, milliseconds * 1000000 as whole
    from h100s
    union all
    select 'gpu_month_cost', cost_millionths * 3600000 * 730, milliseconds * 1000000
    from h100s
    union all
    select
        'request_cost',
        {{ floor_divide("sum(" ~ quanta('reporting_effective_cost') ~ ")", 1000000000000) }},
        cast(sum(request_count) as {{ integer_type() }}) * 1000000
    from {{ ref('daily_unit_economics') }}
    where request_count > 0
    union all
    select 'cached_input_share', nullif(sum(cache_read_input_tokens), 0), sum(input_tokens)
    from {{ ref('daily_unit_economics') }}
    union all
    select
        'gpu_busy_share',
        sum({{ milliseconds('active_gpu_seconds') }}),
        sum({{ milliseconds('capacity_gpu_seconds') }})
    from {{ ref('gpu_utilization_daily') }}
    union all
    select
        'commitment_discount',
        sum(list_units) - sum(effective_units),
        sum(list_units)
    from bills
    where commitment_discount_status = 'Used' and list_units > 0
    union all
    select
        'commitment_utilization',
        sum(case when commitment_discount_status = 'Used' then effective_units else 0 end),
        sum(effective_units)
    from bills
    where commitment_discount_status in ('Used', 'Unused')
    union all
    select
        'spot_discount',
        sum(list_units) - sum(effective_units),
        sum(list_units)
    from bills
    where pricing_category = 'Dynamic' and list_units > effective_units
    union all
    select
        'pue',
        sum(cast(facility_energy_kwh * 1000000 as bigint)),
        sum(cast(energy_kwh * 1000000 as bigint))
    from {{ ref('energy_and_carbon_daily') }}
    where unplaced_energy_joules = 0
    union all
    select concentration_of || '_concentration', max(cast(concentration_index * 1000000 as bigint)), 1000000
    from {{ ref('concentration') }}
    group by concentration_of
    union all
    select 'forecast_error', max(cast(error_ratio * 1000000 as bigint)), 1000000
    from {{ ref('forecasts') }}
    where scope = 'organization' and forecast_date = made_on + 7
    union all
    select
        'total_saving',
        {{ floor_divide('sum(' ~ quanta('saving_incremental') ~ ')', 1000000) }},
        {{ floor_divide('max(' ~ quanta('baseline_cost') ~ ')', 1000000) }}
    from {{ ref('savings_waterfall') }}
    union all
    select
        case lever
            when 'energy_share' then 'energy_cost_share'
            when 'return_per_dollar' then 'return_on_ai'
            else lever
        end,
        cast(own_value * 1000000 as bigint),
        1000000
    from {{ ref('int_lever_figures__measured') }}
    where lever in ('energy_share', 'tooling_share', 'return_per_dollar')
    union all
    select
        'staff_cost',
        {{ floor_divide('sum(quanta) * 365', 1000000000000) }},
        sum({{ floor_divide(in_billionths('head_count'), 1000) }})
    from {{ ref('int_loaded_items__daily') }}
    where loaded_cost_type = 'staff' and head_count is not null
    union all
    select 'payback_months', min(cast(payback_months * 1000000 as bigint)), 1000000
    from {{ ref('hardware_breakeven') }}
    where scenario_rank = 1
)

select
    benchmark,
    {{ ninth_decimals('part', 'whole') }} as own_value
from (
    select
        benchmark,
        cast(part as {{ integer_type() }}) as part,
        cast(whole as {{ integer_type() }}) as whole
    from figures
)
where part is not null and whole > 0
