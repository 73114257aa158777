select
    numbered.usage_date,
    numbered.deployment,
    numbered.replica_id,
    cast(windows.window_ms as integer) as window_ms,
    windows.residency,
    windows.residency_per_ms
from {{ ref('int_5_residency__accumulated') }} as windows
inner join {{ ref('int_5_replicas__numbered') }} as numbered using (replica_number)  {# numbered there #}
