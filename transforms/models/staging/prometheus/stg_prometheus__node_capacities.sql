{# CPU and memory that a node can give to pods, as kube-state-metrics reports them at each instant. #}
select
    cast(sample_at as date) as usage_date,
    sample_at,
    {{ json_text('labels', 'node') }} as node,
    {{ json_text('labels', 'resource') }} as resource,
    {{ resource_units(json_text('labels', 'resource'), 'value') }} as allocatable_units
from {{ source('landing', 'prometheus_samples') }}
where
    metric = 'kube_node_status_allocatable'
    and {{ json_text('labels', 'resource') }} in ('cpu', 'memory')
    and value > 0
