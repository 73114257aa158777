{#
    What a GPU hour costs elsewhere, day by day, in the reporting currency: of each GPU model and pricing
    category the cheapest offer that the company may take. Without a rate an offer cannot be compared.
#}
with
days as (select distinct usage_date from {{ ref('day_workload_costs') }}),

offers as (
    select
        days.usage_date,
        offers.gpu_model,
        offers.pricing_category,
        offers.service_provider_name,
        offers.region_id,
        offers.service_provider_name || ' ' || offers.region_id as place,
        {{ in_reporting_currency('offers.currency', quanta('offers.price_per_gpu_hour')) }} as hour_quanta
    from days
    inner join {{ ref('stg_reference__gpu_offers') }} as offers  {# only those of the day #}
        on {{ in_force('offers', 'days.usage_date') }}
    cross join {{ source('landing', 'run') }} as run
    {{ join_exchange_rates('offers.currency', 'days.usage_date') }}
)

select
    usage_date,
    gpu_model,
    pricing_category,
    service_provider_name,
    region_id,
    place,
    hour_quanta
from offers
where hour_quanta is not null
qualify row_number() over (
    partition by usage_date, gpu_model, pricing_category order by hour_quanta, place
) = 1
