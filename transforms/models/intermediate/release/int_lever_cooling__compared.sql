{#
    What an own hall's energy would have cost with other cooling: the same energy of its machines times the offered
    PUE, so 1 - PUE offered / PUE metered of it is saved, less the outlay spread over its life. Split to the work
    that ran there by its metered energy.
#}
with
compared as (
    select
        halls.*,
        offers.technique,
        offers.life_months,
        {{ scaled(
            'halls.energy_quanta', 'halls.it_watt_hours * cast(offers.pue * 1000000 as ' ~ integer_type() ~ ')',
            'halls.facility_watt_hours * 1000000'
        ) }} as cooled_quanta,
        {{ scaled(
            billionths_of(quanta('offers.one_off_cost'), 'coalesce(rates.rate_billionths, 1000000000)'),
            '12', '365 * offers.life_months'
        ) }} as outlay_quanta,
        halls.facility_watt_hours
        - {{ floor_divide(
            'halls.it_watt_hours * cast(offers.pue * 1000000 as ' ~ integer_type() ~ ')', 1000000
        ) }} as saved_watt_hours
    from {{ ref('int_facility_days__metered') }} as halls
    cross join {{ source('landing', 'run') }} as run
    inner join {{ ref('stg_reference__cooling_offers') }} as offers  {# without an offer nothing is known #}
        on
            halls.cloud = offers.cloud
            and halls.region_id = offers.region_id
            and {{ in_force('offers', 'halls.usage_date') }}
    {{ join_exchange_rates('offers.currency', 'halls.usage_date') }}
    where offers.currency = run.reporting_currency or rates.rate_billionths is not null
),

energy as (
    select
        energy.usage_date,
        energy.provider,
        energy.region_id,
        {{ workload_pool('energy') }} as cost_pool,
        sum(cast({{ milliseconds('energy.energy_joules') }} as {{ integer_type() }})) as basis
    from {{ ref('day_workload_energy') }} as energy
    group by all
    having sum(energy.energy_joules) > 0
),

parts as (
    select
        energy.*,
        sum(energy.basis) over hall as total,
        sum(energy.basis) over so_far as running,
        factors.grid_milligrams_per_kwh
    from energy
    inner join {{ ref('int_lever_pools__summed') }} using (usage_date, cost_pool)  {# no cost, no saving #}
    left join {{ ref('int_energy_factors__chosen') }} as factors using (usage_date, provider, region_id)
    window
        hall as (partition by energy.usage_date, energy.provider, energy.region_id),
        so_far as (
            partition by energy.usage_date, energy.provider, energy.region_id order by energy.cost_pool
            rows between unbounded preceding and current row
        )
)

select
    'cooling' as lever,
    'data hall' as scope_type,
    parts.provider || ' ' || compared.region_id || ' by ' || compared.technique as scope_name,
    'unallocated' as team,
    parts.cost_pool,
    compared.usage_date,
    {{ from_quanta(share('compared.energy_quanta', 'parts.basis', 'parts.running', 'parts.total')) }} as baseline_cost,
    {{ from_quanta(share(
        '(compared.energy_quanta - compared.cooled_quanta - compared.outlay_quanta)',
        'parts.basis', 'parts.running', 'parts.total'
    )) }} as saving,
    cast(1 as bigint) as evidence_row_count,
    compared.life_months,
    {{ from_quanta(share('compared.outlay_quanta', 'parts.basis', 'parts.running', 'parts.total')) }} as outlay_cost,
    {{ floor_divide(
        share('compared.saved_watt_hours', 'parts.basis', 'parts.running', 'parts.total')
        ~ ' * coalesce(parts.grid_milligrams_per_kwh, 0)', 1000
    ) }} as carbon_saving_milligrams
from compared
inner join parts  {# a hall where nothing has a meter has no work to tell of #}
    on
        compared.usage_date = parts.usage_date
        and compared.cloud = {{ cloud_of('parts.provider') }}
        and compared.region_id = parts.region_id
