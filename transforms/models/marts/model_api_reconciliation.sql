select
    usage_date,
    deployment,
    model,
    token_type,
    reporting_billed_cost,
    rated_cost,
    {{ unit_cost('reporting_billed_cost', quanta('rated_cost'), '1000000000000000000') }} as billed_to_rated_ratio,
    billed_quantity,
    logged_quantity,
    billed_quantity - logged_quantity as unlogged_quantity,
    price_source
from {{ ref('day_model_api_usage') }}
