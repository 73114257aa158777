{#
    What a unit of provisioned throughput costs and serves in an hour, day by day, in the reporting currency, for each model
    API that such units are sold for. Without a rate an offer cannot be compared.
#}
with
apis as (
    select distinct
        deployment,
        gen_ai_provider_name,
        model
    from {{ ref('day_request_hours') }}
),

days as (
    select distinct days.usage_date
    from {{ ref('day_request_hours') }} as days
    cross join {{ source('landing', 'run') }} as run
    where days.usage_date between run.first_usage_date and run.usage_date
),

offers as (
    select
        days.usage_date,
        apis.deployment,
        units.gen_ai_provider_name,
        units.model,
        units.owned_units,
        units.output_token_weight,
        units.tokens_per_minute * 60 as tokens_per_hour,
        {{ in_reporting_currency('units.currency', quanta('units.price_per_unit_hour')) }} as hour_quanta
    from days
    cross join apis
    cross join {{ source('landing', 'run') }} as run
    inner join {{ ref('stg_reference__provisioned_units') }} as units  {# of the others no unit is sold #}
        on
            apis.gen_ai_provider_name = units.gen_ai_provider_name
            and apis.model = units.model
            and {{ in_force('units', 'days.usage_date') }}
    {{ join_exchange_rates('units.currency', 'days.usage_date') }}
)

select *
from offers
where hour_quanta is not null
