{#
    The hourly commitment that costs least over the known hours, per plan. One more dollar an hour covers
    1 / (1 - d) dollars on demand of the item that it reaches in each hour, d its discount, and costs one in every
    hour: it pays as long as the sum of the former is more than the hours. Both are straight between the points
    where an item is covered whole, so one of these is the optimum: the smallest from which the sum is not more.
    With one SKU it is the d-quantile of use.
#}
with
hours as (
    select cast(count(*) * 24 as {{ integer_type() }}) as hour_count from ({{ known_days() }}) as days
),

slopes as (
    select
        provider,
        billing_currency,
        plan_name,
        term_months,
        payment_option,
        level_name,
        upto_quanta,
        sum(sum(falls)) over (
            partition by provider, billing_currency, plan_name, term_months, payment_option, level_name
            order by upto_quanta desc
            rows between unbounded preceding and current row
        ) - sum(falls) as slope_after,
        sum(sum(falls)) over (
            partition by provider, billing_currency, plan_name, term_months, payment_option, level_name
        ) as slope_at_start
    from {{ ref('int_commitment_plan_points__weighed') }}
    group by provider, billing_currency, plan_name, term_months, payment_option, level_name, upto_quanta
)

select
    slopes.provider,
    slopes.billing_currency,
    slopes.plan_name,
    slopes.term_months,
    slopes.payment_option,
    slopes.level_name,
    max(hours.hour_count) as hour_count,
    case
        when max(slopes.slope_at_start) <= max(hours.hour_count) * 1000000000 then 0
        else min(case when slopes.slope_after <= hours.hour_count * 1000000000 then slopes.upto_quanta end)
    end as level_quanta
from slopes
cross join hours
group by
    slopes.provider, slopes.billing_currency, slopes.plan_name, slopes.term_months, slopes.payment_option,
    slopes.level_name
