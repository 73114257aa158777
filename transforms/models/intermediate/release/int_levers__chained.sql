{# Every lever's saving by itself and on top of the levers before it, per day. #}
select
    levers.*,
    case
        when levers.decision = 'dismissed' or not levers.is_saving or ratios.ratio_billionths is null
            then cast(0 as decimal(38, 18))
        else {{ from_quanta(billionths_of(quanta('levers.saving'), 'ratios.ratio_billionths')) }}
    end as incremental_saving
from {{ ref('int_levers__gathered') }} as levers
left join {{ ref('int_lever_ratios__chained') }} as ratios
    on
        levers.usage_date = ratios.usage_date
        and levers.cost_pool = ratios.cost_pool
        and levers.waterfall_rank = ratios.waterfall_rank
