{# A row here means that effects do not add up to the change, or that a day over day change is not the ledger's. #}
{{ config(tags=['release']) }}

with
costs as (
    select usage_date, team, model, sum(reporting_effective_cost) as cost
    from {{ ref('cost_ledger') }}
    group by usage_date, team, model
)

select variance.*
from {{ ref('cost_variance') }} as variance
left join costs as later
    on
        variance.period_start = later.usage_date
        and variance.team = later.team
        and variance.model = later.model
left join costs as earlier
    on
        variance.previous_start = earlier.usage_date
        and variance.team = earlier.team
        and variance.model = earlier.model
where
    variance.cost_change <> variance.volume_effect + variance.mix_effect + variance.efficiency_effect
        + variance.price_effect + variance.other_effect
    or (
        variance.comparison = 'day_over_day'
        and variance.cost_change <> coalesce(later.cost, 0) - coalesce(earlier.cost, 0)
    )
