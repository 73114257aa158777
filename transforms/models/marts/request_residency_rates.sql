select
    usage_date,
    deployment,
    replica_id,
    pool_start,
    residency_before,
    is_priced,
    {% for name, column, condition in request_measures() %}
    {{ name }}_per_residency,
    {{ name }}_before{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('day_request_residency_rates') }}
