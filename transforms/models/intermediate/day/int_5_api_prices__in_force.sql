{# The prices of each model API on the day, in the reporting currency; empty without an exchange rate. #}
select
    deployments.usage_date,
    deployments.deployment,
    listed.token_type,
    listed.service_tier,
    listed.context_tokens_over,
    listed.is_imported,
    listed.price_source,
    case
        when listed.currency = run.reporting_currency then listed.price_quanta_per_token
        else {{ divide_half_even('listed.price_quanta_per_token * rates.rate_billionths', 1000000000) }}
    end as price_quanta
from {{ ref('int_5_api_deployments__named') }} as deployments
inner join {{ ref('stg_reference__model_prices') }} as listed  {# a model without prices is added below #}
    on
        deployments.gen_ai_provider_name = listed.gen_ai_provider_name
        and deployments.model = listed.model
        and {{ in_force('listed', 'deployments.usage_date') }}
cross join {{ source('landing', 'run') }} as run
left join {{ ref('stg_reference__exchange_rates') }} as rates
    on
        listed.currency = rates.currency
        and run.reporting_currency = rates.reporting_currency
        and {{ in_force('rates', 'deployments.usage_date') }}
