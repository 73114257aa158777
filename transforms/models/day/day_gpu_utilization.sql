select
    usage_date,
    node,
    gpu_model,
    cast(count(distinct gpu_uuid) as bigint) as gpu_count,
    cast(count(distinct gpu_uuid) * 86400 as decimal(18, 3)) as capacity_gpu_seconds,
    cast(sum(held_seconds) as decimal(18, 3)) as held_gpu_seconds,
    cast(sum(active_seconds) as decimal(18, 3)) as active_gpu_seconds,
    cast(sum(unheld_seconds) as decimal(18, 3)) as unheld_gpu_seconds
from {{ ref('day_gpu_hours') }}
group by usage_date, node, gpu_model
