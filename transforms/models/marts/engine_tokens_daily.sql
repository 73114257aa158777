select
    usage_date,
    deployment,
    model,
    engine_input_tokens,
    engine_output_tokens,
    logged_input_tokens,
    logged_output_tokens
from {{ ref('day_engine_tokens') }}
