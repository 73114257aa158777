select
    windows.usage_date,
    methods.deployment,
    windows.replica_id,
    cast(windows.window_ms as integer) as window_ms,
    windows.residency,
    windows.residency_per_ms
from {{ ref('int_5_residency__accumulated') }} as windows
inner join {{ ref('int_5_request_methods__chosen') }} as methods  {# numbered there #}
    using (usage_date, deployment_number)
