{# No other level costs less: every level that was ever used, and none, tried on every hour. #}
{{ config(tags=['release']) }}

with
hours as (select * from {{ ref('int_lever_commitment_hours__gathered') }}),

candidates as (
    select distinct provider, sku_id, region_id, milliunits as level_milliunits
    from hours
    union
    select provider, sku_id, region_id, level_milliunits
    from {{ ref('int_lever_commitment_levels__optimal') }}
    union
    select distinct provider, sku_id, region_id, 0
    from hours
),

costs as (
    select
        candidates.provider,
        candidates.sku_id,
        candidates.region_id,
        candidates.level_milliunits,
        sum(
            candidates.level_milliunits * (1000 - hours.discount_permille)
            + greatest(hours.milliunits - candidates.level_milliunits, 0) * 1000
        ) as cost
    from candidates
    inner join hours using (provider, sku_id, region_id)  {# levels are of these very hours #}
    group by all
)

select
    costs.provider,
    costs.sku_id,
    costs.region_id,
    costs.level_milliunits,
    costs.cost,
    chosen.level_milliunits as chosen_milliunits,
    chosen.cost as chosen_cost
from costs
inner join {{ ref('int_lever_commitment_levels__optimal') }} as levels  {# one a SKU #}
    using (provider, sku_id, region_id)
inner join costs as chosen
    on
        levels.provider = chosen.provider
        and levels.sku_id = chosen.sku_id
        and levels.region_id = chosen.region_id
        and levels.level_milliunits = chosen.level_milliunits
where costs.cost < chosen.cost
