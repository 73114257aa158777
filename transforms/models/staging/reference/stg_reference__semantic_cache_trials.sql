select
    task,
    hit_share,
    judged_hits,
    false_hits,
    embedding_price_per_token,
    trial_source,
    valid_from,
    valid_to
from {{ source('landing', 'semantic_cache_trials') }}
