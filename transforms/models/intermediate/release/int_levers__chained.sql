{#
    Every lever's saving by itself and on top of the levers before it, per day. A day on which a lever
    costs more counts with the largest part that is left on any of its days, so that what the levers
    before it took never turns a loss into a saving. Alternatives are not added to others.
#}
with
levers as (
    select
        levers.*,
        case when ratios.ratio_billionths > 1000000000 then 1000000000 else ratios.ratio_billionths end
            as ratio_billionths
    from {{ ref('int_levers__gathered') }} as levers
    left join {{ ref('int_lever_ratios__chained') }} as ratios
        on
            levers.usage_date = ratios.usage_date
            and levers.cost_pool = ratios.cost_pool
            and levers.waterfall_rank = ratios.waterfall_rank
),

parts as (
    select
        *,
        case
            when decision = 'dismissed' or is_alternative or not is_saving then 0
            when saving < 0
                then coalesce(max(ratio_billionths) over (partition by lever, scope_type, scope_name, team), 0)
            else coalesce(ratio_billionths, 0)
        end as part_billionths
    from levers
)

select
    * exclude (ratio_billionths, part_billionths),
    {{ from_quanta(billionths_of(quanta('saving'), 'part_billionths')) }} as incremental_saving
from parts
