select
    usage_date,
    node,
    gpu_uuid,
    max(gpu_model) as gpu_model,
    max(metric) as energy_metric,
    {{ seconds('sum(millijoules)') }} as energy_joules,
    {{ seconds('sum(metered_ms)') }} as metered_seconds
from {{ ref('int_2_gpu_energy__metered') }}
group by usage_date, node, gpu_uuid
