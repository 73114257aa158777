{#
    Figures of levers that are watched, not saved: a ratio of sums over the known days, and the cost it is of. Of
    cooling, how many months of saved energy its outlay is.
#}
with
window_sums as (
    select
        (select sum(energy_quanta) from {{ ref('int_facility_days__metered') }}) as energy,
        (select sum(depreciation_quanta) from {{ ref('int_owned_hardware__depreciated') }}) as depreciation,
        sum(case when loaded_cost_type = 'energy' and node is null and cloud is null then quanta end) as energy_rates,
        sum(case when loaded_cost_type = 'hosting' then quanta end) as hosting,
        sum(case when loaded_cost_type = 'staff' and head_count is not null then quanta end) as staff,
        sum(case when loaded_cost_type = 'staff' then {{ in_billionths('head_count') }} end)
            as person_days,
        sum(case when loaded_cost_type = 'tooling' then quanta end) as tooling
    from {{ ref('int_loaded_items__daily') }}
),

gpus as (
    select sum({{ milliseconds('capacity_gpu_seconds') }}) as gpu_ms
    from {{ ref('gpu_utilization_daily') }}
),

billed as (
    select
        sum({{ quanta('ledger.reporting_effective_cost') }}) filter (where tools.cloud is not null) as tooling,
        sum({{ quanta('ledger.reporting_effective_cost') }}) filter (
            where tools.cloud is null and charges.service_category in ('Compute', 'AI and Machine Learning')
        ) as compute
    from {{ ref('cost_ledger') }} as ledger
    cross join {{ source('landing', 'run') }} as run
    left join {{ ref('charges') }} as charges on ledger.source_charge_key = charges.charge_key
    left join {{ ref('stg_reference__tooling_services') }} as tools
        on
            {{ cloud_of('ledger.provider') }} = tools.cloud
            and tools.service_name in ('*', ledger.service_name)
            and {{ in_force('tools', 'ledger.usage_date') }}
    where ledger.usage_date between run.first_usage_date and run.usage_date
),

totals as (
    select
        {{ quanta('cast(sum(invoiced_cost) as decimal(38, 18))') }} as invoiced,
        {{ quanta('cast(sum(loaded_cost) as decimal(38, 18))') }} as loaded,
        {{ quanta('cast(sum(total_cost) as decimal(38, 18))') }} as total_quanta,
        {{ quanta('cast(sum(value_of_requests) as decimal(38, 18))') }} as worth
    from {{ ref('total_costs') }}
    where scope = 'organization'
),

ages as (
    select
        sum({{ floor_divide('price_quanta', 1000000000) }} * {{ floor_divide('days_used * 1000000', 'days_of_life') }})
            as used,
        sum({{ floor_divide('price_quanta', 1000000000) }}) * 1000000 as whole
    from {{ ref('int_owned_hardware__depreciated') }}
    where usage_date = (select max(usage_date) from {{ ref('int_owned_hardware__depreciated') }})
),

figures as (
    select
        'energy_share' as lever,
        'company' as scope,
        {{ floor_divide('energy + coalesce(energy_rates, 0)', 1000000000) }} as part,
        {{ floor_divide(
            'energy + coalesce(energy_rates, 0) + depreciation + coalesce(hosting, 0)', 1000000000
        ) }} as whole,
        'share of owned cost' as own_unit,
        energy + coalesce(energy_rates, 0) as cost_quanta
    from window_sums
    union all
    select 'depreciation', 'company', ages.used, ages.whole, 'share of life, by price', window_sums.depreciation
    from window_sums
    cross join ages
    union all
    select
        'tooling_share',
        'company',
        case
            when coalesce(billed.tooling, window_sums.tooling) is not null then
                {{ floor_divide('coalesce(billed.tooling, 0) + coalesce(window_sums.tooling, 0)', 1000000000) }}
        end,
        {{ floor_divide('billed.compute', 1000000000) }},
        'share of compute cost',
        coalesce(billed.tooling, 0) + coalesce(window_sums.tooling, 0)
    from window_sums
    cross join billed
    union all
    select 'staff', 'company', gpus.gpu_ms * 1000000000, window_sums.person_days * 86400000, 'GPUs per person', staff
    from window_sums
    cross join gpus
    union all
    select
        'total_cost',
        'company',
        case when loaded > 0 then {{ floor_divide('total_quanta', 1000000000) }} end,
        {{ floor_divide('invoiced', 1000000000) }},
        'total cost per invoiced cost',
        total_quanta
    from totals
    union all
    select
        'return_per_dollar',
        'company',
        {{ floor_divide('worth', 1000000000) }},
        cast({{ floor_divide('total_quanta', 1000000000) }} as {{ integer_type() }}),
        'value per total cost',
        total_quanta
    from totals
    union all
    select
        'cooling',
        scope_type || ' ' || scope_name,
        {{ floor_divide('sum(' ~ quanta('outlay_cost') ~ ')', 1000000000) }} * max(life_months),
        {{ floor_divide('sum(' ~ quanta('outlay_cost + saving') ~ ')', 1000000000) }},
        'months of saved energy that the outlay is',
        sum({{ quanta('baseline_cost') }})
    from {{ ref('int_lever_cooling__compared') }}
    group by scope_type, scope_name
)

select
    lever,
    scope,
    {{ ninth_decimals('cast(part as ' ~ integer_type() ~ ')', 'cast(whole as ' ~ integer_type() ~ ')') }} as own_value,
    own_unit,
    {{ from_quanta('cost_quanta') }} as figure_cost
from figures
where part is not null and whole > 0
