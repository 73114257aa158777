select
    task,
    model,
    quality,
    quality_standard_error,
    output_token_ratio,
    evaluation_source,
    valid_from,
    valid_to
from {{ source('landing', 'model_evaluations') }}
