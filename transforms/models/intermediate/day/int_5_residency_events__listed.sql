{#
    Every change of the requests in flight: a request enters with its weight in prefill, goes over to
    decode at its first token, and leaves at its end. `weight` and `in_flight` are the changes.
#}
{{ config(materialized='view') }}

with
events as (
    select
        replica_number,
        caller_number,
        service_ms as at_ms,
        case when first_token_ms is null then 1 else prefill_weight end as weight,
        1 as in_flight
    from {{ ref('int_5_requests__phased') }}

    union all

    select replica_number, caller_number, first_token_ms, 1 - prefill_weight, 0
    from {{ ref('int_5_requests__phased') }}
    where first_token_ms is not null and prefill_weight <> 1

    union all

    select replica_number, caller_number, completed_ms, -1, -1
    from {{ ref('int_5_requests__phased') }}
)

select
    *,
    {{ window_of('at_ms') }} as window_ms,
    at_ms % {{ residency_window_ms() }} as offset_ms
from events
