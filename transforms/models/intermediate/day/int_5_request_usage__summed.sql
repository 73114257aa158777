{#
    Stage 5, request side: the one pass over a day's requests. A request answered from the gateway's
    cache reached no model: it counts, but it was not served and weighs nothing. Requests are told
    apart by service tier and by the largest step of any price list that their input exceeds.
#}
with
steps as (
    {{ context_steps() }}
),

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
        service_tier,
        {{ context_step('input_tokens') }} as context_step,
        count(*) as request_count,
        count(*) filter (where status not in ('success', '')) as failed_count,
        count(*) filter (
            where input_tokens + output_tokens > 0 and (completed_at is null or completed_at <= started_at)
        ) as untimed_count,
        sum(input_tokens) as input_tokens,
        sum(cache_read_input_tokens) as cache_read_input_tokens,
        sum(cache_creation_input_tokens) as cache_creation_input_tokens,
        sum(cache_creation_1h_input_tokens) as cache_creation_1h_input_tokens,
        sum(fresh_audio_input_tokens) as fresh_audio_input_tokens,
        sum(cache_read_audio_input_tokens) as cache_read_audio_input_tokens,
        sum(output_tokens) as output_tokens,
        sum(reasoning_output_tokens) as reasoning_output_tokens,
        sum(output_audio_tokens) as output_audio_tokens,
        sum(search_requests) as search_requests,
        min(request_id) as first_request_id
    from {{ ref('stg_inference__requests') }}
    cross join steps
    group by all
)

select
    cast(hours.hour_start as date) as usage_date,
    hours.hour_start,
    hours.gen_ai_provider_name,
    hours.gen_ai_request_model,
    hours.gen_ai_response_model,
    hours.deployment_id,
    hours.replica_id,
    hours.gateway_team,
    hours.api_key_alias,
    hours.service_tier,
    hours.context_step,
    hours.request_count,
    hours.failed_count,
    hours.input_tokens,
    hours.cache_read_input_tokens,
    hours.cache_creation_input_tokens,
    hours.output_tokens,
    {% set served = {
        'served_count': 'hours.request_count',
        'served_untimed_count': 'hours.untimed_count',
        'served_input_tokens': 'hours.input_tokens - hours.cache_read_input_tokens - hours.cache_creation_input_tokens',
        'served_cache_read_tokens': 'hours.cache_read_input_tokens',
        'served_cache_creation_tokens': 'hours.cache_creation_input_tokens',
        'served_output_tokens': 'hours.output_tokens',
    } %}
    {% for name, quantity in served.items() %}
    case when hours.is_gateway_cache_hit then 0 else {{ quantity }} end as {{ name }},
    {% endfor %}
    {% for token_type, quantity in token_quantities('hours', 'hours.request_count').items() %}
    case when hours.is_gateway_cache_hit then 0 else {{ quantity }} end as {{ token_type }}_quantity,
    {% endfor %}
    case when hours.is_gateway_cache_hit then null else hours.first_request_id end as first_request_id
from hours
