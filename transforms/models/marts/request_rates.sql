select
    usage_date,
    deployment,
    pool_start,
    is_priced,
    residual_request_id,
    residency_before,
    {% for name, column, condition in request_measures() %}
    {% for kind in request_rate_kinds() %}
    {{ name }}_per_{{ kind }},
    {% endfor %}
    {{ name }}_before,
    {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('day_request_rates') }}
