{#
    What each SKU that is used on demand would cost under each plan: of an offer's rows the most exact, a named SKU
    before all of them (`*`). The company's own rate, where part of a SKU is committed already, is a plan as well:
    of a month, because bills do not say for how long.
#}
with
offers as (
    select
        offers.service_provider_name as provider,
        offers.plan_name,
        offers.sku_id,
        offers.region_id,
        offers.term_months,
        offers.payment_option,
        offers.offer_source,
        {{ in_billionths('offers.discount') }} as discount_billionths
    from {{ ref('stg_reference__commitment_offers') }} as offers
    cross join {{ source('landing', 'run') }} as run
    where {{ in_force('offers', 'run.usage_date') }}

    union all

    select distinct
        provider,
        'own rate of ' || sku_id || ' in ' || region_id as plan_name,
        sku_id,
        region_id,
        1 as term_months,
        'No Upfront' as payment_option,
        'what committed use of the SKU costs in the bills' as offer_source,
        discount_permille * cast(1000000 as {{ integer_type() }}) as discount_billionths
    from {{ ref('int_lever_commitment_hours__gathered') }}
),

skus as (
    select distinct
        provider,
        sku_id,
        region_id,
        billing_currency
    from {{ ref('int_commitment_use__hourly') }}
)

select
    skus.provider,
    skus.billing_currency,
    offers.plan_name,
    offers.term_months,
    offers.payment_option,
    offers.offer_source,
    skus.sku_id,
    skus.region_id,
    offers.discount_billionths
from skus
inner join offers  {# what nobody offers a plan for stays on demand #}
    on
        skus.provider = offers.provider
        and offers.sku_id in ('*', skus.sku_id)
        and offers.region_id in ('*', skus.region_id)
qualify row_number() over (
    partition by
        skus.provider, skus.billing_currency, offers.plan_name, offers.term_months, offers.payment_option,
        skus.sku_id, skus.region_id
    order by case when offers.sku_id = '*' then 1 else 0 end, case when offers.region_id = '*' then 1 else 0 end
) = 1
