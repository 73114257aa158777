select
    summed.usage_date,
    owners.team,
    deployments.model,
    deployments.deployment,
    deployments.hosting,
    deployments.purpose,
    {% for column in [
        'request_count', 'served_count', 'failed_count', 'input_tokens', 'cache_read_input_tokens',
        'cache_creation_input_tokens', 'output_tokens',
    ] %}
    cast(sum(summed.{{ column }}) as bigint) as {{ column }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('int_5_request_usage__summed') }} as summed
inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
    using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
    using (usage_date, gateway_team, api_key_alias)
group by all
