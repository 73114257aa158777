select
    usage_date,
    deployment,
    pool_start,
    service_tier,
    context_tokens_over,
    context_tokens_up_to,
    residual_request_id,
    {% for name, column, condition in request_measures() %}
    {% for token_type, parent, kind in token_types() %}
    {{ name }}_per_{{ token_type }},
    {% endfor %}
    {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from {{ ref('day_request_rates') }}
