{# A view, since it has a row for every two seconds in which a request came or went. #}
{{ config(materialized='view') }}

select
    usage_date,
    deployment,
    replica_id,
    window_ms,
    residency,
    residency_per_ms
from {{ ref('day_request_residency') }}
