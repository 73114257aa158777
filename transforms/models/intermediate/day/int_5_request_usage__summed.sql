{#
    Stage 5, request side: the one pass over a day's requests. A request answered from the gateway's
    cache reached no model and weighs nothing.
#}
select
    usage_date,
    hour_start,
    gen_ai_provider_name,
    gen_ai_request_model,
    gen_ai_response_model,
    deployment_id,
    gateway_team,
    api_key_alias,
    count(*) as request_count,
    count(*) filter (where not is_gateway_cache_hit) as served_count,
    count(*) filter (where status <> 'success') as failed_count,
    sum(input_tokens) as input_tokens,
    sum(cache_read_input_tokens) as cache_read_input_tokens,
    sum(cache_creation_input_tokens) as cache_creation_input_tokens,
    sum(output_tokens) as output_tokens,
    coalesce(sum(input_tokens - cache_read_input_tokens - cache_creation_input_tokens)
        filter (where not is_gateway_cache_hit), 0) as served_input_tokens,
    coalesce(sum(cache_read_input_tokens) filter (where not is_gateway_cache_hit), 0) as served_cache_read_tokens,
    coalesce(sum(cache_creation_input_tokens) filter (where not is_gateway_cache_hit), 0) as served_cache_creation_tokens,
    coalesce(sum(output_tokens) filter (where not is_gateway_cache_hit), 0) as served_output_tokens,
    min(request_id) filter (where not is_gateway_cache_hit) as first_request_id
from {{ ref('stg_inference__requests') }}
group by all
