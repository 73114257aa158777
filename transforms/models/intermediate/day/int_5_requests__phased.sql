{# When each request that residency weighs was worked on; narrow, since both passes below read it whole. #}
with
requests as (
    select
        placed.*,
        paces.prefill_us_per_token,
        paces.decode_us_per_token
    from {{ ref('int_5_requests__placed') }} as placed
    left join {{ ref('int_5_request_paces__measured') }} as paces using (deployment_number)
),

phases as (
    {{ request_phases('requests', ['replica_number', 'caller_number', 'prefill_weight']) }}
)

select
    replica_number,
    cast(caller_number as integer) as caller_number,
    cast(prefill_weight as integer) as prefill_weight,
    cast(service_ms as integer) as service_ms,
    cast(first_token_ms as integer) as first_token_ms,
    cast(completed_ms as integer) as completed_ms
from phases
