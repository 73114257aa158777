{#
    On-demand cost of compute per SKU and hour of the known days: what a commitment could take the place of.
    Existing commitments and spot capacity are priced otherwise and so left out. A charge of several hours is
    spread evenly over them.
#}
with
days as (
    {{ known_days() }}
),

usage as (
    select
        service_provider_name as provider,
        sku_id,
        coalesce(region_id, 'none') as region_id,
        billing_currency,
        charge_period_start,
        greatest({{ milliseconds_between('charge_period_start', 'charge_period_end') }} // 3600000, 1) as hour_count,
        {{ quanta('effective_cost') }} as cost_quanta
    from {{ ref('charges') }}
    where
        charge_category = 'Usage'
        and service_category = 'Compute'
        and pricing_category = 'Standard'
        and effective_cost > 0
        and sku_id is not null
),

spread as (
    select
        provider,
        sku_id,
        region_id,
        billing_currency,
        {{ floor_divide('cost_quanta', 'hour_count') }} as use_quanta,
        {{ instants('charge_period_start', 'charge_period_start + (hour_count - 1) * interval 1 hour', 'hour') }}
            as hour_start
    from usage
)

select
    spread.provider,
    spread.sku_id,
    spread.region_id,
    spread.billing_currency,
    spread.hour_start,
    sum(spread.use_quanta) as use_quanta
from spread
inner join days on cast(spread.hour_start as date) = days.usage_date  {# hours of other days are not known whole #}
group by all
