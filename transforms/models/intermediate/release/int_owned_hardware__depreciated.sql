{#
    The register of own hardware on each known day on which an item was in use: what it lost in value that day and
    what it still is worth in the books, straight down to its residual value over the days of its life.
#}
with
days as (
    {{ known_days() }}
),

items as (
    select
        days.usage_date,
        hardware.*,
        {{ quanta('hardware.purchase_price') }} as price_quanta,
        {{ quanta('hardware.purchase_price - hardware.residual_value') }} as value_quanta,
        cast(days.usage_date - hardware.valid_from + 1 as {{ integer_type() }}) as ordinal,
        cast({{ months_after('hardware.valid_from', 'hardware.life_months') }} - hardware.valid_from
            as {{ integer_type() }}) as day_count,
        {{ rate_billionths('hardware.currency') }} as rate_billionths
    from {{ ref('stg_reference__owned_hardware') }} as hardware
    cross join {{ source('landing', 'run') }} as run
    inner join days on {{ in_force('hardware', 'days.usage_date') }}  {# only known days #}
    {{ join_exchange_rates('hardware.currency', 'days.usage_date') }}
)

select
    usage_date,
    item,
    node,
    cloud,
    region_id,
    gpu_count,
    on_bill,
    purchase_source,
    life_months,
    valid_from as in_use_from,
    least(ordinal, day_count) as days_used,
    day_count as days_of_life,
    {{ billionths_of('price_quanta', 'rate_billionths') }} as price_quanta,
    case
        when ordinal > day_count then 0
        else {{ billionths_of(share('value_quanta', '1', 'ordinal', 'day_count'), 'rate_billionths') }}
    end as depreciation_quanta,
    {{ billionths_of(
        'price_quanta - ' ~ scaled('value_quanta', 'least(ordinal, day_count)', 'day_count'), 'rate_billionths'
    ) }} as book_quanta
from items
where rate_billionths is not null
