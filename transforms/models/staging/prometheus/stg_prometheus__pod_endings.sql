{#
    How the containers of a pod ended, where kube-state-metrics says so. A pod of several containers
    ended as the one that did not complete.
#}
select
    cast(sample_at as date) as usage_date,
    {{ json_text('labels', 'namespace') }} as namespace,
    {{ json_text('labels', 'pod') }} as pod,
    max(sample_at) as last_sample_at,
    coalesce(
        max({{ json_text('labels', 'reason') }}) filter (where {{ json_text('labels', 'reason') }} <> 'Completed'),
        'Completed'
    ) as reason
from {{ source('landing', 'prometheus_samples') }}
where metric = 'kube_pod_container_status_terminated_reason' and value = 1
group by all
