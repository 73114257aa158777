{#
    The commitment per SKU that costs least over the hours of the window. With discount d, committing a
    level K costs (1 - d) K in every hour plus what is used above it, which is least at the d-quantile
    of hourly use: the largest K that more than a (1 - d) part of the hours reach.
#}
with
ranked as (
    select
        *,
        row_number() over sku as ordinal,
        count(*) over (partition by provider, sku_id, region_id) as hour_count
    from {{ ref('int_lever_commitment_hours__gathered') }}
    window sku as (partition by provider, sku_id, region_id order by milliunits, hour_start)
)

select
    provider,
    sku_id,
    region_id,
    max(discount_permille) as discount_permille,
    coalesce(min(milliunits) filter (where ordinal * 1000 >= hour_count * discount_permille), 0) as level_milliunits
from ranked
group by provider, sku_id, region_id
