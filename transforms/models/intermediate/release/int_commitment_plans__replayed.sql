{#
    What each level of each plan would have covered of the known hours, as they were and under stress. Less use
    needs less of the commitment; lower on-demand prices make what it covers worth less, and its own price stays.
#}
with
applied as (
    select
        ordered.provider,
        ordered.billing_currency,
        ordered.plan_name,
        ordered.term_months,
        ordered.payment_option,
        ordered.offer_source,
        ordered.sku_id,
        ordered.region_id,
        ordered.discount_billionths,
        levels.level_name,
        levels.level_quanta,
        levels.hour_count,
        scenarios.scenario,
        scenarios.scenario_rank,
        scenarios.price_permille,
        {{ floor_divide('ordered.use_quanta * scenarios.use_permille', 1000) }} as use_quanta,
        {{ floor_divide('ordered.needed_quanta * scenarios.use_permille', 1000) }} as needed_quanta,
        greatest(0, levels.level_quanta - {{ floor_divide(
            '(ordered.upto_quanta - ordered.needed_quanta) * scenarios.use_permille', 1000
        ) }}) as left_quanta
    from {{ ref('int_commitment_plan_hours__ordered') }} as ordered
    inner join {{ ref('int_commitment_plan_levels__optimal') }} as levels  {# every plan with use has its levels #}
        using (provider, billing_currency, plan_name, term_months, payment_option)
    cross join {{ ref('commitment_scenarios') }} as scenarios
),

covered as (
    select
        *,
        least(needed_quanta, left_quanta) as applied_quanta,
        case
            when left_quanta >= needed_quanta then use_quanta
            else {{ billionths_of(
                'left_quanta',
                floor_divide('cast(1000000000000000000 as ' ~ integer_type() ~ ')', '1000000000 - discount_billionths')
            ) }}
        end as covered_quanta
    from applied
)

select
    provider,
    billing_currency,
    plan_name,
    term_months,
    payment_option,
    level_name,
    scenario,
    scenario_rank,
    max(offer_source) as offer_source,
    count(distinct sku_id || ' in ' || region_id) as sku_count,
    max(hour_count) as hour_count,
    max(level_quanta) as level_quanta,
    max(level_quanta) * max(hour_count) as committed_quanta,
    sum(applied_quanta) as applied_quanta,
    sum({{ floor_divide('covered_quanta * price_permille', 1000) }}) as covered_quanta,
    sum({{ floor_divide('use_quanta * price_permille', 1000) }}) as use_quanta
from covered
group by
    provider, billing_currency, plan_name, term_months, payment_option, level_name, scenario, scenario_rank
