{#
    Paying at the start is a loan to the provider. What it returns a year: the rate at which the monthly payments that
    it spares, against paying nothing at the start, are worth what is paid at the start; per dollar of covered use, in
    whole thousandths. Without a plan that asks for nothing at the start, or where it spares nothing, there is none.
#}
with
paid as (
    select
        provider,
        billing_currency,
        plan_name,
        term_months,
        payment_option,
        level_name,
        case payment_option when 'All Upfront' then 1 when 'Partial Upfront' then 0.5 else 0 end as upfront_share,
        {{ billionths('applied_quanta', 'covered_quanta') }} as price_billionths
    from {{ ref('int_commitment_plans__replayed') }}
    where scenario = 'as known' and covered_quanta > 0
),

spared as (
    select
        paid.*,
        paid.price_billionths * paid.upfront_share * paid.term_months as upfront_billionths,
        monthly.price_billionths - paid.price_billionths * (1 - paid.upfront_share) as spared_billionths
    from paid
    inner join paid as monthly  {# without it there is nothing to compare #}
        using (provider, billing_currency, plan_name, term_months, level_name)
    where monthly.payment_option = 'No Upfront' and paid.upfront_share > 0
),

rates as (
    select
        rate_permille,
        {{ monthly_interest('rate_permille / 1000.0') }} as monthly_rate
    from (select unnest(range(0, 10001)) as rate_permille) as numbers
)

select
    spared.provider,
    spared.billing_currency,
    spared.plan_name,
    spared.term_months,
    spared.payment_option,
    spared.level_name,
    cast(max(rates.rate_permille) as bigint) as return_permille
from spared
inner join rates  {# lower rates, too: the highest is the return #}
    on
        spared.upfront_billionths
        <= spared.spared_billionths * {{ steps_summed('(1 / (1 + rates.monthly_rate))', 'spared.term_months') }}
group by
    spared.provider, spared.billing_currency, spared.plan_name, spared.term_months, spared.payment_option,
    spared.level_name
