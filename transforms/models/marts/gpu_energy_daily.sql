select
    usage_date,
    node,
    gpu_uuid,
    gpu_model,
    energy_metric,
    energy_joules,
    metered_seconds
from {{ ref('day_gpu_energy') }}
