{# Provider and model of each model API, as deployments.csv names them. #}
select distinct
    resolved.usage_date,
    resolved.deployment,
    coalesce(named.gen_ai_provider_name, resolved.gen_ai_provider_name) as gen_ai_provider_name,
    named.model
from {{ ref('int_5_request_deployments__resolved') }} as resolved
inner join {{ ref('stg_reference__deployments') }} as named  {# hosting `api` is only said there #}
    on
        resolved.deployment = named.deployment
        and resolved.hosting = 'api'
        and {{ in_force('named', 'resolved.usage_date') }}
