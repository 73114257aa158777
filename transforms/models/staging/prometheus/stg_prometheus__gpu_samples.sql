select
    cast(sample_at as date) as usage_date,
    sample_at,
    metric,
    labels,
    value
from {{ source('landing', 'prometheus_samples') }}
where {{ is_gpu_metric('metric') }}
