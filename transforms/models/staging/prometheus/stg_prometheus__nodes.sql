select
    cast(sample_at as date) as usage_date,
    {{ json_text('labels', 'node') }} as node,
    max({{ resource_key(json_text('labels', 'provider_id')) }}) as resource_key
from {{ source('landing', 'prometheus_samples') }}
where metric = 'kube_node_info' and {{ json_text('labels', 'provider_id') }} <> ''
group by all
