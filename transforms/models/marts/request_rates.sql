select
    usage_date,
    deployment,
    pool_start,
    residual_request_id,
    {% for name, column, condition in request_measures() %}
    {% for token_type, weight in request_token_weights() %}
    {{ name }}_per_{{ token_type }},
    {% endfor %}
    {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('day_request_rates') }}
