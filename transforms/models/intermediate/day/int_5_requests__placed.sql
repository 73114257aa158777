{# The requests that residency weighs, with the numbers of their replica and caller. #}
{{ config(materialized='view') }}

select
    requests.usage_date,
    replicas.deployment_number,
    replicas.replica_number,
    replicas.prefill_weight,
    owners.caller_number,
    requests.started_at,
    requests.first_token_at,
    requests.completed_at,
    requests.input_tokens,
    requests.cache_read_input_tokens,
    requests.output_tokens
from {{ ref('stg_inference__requests') }} as requests
inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
    using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
inner join {{ ref('int_5_replicas__numbered') }} as replicas  {# other methods count no time #}
    on
        requests.usage_date = replicas.usage_date
        and deployments.deployment = replicas.deployment
        and requests.replica_id = replicas.replica_id
inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
    on
        requests.usage_date = owners.usage_date
        and requests.gateway_team = owners.gateway_team
        and requests.api_key_alias = owners.api_key_alias
where not requests.is_gateway_cache_hit
