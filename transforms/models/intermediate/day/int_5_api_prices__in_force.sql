{# The prices of each model API on the day, in the reporting currency; empty without an exchange rate. #}
select
    deployments.usage_date,
    deployments.deployment,
    listed.token_type,
    listed.service_tier,
    listed.context_tokens_over,
    listed.is_imported,
    listed.price_source,
    {{ in_reporting_currency('listed.currency', 'listed.price_quanta_per_token') }} as price_quanta
from {{ ref('int_5_api_deployments__named') }} as deployments
inner join {{ ref('stg_reference__model_prices') }} as listed  {# a model without prices is added below #}
    on
        deployments.gen_ai_provider_name = listed.gen_ai_provider_name
        and deployments.model = listed.model
        and {{ in_force('listed', 'deployments.usage_date') }}
cross join {{ source('landing', 'run') }} as run
{{ join_exchange_rates('listed.currency', 'deployments.usage_date') }}
