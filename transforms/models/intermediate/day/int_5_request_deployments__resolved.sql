{#
    Which deployment served each kind of request: the deployment that the gateway names, else the
    API deployment of the provider's model, else one named after provider and model.
#}
with
keys as (
    select distinct
        usage_date,
        gen_ai_provider_name,
        gen_ai_request_model,
        gen_ai_response_model,
        deployment_id
    from {{ ref('int_5_request_usage__summed') }}
),

ranked as (
    select
        keys.*,
        deployments.deployment,
        deployments.model,
        deployments.hosting,
        deployments.purpose,
        deployments.team as deployment_team,
        deployments.input_token_weight,
        deployments.cache_read_token_weight,
        deployments.output_token_weight,
        deployments.request_weight,
        deployments.prefill_weight,
        deployments.request_method,
        row_number() over (
            partition by keys.usage_date, keys.gen_ai_provider_name, keys.gen_ai_request_model,
                keys.gen_ai_response_model, keys.deployment_id
            order by
                case
                    when deployments.deployment = keys.deployment_id then 1
                    when deployments.model = keys.gen_ai_response_model then 2
                    else 3
                end,
                deployments.deployment
        ) as precedence
    from keys
    left join {{ ref('stg_reference__deployments') }} as deployments
        on
            {{ in_force('deployments', 'keys.usage_date') }}
            and (
                deployments.deployment = keys.deployment_id
                or (
                    deployments.hosting = 'api'
                    and deployments.gen_ai_provider_name = keys.gen_ai_provider_name
                    and (
                        deployments.model = keys.gen_ai_response_model
                        or deployments.request_model in (keys.gen_ai_request_model, keys.gen_ai_response_model)
                    )
                )
            )
)

select
    usage_date,
    gen_ai_provider_name,
    gen_ai_request_model,
    gen_ai_response_model,
    deployment_id,
    coalesce(
        deployment,
        nullif(deployment_id, ''),
        nullif(gen_ai_provider_name || '/' || gen_ai_response_model, '/'),
        'none'
    ) as deployment,
    coalesce(model, nullif(gen_ai_response_model, ''), 'none') as model,
    coalesce(hosting, 'unknown') as hosting,
    coalesce(purpose, 'none') as purpose,
    input_token_weight,
    cache_read_token_weight,
    output_token_weight,
    request_weight,
    coalesce(prefill_weight, 1) as prefill_weight,
    coalesce(request_method, 'residency') as request_method
from ranked
where precedence = 1
