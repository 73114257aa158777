{#
    What each plan would have cost and saved on the known hours, at two levels, as they were and under stress; and what
    it is worth over its term, discounted at the cost of capital, if on-demand prices fall as assumed meanwhile.
#}
with
assumed as (
    select
        max(case when name = 'cost_of_capital' then cast(value as double) end) as cost_of_capital,
        max(case when name = 'price_fall_per_year' then cast(value as double) end) as price_fall
    from {{ ref('int_lever_assumptions__chosen') }}
    cross join {{ source('landing', 'run') }} as run
    where lever = 'commitments' and int_lever_assumptions__chosen.usage_date = run.usage_date
),

monthly as (
    select
        replayed.*,
        {{ floor_divide('replayed.covered_quanta * ' ~ hours_of_a_month(), 'replayed.hour_count') }} as month_covered,
        replayed.level_quanta * {{ hours_of_a_month() }} as month_committed,
        case replayed.payment_option when 'All Upfront' then 1000 when 'Partial Upfront' then 500 else 0 end
            as upfront_permille,
        1 / (1 + {{ monthly_interest('assumed.cost_of_capital') }}) as payment_step,
        power(1 - assumed.price_fall, 1.0 / 12) / (1 + {{ monthly_interest('assumed.cost_of_capital') }}) as value_step
    from {{ ref('int_commitment_plans__replayed') }} as replayed
    cross join assumed
),

valued as (
    select
        *,
        {{ floor_divide('month_committed * term_months * upfront_permille', 1000) }} as upfront_quanta,
        {{ floor_divide('month_committed * (1000 - upfront_permille)', 1000) }} as month_paid,
        {{ in_billionths(steps_summed('payment_step', 'term_months')) }} as payments_billionths,
        {{ in_billionths(steps_summed('value_step', 'term_months')) }} as values_billionths
    from monthly
)

select
    provider,
    plan_name,
    cast(term_months as bigint) as term_months,
    payment_option,
    level_name,
    scenario,
    cast(scenario_rank as integer) as scenario_rank,
    billing_currency,
    cast(sku_count as bigint) as sku_count,
    cast(hour_count as bigint) as hour_count,
    {{ from_quanta('level_quanta') }} as commitment_per_hour_cost,
    {{ from_quanta('use_quanta') }} as on_demand_cost,
    {{ from_quanta('committed_quanta') }} as committed_cost,
    {{ from_quanta('covered_quanta') }} as covered_cost,
    {{ from_quanta('covered_quanta - committed_quanta') }} as saving,
    cast(cast(covered_quanta as double) / greatest(cast(use_quanta as double), 1) as decimal(18, 6)) as coverage,
    cast(case when committed_quanta > 0 then cast(applied_quanta as double) / cast(committed_quanta as double) end
        as decimal(18, 6)) as commitment_utilization,
    cast(cast(covered_quanta - committed_quanta as double) / greatest(cast(use_quanta as double), 1)
        as decimal(18, 6)) as effective_savings_rate,
    cast(case when covered_quanta > 0 then cast(applied_quanta as double) / cast(covered_quanta as double) end
        as decimal(18, 6)) as break_even_use,
    {{ from_quanta('upfront_quanta') }} as upfront_cost,
    cast(case when upfront_quanta > 0 and month_covered > month_paid then
        cast(upfront_quanta as double) / cast(month_covered - month_paid as double)
    end as decimal(18, 1)) as upfront_months,
    {{ from_quanta(
        billionths_of('month_covered', 'values_billionths') ~ ' - upfront_quanta - '
        ~ billionths_of('month_paid', 'payments_billionths')
    ) }} as net_present_saving,
    offer_source
from valued
