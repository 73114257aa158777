{#
    The commitments at which an item of a plan is covered whole in some hour, and by how much less one more dollar an hour
    covers from there on, in billionths: 1 / (1 - d) of the item less that of the next one. So a commitment L covers of
    an hour the sum of falls * least(point, L). For the conservative level discounts are a quarter smaller.
#}
with
weighed as (
    select
        ordered.*,
        levels.level_name,
        {{ floor_divide(
            'cast(1000000000000000000 as ' ~ integer_type() ~ ')',
            '1000000000 - ' ~ floor_divide('ordered.discount_billionths * levels.part_permille', 1000)
        ) }} as weight
    from {{ ref('int_commitment_plan_hours__ordered') }} as ordered
    cross join (
        select
            'recommended' as level_name,
            1000 as part_permille
        union all
        select
            'conservative' as level_name,
            750 as part_permille
    ) as levels
)

select
    provider,
    billing_currency,
    plan_name,
    term_months,
    payment_option,
    level_name,
    cast(hour_start as date) as usage_date,
    upto_quanta,
    weight - coalesce(lead(weight) over (
        partition by
            provider, billing_currency, plan_name, term_months, payment_option, level_name, hour_start
        order by place
    ), 0) as falls
from weighed
