select
    methods.usage_date,
    methods.deployment,
    methods.allocation_method,
    cast(methods.served_count as bigint) as served_count,
    cast(methods.untimed_count as bigint) as untimed_count,
    methods.prefill_weight,
    cast(paces.prefill_us_per_token as bigint) as prefill_us_per_token,
    cast(paces.decode_us_per_token as bigint) as decode_us_per_token
from {{ ref('int_5_request_methods__chosen') }} as methods
left join {{ ref('int_5_request_paces__measured') }} as paces using (usage_date, deployment_number)
