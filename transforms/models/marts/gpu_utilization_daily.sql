select
    usage_date,
    node,
    gpu_model,
    gpu_count,
    capacity_gpu_seconds,
    held_gpu_seconds,
    active_gpu_seconds,
    unheld_gpu_seconds
from {{ ref('day_gpu_utilization') }}
