{#
    On-demand use per SKU and hour of the window, in thousandths of its unit; hours without use count
    as none, and hours to come, into which charges of a month reach, do not count. A charge of several
    hours is spread evenly over them. The discount is the company's own: what it pays for committed use
    of the SKU against on-demand use of it, in thousandths.
#}
with
usage as (
    select
        service_provider_name as provider,
        sku_id,
        coalesce(region_id, 'none') as region_id,
        charge_period_start,
        greatest({{ milliseconds_between('charge_period_start', 'charge_period_end') }} // 3600000, 1) as hour_count,
        {{ quanta('pricing_quantity') }} // 1000000000000000 as milliunits
    from {{ ref('charges') }}
    where
        charge_category = 'Usage'
        and service_category = 'Compute'
        and pricing_category = 'Standard'
        and pricing_unit = 'Hours'
        and pricing_quantity > 0
        and sku_id is not null
),

rates as (
    select
        service_provider_name as provider,
        sku_id,
        coalesce(region_id, 'none') as region_id,
        {% for category in ['Standard', 'Committed'] %}
        {{ floor_divide(
            'sum(' ~ quanta('effective_cost') ~ ") filter (where pricing_category = '" ~ category ~ "')",
            'nullif(sum(' ~ quanta('pricing_quantity') ~ " // 1000000000000000) filter (where pricing_category = '"
            ~ category ~ "'), 0)"
        ) }} as {{ category | lower }}_rate{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('charges') }}
    where
        charge_category = 'Usage'
        and service_category = 'Compute'
        and (pricing_category = 'Standard' or commitment_discount_status = 'Used')
        and pricing_unit = 'Hours'
        and pricing_quantity > 0
    group by all
),

discounts as (
    select
        provider,
        sku_id,
        region_id,
        1000 - {{ floor_divide('committed_rate * 1000', 'standard_rate') }} as discount_permille
    from rates
    where standard_rate > committed_rate and committed_rate > 0
),

hourly as (
    select
        provider,
        sku_id,
        region_id,
        hour_start,
        sum(milliunits // hour_count) as milliunits
    from (
        select
            usage.*,
            {{ instants('charge_period_start', 'charge_period_start + (hour_count - 1) * interval 1 hour', 'hour') }}
                as hour_start
        from usage
    ) as spread
    group by all
),

hours as (
    select
        cast(usage_date as date) as usage_date,
        {{ instants('cast(usage_date as timestamp)', 'cast(usage_date as timestamp) + interval 23 hour', 'hour') }}
            as hour_start
    from (
        {{ known_days() }}
    ) as days
)

select
    hours.usage_date,
    hours.hour_start,
    discounts.provider,
    discounts.sku_id,
    discounts.region_id,
    discounts.discount_permille,
    coalesce(hourly.milliunits, 0) as milliunits
from discounts
cross join hours
left join hourly
    on
        discounts.provider = hourly.provider
        and discounts.sku_id = hourly.sku_id
        and discounts.region_id = hourly.region_id
        and hours.hour_start = hourly.hour_start
