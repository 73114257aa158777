select
    methods.usage_date,
    methods.deployment,
    methods.allocation_method,
    weights.gpu_model,
    weights.weight_source,
    cast(weights.input_token_weight as bigint) as input_token_weight,
    cast(weights.cache_read_token_weight as bigint) as cache_read_token_weight,
    cast(weights.output_token_weight as bigint) as output_token_weight,
    cast(weights.request_weight as bigint) as request_weight,
    cast(methods.served_count as bigint) as served_count,
    cast(methods.untimed_count as bigint) as untimed_count,
    methods.prefill_weight,
    cast(paces.prefill_us_per_token as bigint) as prefill_us_per_token,
    cast(paces.decode_us_per_token as bigint) as decode_us_per_token
from {{ ref('int_5_request_methods__chosen') }} as methods
left join {{ ref('int_5_token_weights__chosen') }} as weights using (usage_date, deployment)
left join (
    select distinct usage_date, deployment, deployment_number
    from {{ ref('int_5_replicas__numbered') }}
) as numbered using (usage_date, deployment)
left join {{ ref('int_5_request_paces__measured') }} as paces using (deployment_number)
