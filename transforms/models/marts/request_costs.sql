{# Derived on read: a request's tokens times its pool's integer rates. Nothing per request is stored. #}
{{ config(materialized='view') }}

with
requests as (
    select
        *,
        cast(started_at as date) as usage_date,
        case when coalesce(is_gateway_cache_hit, false) then 0 else 1 end as is_served
    from {{ source('landing', 'inference_requests') }}
),

owned as (
    select
        requests.*,
        owners.team,
        deployments.deployment,
        deployments.model,
        deployments.hosting,
        deployments.purpose,
        case
            when deployments.hosting = 'api' then cast(requests.usage_date as timestamp)
            else date_trunc('hour', requests.started_at)
        end as pool_start
    from requests
    left join {{ ref('request_owners') }} as owners
        on
            requests.usage_date = owners.usage_date
            and coalesce(lower(requests.gateway_team), '') = owners.gateway_team
            and coalesce(lower(requests.api_key_alias), '') = owners.api_key_alias
    left join {{ ref('request_deployments') }} as deployments
        on
            requests.usage_date = deployments.usage_date
            and coalesce(requests.gen_ai_provider_name, '') = deployments.gen_ai_provider_name
            and coalesce(requests.gen_ai_request_model, '') = deployments.gen_ai_request_model
            and coalesce(requests.gen_ai_response_model, requests.gen_ai_request_model, '')
            = deployments.gen_ai_response_model
            and coalesce(requests.deployment_id, '') = deployments.deployment_id
)

select
    owned.request_id,
    owned.started_at,
    owned.usage_date,
    owned.team,
    owned.model,
    owned.deployment,
    owned.hosting,
    owned.purpose,
    coalesce(owned.input_tokens, 0) as input_tokens,
    coalesce(owned.cache_read_input_tokens, 0) as cache_read_input_tokens,
    coalesce(owned.cache_creation_input_tokens, 0) as cache_creation_input_tokens,
    coalesce(owned.output_tokens, 0) as output_tokens,
    owned.status,
    run.reporting_currency,
    {% for name, column, condition in request_measures() %}
    {{ from_quanta(
        'owned.is_served * ('
        ~ '(coalesce(owned.input_tokens, 0) - coalesce(owned.cache_read_input_tokens, 0) - coalesce(owned.cache_creation_input_tokens, 0))'
        ~ ' * cast(rates.' ~ name ~ '_per_input as hugeint)'
        ~ ' + coalesce(owned.cache_read_input_tokens, 0) * cast(rates.' ~ name ~ '_per_cache_read as hugeint)'
        ~ ' + coalesce(owned.cache_creation_input_tokens, 0) * cast(rates.' ~ name ~ '_per_cache_creation as hugeint)'
        ~ ' + coalesce(owned.output_tokens, 0) * cast(rates.' ~ name ~ '_per_output as hugeint)'
        ~ ' + cast(rates.' ~ name ~ '_per_request as hugeint)'
        ~ ' + case when owned.request_id = rates.residual_request_id then cast(rates.' ~ name ~ '_residual as hugeint) else 0 end)'
    ) }} as {{ name }},
    {% endfor %}
    case when rates.deployment is null then 'unpriced' else 'priced' end as cost_status
from owned
cross join {{ source('landing', 'run') }} as run
left join {{ ref('request_rates') }} as rates
    on owned.deployment = rates.deployment and owned.pool_start = rates.pool_start
