{#
    Stage 5, request side: the one pass over a day's requests. A request answered from the gateway's
    cache reached no model: it counts, but it was not served and weighs nothing.
#}
with
hours as (
    select
        hour_start,
        gen_ai_provider_name,
        gen_ai_request_model,
        gen_ai_response_model,
        deployment_id,
        replica_id,
        gateway_team,
        api_key_alias,
        is_gateway_cache_hit,
        count(*) as request_count,
        count(*) filter (where status not in ('success', '')) as failed_count,
        count(*) filter (
            where input_tokens + output_tokens > 0 and (completed_at is null or completed_at <= started_at)
        ) as untimed_count,
        sum(input_tokens) as input_tokens,
        sum(cache_read_input_tokens) as cache_read_input_tokens,
        sum(cache_creation_input_tokens) as cache_creation_input_tokens,
        sum(output_tokens) as output_tokens,
        min(request_id) as first_request_id
    from {{ ref('stg_inference__requests') }}
    group by all
)

select
    cast(hour_start as date) as usage_date,
    hour_start,
    gen_ai_provider_name,
    gen_ai_request_model,
    gen_ai_response_model,
    deployment_id,
    replica_id,
    gateway_team,
    api_key_alias,
    request_count,
    failed_count,
    input_tokens,
    cache_read_input_tokens,
    cache_creation_input_tokens,
    output_tokens,
    {% set served = {
        'served_count': 'request_count',
        'served_untimed_count': 'untimed_count',
        'served_input_tokens': 'input_tokens - cache_read_input_tokens - cache_creation_input_tokens',
        'served_cache_read_tokens': 'cache_read_input_tokens',
        'served_cache_creation_tokens': 'cache_creation_input_tokens',
        'served_output_tokens': 'output_tokens',
    } %}
    {% for name, quantity in served.items() %}
    case when is_gateway_cache_hit then 0 else {{ quantity }} end as {{ name }},
    {% endfor %}
    case when is_gateway_cache_hit then null else first_request_id end as first_request_id
from hours
