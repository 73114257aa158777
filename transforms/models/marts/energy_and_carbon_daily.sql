{#
    Energy that meters of GPUs saw, what their data centres drew for it (PUE), and the carbon of that
    electricity (location-based: the grid intensity of the region). A deployment's energy goes to the
    teams whose requests it served, as its cost does; all other energy to the team that held the GPU.
#}
with
placed as (
    select
        energy.usage_date,
        energy.team,
        {# one deployment serves one model for one purpose, whatever its pods say #}
        case when energy.deployment = 'none' then energy.model else max(energy.model) over served end as model,
        energy.deployment,
        case when energy.deployment = 'none' then energy.purpose else max(energy.purpose) over served end as purpose,
        cast({{ milliseconds('energy.energy_joules') }} as {{ integer_type() }}) as millijoules,
        cast({{ milliseconds('energy.metered_seconds') }} as {{ integer_type() }}) as metered_ms,
        factors.pue_millionths,
        factors.grid_milligrams_per_kwh,
        factors.factor_source
    from {{ ref('day_workload_energy') }} as energy
    left join {{ ref('int_energy_factors__chosen') }} as factors
        on
            energy.usage_date = factors.usage_date
            and energy.provider = factors.provider
            and energy.region_id = factors.region_id
    window served as (partition by energy.usage_date, energy.deployment)
),

summed as (
    select
        usage_date,
        team,
        model,
        deployment,
        purpose,
        sum(millijoules) as energy_units,
        sum(metered_ms) as metered_units,
        coalesce(sum(millijoules) filter (where pue_millionths is null), 0) as unplaced_units,
        coalesce(sum(millijoules * pue_millionths), 0) as facility_units,
        coalesce(sum(
            {{ divide_half_even('millijoules * pue_millionths * grid_milligrams_per_kwh', 1000000) }}
        ), 0) as carbon_units,
        string_agg(distinct factor_source, '; ' order by factor_source) as factor_sources
    from placed
    group by usage_date, team, model, deployment, purpose
),

callers as (
    select
        usage_date,
        deployment,
        team,
        sum(request_count) as request_count,
        {{ floor_divide(quanta('sum(reporting_effective_cost)'), 1000000000000) }} as cost_millionths
    from {{ ref('daily_unit_economics') }}
    where deployment <> 'none'
    group by usage_date, deployment, team
),

paying as (select * from callers where cost_millionths > 0),

weighed as (
    select
        summed.* exclude (team),
        coalesce(paying.team, summed.team) as team,
        coalesce(paying.cost_millionths, 1) as basis,
        sum(coalesce(paying.cost_millionths, 1)) over so_far as running,
        sum(coalesce(paying.cost_millionths, 1)) over whole as total
    from summed
    left join paying on summed.usage_date = paying.usage_date and summed.deployment = paying.deployment
    window
        whole as (partition by summed.usage_date, summed.team, summed.model, summed.deployment, summed.purpose),
        so_far as (
            partition by summed.usage_date, summed.team, summed.model, summed.deployment, summed.purpose
            order by paying.team rows between unbounded preceding and current row
        )
),

shared as (
    select
        usage_date,
        team,
        model,
        deployment,
        purpose,
        {% for amount in ['energy', 'metered', 'unplaced', 'facility', 'carbon'] %}
        sum({{ share(amount ~ '_units', 'basis', 'running', 'total') }}) as {{ amount }}_units,
        {% endfor %}
        max(factor_sources) as factor_sources
    from weighed
    group by usage_date, team, model, deployment, purpose
)

select
    shared.usage_date,
    shared.team,
    shared.model,
    shared.deployment,
    shared.purpose,
    {{ seconds('shared.metered_units') }} as metered_seconds,
    {{ seconds('shared.energy_units') }} as energy_joules,
    {{ seconds('shared.unplaced_units') }} as unplaced_energy_joules,
    {{ ninth_decimals('shared.energy_units', 3600000000) }} as energy_kwh,
    {{ ninth_decimals('shared.facility_units', 3600000000000000) }} as facility_energy_kwh,
    {{ ninth_decimals('shared.carbon_units', 3600000000000000) }} as carbon_kg,
    cast(coalesce(callers.request_count, 0) as bigint) as request_count,
    case when callers.request_count > 0 then
        {{ ninth_decimals('shared.facility_units', '(3600000000000 * callers.request_count)') }}
    end as facility_watt_hours_per_request,
    case when callers.request_count > 0 then
        {{ ninth_decimals('shared.carbon_units', '(3600000000000 * callers.request_count)') }}
    end as carbon_grams_per_request,
    shared.factor_sources
from shared
left join callers
    on
        shared.usage_date = callers.usage_date
        and shared.team = callers.team
        and shared.deployment = callers.deployment
