select
    task,
    model,
    removable_input_share,
    quality,
    quality_standard_error,
    trial_source,
    valid_from,
    valid_to
from {{ source('landing', 'context_trials') }}
