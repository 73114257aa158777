{#
    How sure a commitment is: the band of its level and saving, what the level that earlier days would have chosen saved
    on the later ones, and which way to pay returns most. High where that saved, on four weeks or more, and missed at most
    two hundredths of the use against the level that is best in hindsight.
#}
with
judged as (
    select
        provider,
        billing_currency,
        plan_name,
        term_months,
        payment_option,
        level_name,
        count(*) as day_count,
        count(*) filter (where is_later) as backtest_day_count,
        sum(saving_quanta) as saving_quanta,
        coalesce(sum(use_quanta) filter (where is_later), 0) as later_use_quanta,
        coalesce(sum(learned_saving_quanta) filter (where is_later), 0) as learned_saving_quanta,
        coalesce(sum(hindsight_saving_quanta) filter (where is_later), 0) as hindsight_saving_quanta
    from {{ ref('int_commitment_plan_days__replayed') }}
    group by provider, billing_currency, plan_name, term_months, payment_option, level_name
),

hurdle as (
    select cast(round(max(assumed.value) * 1000) as bigint) as hurdle_permille
    from {{ ref('int_lever_assumptions__chosen') }} as assumed
    cross join {{ source('landing', 'run') }} as run
    where assumed.lever = 'commitments' and assumed.name = 'cost_of_capital' and assumed.usage_date = run.usage_date
)

select
    judged.provider,
    judged.plan_name,
    cast(judged.term_months as bigint) as term_months,
    judged.payment_option,
    judged.level_name,
    judged.billing_currency,
    {{ from_quanta('optimal.level_quanta') }} as commitment_per_hour_cost,
    cast(least({{ from_quanta('optimal.level_quanta') }}, {{ millionths('resampled.level_low_millionths') }})
        as decimal(38, 18)) as commitment_low_per_hour_cost,
    cast(greatest({{ from_quanta('optimal.level_quanta') }}, {{ millionths('resampled.level_high_millionths') }})
        as decimal(38, 18)) as commitment_high_per_hour_cost,
    {{ from_quanta('judged.saving_quanta') }} as saving,
    cast(least({{ from_quanta('judged.saving_quanta') }}, {{ millionths('bounds.low_millionths') }})
        as decimal(38, 18)) as saving_low,
    cast(greatest({{ from_quanta('judged.saving_quanta') }}, {{ millionths('bounds.high_millionths') }})
        as decimal(38, 18)) as saving_high,
    cast(judged.backtest_day_count as bigint) as backtest_day_count,
    {{ millionths('resampled.learned_millionths') }} as learned_per_hour_cost,
    {{ from_quanta('judged.learned_saving_quanta') }} as saving_backtest_actual,
    {{ from_quanta('judged.hindsight_saving_quanta') }} as saving_backtest_hindsight,
    cast(
        cast(judged.hindsight_saving_quanta - judged.learned_saving_quanta as double)
        / greatest(cast(judged.later_use_quanta as double), 1) as decimal(18, 6)
    ) as backtest_missed_share,
    case
        when optimal.level_quanta = 0 then 'none'
        when judged.learned_saving_quanta <= 0 then 'low'
        when
            judged.day_count >= 28
            and (judged.hindsight_saving_quanta - judged.learned_saving_quanta) * 50 <= judged.later_use_quanta
            then 'high'
        else 'medium'
    end as confidence,
    cast(payments.return_permille * 0.001 as decimal(18, 3)) as upfront_annual_return,
    cast(row_number() over (
        partition by judged.provider, judged.billing_currency, judged.plan_name, judged.term_months, judged.level_name
        order by
            case
                when judged.payment_option = 'No Upfront' then hurdle.hurdle_permille
                else coalesce(payments.return_permille, -1)
            end desc,
            judged.payment_option asc
    ) as integer) as payment_rank
from judged
inner join {{ ref('int_commitment_plan_levels__optimal') }} as optimal  {# of the same plans #}
    using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
inner join {{ ref('int_commitment_levels__resampled') }} as resampled  {# of the same plans #}
    using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
inner join {{ ref('int_commitment_savings__resampled') }} as bounds  {# of the same plans #}
    using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
left join {{ ref('int_commitment_payments__compared') }} as payments
    using (provider, billing_currency, plan_name, term_months, payment_option, level_name)
cross join hurdle
