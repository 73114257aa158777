select
    usage_date,
    deployment,
    token_type,
    service_tier,
    context_tokens_over,
    pool_type,
    pool_tier,
    logged_quantity,
    unit_price,
    rated_cost,
    reporting_billed_cost,
    price_source
from {{ ref('day_model_api_rated_usage') }}
