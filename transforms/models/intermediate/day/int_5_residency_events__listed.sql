{#
    Every change of the requests in flight: a request enters with its weight in prefill, goes over to
    decode at its first token, and leaves at its end. `weight` and `in_flight` are the changes.
#}
{{ config(materialized='view') }}

with
requests as (
    select
        placed.*,
        paces.prefill_us_per_token,
        paces.decode_us_per_token
    from {{ ref('int_5_requests__placed') }} as placed
    left join {{ ref('int_5_request_paces__measured') }} as paces using (usage_date, deployment_number)
),

phases as (
    {{ request_phases('requests', [
        'usage_date', 'deployment_number', 'replica_id', 'caller_number', 'prefill_weight',
    ]) }}
),

events as (
    select
        usage_date,
        deployment_number,
        replica_id,
        caller_number,
        service_ms as at_ms,
        case when first_token_ms is null then 1 else prefill_weight end as weight,
        1 as in_flight
    from phases

    union all

    select usage_date, deployment_number, replica_id, caller_number, first_token_ms, 1 - prefill_weight, 0
    from phases
    where first_token_ms is not null and prefill_weight <> 1

    union all

    select usage_date, deployment_number, replica_id, caller_number, completed_ms, -1, -1
    from phases
)

select
    *,
    {{ window_of('at_ms') }} as window_ms,
    at_ms % {{ residency_window_ms() }} as offset_ms
from events
