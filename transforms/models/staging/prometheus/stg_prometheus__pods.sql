{# Labels of a pod as kube-state-metrics reports them; a pod whose labels changed keeps the last. #}
select
    cast(sample_at as date) as usage_date,
    {{ json_text('labels', 'namespace') }} as namespace,
    {{ json_text('labels', 'pod') }} as pod,
    arg_max(labels, sample_at) as pod_labels
from {{ source('landing', 'prometheus_samples') }}
where metric = 'kube_pod_labels'
group by all
