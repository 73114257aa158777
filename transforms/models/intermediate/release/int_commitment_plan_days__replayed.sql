{#
    What each level of each plan would have saved day by day, beside the level that the earlier days would have chosen
    and, in hindsight, the one that the later days would. A day without use is a loss.
#}
{% set levels = ['saving', 'learned_saving', 'hindsight_saving'] %}
with
days as (
    select
        usage_date,
        row_number() over (order by usage_date) as day_number
    from (
        {{ known_days() }}
    ) as known
),

chosen as (
    select
        resampled.provider,
        resampled.billing_currency,
        resampled.plan_name,
        resampled.term_months,
        resampled.payment_option,
        resampled.level_name,
        resampled.learning_day_count,
        optimal.level_quanta as saving_level,
        resampled.learned_millionths * cast(1000000000000 as {{ integer_type() }}) as learned_saving_level,
        resampled.hindsight_millionths * cast(1000000000000 as {{ integer_type() }}) as hindsight_saving_level
    from {{ ref('int_commitment_levels__resampled') }} as resampled
    inner join {{ ref('int_commitment_plan_levels__optimal') }} as optimal  {# of the same points #}
        using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
),

covered as (
    select
        chosen.provider,
        chosen.billing_currency,
        chosen.plan_name,
        chosen.term_months,
        chosen.payment_option,
        chosen.level_name,
        points.usage_date,
        {% for level in levels %}
        sum({{ billionths_of('least(points.upto_quanta, chosen.' ~ level ~ '_level)', 'points.falls') }})
            as {{ level }}_covered{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_commitment_plan_points__weighed') }} as points
    inner join chosen  {# of the same points #}
        on
            points.provider = chosen.provider
            and points.billing_currency = chosen.billing_currency
            and points.plan_name = chosen.plan_name
            and points.term_months = chosen.term_months
            and points.payment_option = chosen.payment_option
    where points.level_name = 'recommended'  {# with the discounts that there really are #}
    group by all
),

used as (
    select
        provider,
        billing_currency,
        plan_name,
        term_months,
        payment_option,
        cast(hour_start as date) as usage_date,
        sum(use_quanta) as use_quanta
    from {{ ref('int_commitment_plan_hours__ordered') }}
    group by all
)

select
    chosen.provider,
    chosen.billing_currency,
    chosen.plan_name,
    chosen.term_months,
    chosen.payment_option,
    chosen.level_name,
    days.usage_date,
    days.day_number > chosen.learning_day_count as is_later,
    coalesce(used.use_quanta, 0) as use_quanta,
    {% for level in levels %}
    coalesce(covered.{{ level }}_covered, 0) - 24 * chosen.{{ level }}_level as {{ level }}_quanta
    {{- ',' if not loop.last }}
    {% endfor %}
from chosen
cross join days
left join covered
    using (provider, billing_currency, plan_name, term_months, payment_option, level_name, usage_date)
left join used using (provider, billing_currency, plan_name, term_months, payment_option, usage_date)
