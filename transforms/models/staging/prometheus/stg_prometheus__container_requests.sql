{#
    CPU and memory that running containers asked for, as kube-state-metrics reports them at each
    instant; it goes on reporting a container that has ended.
#}
with
ended as (
    select distinct
        sample_at,
        {{ json_text('labels', 'namespace') }} as namespace,
        {{ json_text('labels', 'pod') }} as pod,
        {{ json_text('labels', 'container') }} as container
    from {{ source('landing', 'prometheus_samples') }}
    where metric = 'kube_pod_container_status_terminated_reason' and value = 1
),

requests as (
    select
        sample_at,
        {{ json_text('labels', 'node') }} as node,
        {{ json_text('labels', 'namespace') }} as namespace,
        {{ json_text('labels', 'pod') }} as pod,
        {{ json_text('labels', 'container') }} as container,
        {{ json_text('labels', 'resource') }} as resource,
        value
    from {{ source('landing', 'prometheus_samples') }}
    where metric = 'kube_pod_container_resource_requests' and value > 0
)

select
    cast(requests.sample_at as date) as usage_date,
    requests.sample_at,
    requests.node,
    requests.namespace,
    requests.pod,
    requests.resource,
    {{ resource_units('requests.resource', 'requests.value') }} as requested_units
from requests
left join ended using (sample_at, namespace, pod, container)
where
    requests.resource in ('cpu', 'memory')
    and requests.node is not null
    and requests.namespace is not null
    and requests.pod is not null
    and ended.sample_at is null
