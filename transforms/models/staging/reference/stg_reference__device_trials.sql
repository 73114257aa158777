select
    task,
    model,
    caught_wrong_share,
    caught_right_share,
    cost_per_request,
    trial_source,
    valid_from,
    valid_to
from {{ source('landing', 'device_trials') }}
