select
    usage_date,
    gen_ai_provider_name,
    deployment,
    model,
    token_type,
    service_tier,
    reporting_billed_cost,
    rated_cost,
    {{ unit_cost('reporting_billed_cost', quanta('rated_cost'), '1000000000000000000') }} as billed_to_rated_ratio,
    billed_quantity,
    logged_quantity,
    billed_quantity - logged_quantity as unlogged_quantity,
    reporting_unlogged_cost,
    {{ unit_cost('reporting_billed_cost', 'billed_quantity', '1') }} as billed_unit_cost,
    {{ unit_cost('rated_cost', 'logged_quantity', '1') }} as rated_unit_cost,
    unpriced_quantity,
    price_source
from {{ ref('day_model_api_usage') }}
