{#
    The register of own hardware on each known day on which an item was in use: what it lost in value that day and
    what it still is worth in the books, straight down to its residual value over the days of its life.
#}
with
days as (
    select distinct ledger.usage_date
    from {{ ref('cost_ledger') }} as ledger
    cross join {{ source('landing', 'run') }} as run
    where ledger.usage_date between run.first_usage_date and run.usage_date
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
        case
            when hardware.currency = run.reporting_currency then cast(1000000000 as {{ integer_type() }})
            else rates.rate_billionths
        end as rate_billionths
    from {{ ref('stg_reference__owned_hardware') }} as hardware
    cross join {{ source('landing', 'run') }} as run
    inner join days on {{ in_force('hardware', 'days.usage_date') }}  {# only known days #}
    left join {{ ref('stg_reference__exchange_rates') }} as rates
        on
            hardware.currency = rates.currency
            and run.reporting_currency = rates.reporting_currency
            and {{ in_force('rates', 'days.usage_date') }}
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
