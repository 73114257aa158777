{#
    What is paid beside the bills, per item and day, and what it is shared by: energy of own halls by metered energy
    there, depreciation by the time that GPUs of the item were held, hosting by the time that any were, people and tools by
    direct cost. What a bill holds already (`on_bill`) is left out.
#}
with
days as (
    {{ known_days() }}
),

rates as (
    select
        days.usage_date,
        paid.item,
        paid.loaded_cost_type,
        paid.team,
        paid.rate_source,
        paid.head_count,
        {{ share(
            quanta('paid.monthly_amount'), '1', 'cast(extract(day from days.usage_date) as ' ~ integer_type() ~ ')',
            'cast(extract(day from last_day(days.usage_date)) as ' ~ integer_type() ~ ')'
        ) }} as quanta,
        {{ rate_billionths('paid.currency') }} as rate_billionths
    from {{ ref('stg_reference__loaded_rates') }} as paid
    cross join {{ source('landing', 'run') }} as run
    inner join days on {{ in_force('paid', 'days.usage_date') }}  {# only known days #}
    {{ join_exchange_rates('paid.currency', 'days.usage_date') }}
)

select
    usage_date,
    'energy' as loaded_cost_type,
    cloud || ' ' || region_id as item,
    'energy' as basis,
    cast(null as varchar) as node,
    cloud,
    region_id,
    cast(null as varchar) as team,
    meter_source as cost_source,
    cast(null as decimal(18, 9)) as head_count,
    energy_quanta as quanta
from {{ ref('int_facility_days__metered') }}
where not on_bill

union all

select
    usage_date,
    'depreciation',
    item,
    'held',
    node,
    cloud,
    region_id,
    null,
    purchase_source,
    null,
    depreciation_quanta
from {{ ref('int_owned_hardware__depreciated') }}
where not on_bill and depreciation_quanta > 0

union all

select
    usage_date,
    loaded_cost_type,
    item,
    case loaded_cost_type when 'energy' then 'energy' when 'hosting' then 'held' else 'direct' end,
    null,
    null,
    null,
    team,
    rate_source,
    head_count,
    {{ billionths_of('quanta', 'rate_billionths') }}
from rates
where rate_billionths is not null
