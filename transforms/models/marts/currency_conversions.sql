{#
    Amounts in other currencies than the reporting currency, by the exchange rate that they were converted at.
    Every charge is rounded to 10^-18 once; what that removed stands here, so that nothing is hidden:
    cost * exchange_rate = reporting_cost + conversion_rounding.
#}
with
charges as (
    select * from {{ ref('day_currency_conversions') }}
    union all
    select * from {{ ref('int_period_currency_conversions__summed') }}
),

measured as (
    {% for measure in ['billed_cost', 'effective_cost'] %}
    select
        *,
        '{{ measure }}' as measure,
        {{ measure }} as cost,
        reporting_{{ measure }} as reporting_cost,
        {{ measure }}_rounding as rounding
    from charges
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    provider,
    billing_account_id,
    billing_period,
    billing_currency,
    reporting_currency,
    exchange_rate,
    measure,
    min(usage_date) as first_usage_date,
    max(usage_date) as last_usage_date,
    cast(sum(charge_count) as bigint) as charge_count,
    cast(sum(cost) as decimal(38, 18)) as cost,
    cast(sum(reporting_cost) as decimal(38, 18)) as reporting_cost,
    cast(sum(rounding) as decimal(38, 27)) as conversion_rounding
from measured
group by all
