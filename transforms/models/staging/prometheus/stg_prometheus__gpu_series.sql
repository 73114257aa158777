{# The same label text comes back with every sample and metric of a device: read each text once. #}
select
    usage_date,
    labels,
    coalesce(
        {{ json_text('labels', 'Hostname') }},
        {{ json_text('labels', 'hostname') }},
        {{ json_text('labels', 'node') }},
        {{ json_text('labels', 'instance') }}
    ) as node,
    coalesce({{ json_text('labels', 'UUID') }}, {{ json_text('labels', 'gpu_uuid') }}) as gpu_uuid,
    coalesce({{ json_text('labels', 'GPU_I_ID') }}, '') as gpu_instance_id,
    coalesce({{ json_text('labels', 'GPU_I_PROFILE') }}, '') as gpu_instance_profile,
    coalesce({{ json_text('labels', 'modelName') }}, {{ json_text('labels', 'model_name') }}) as gpu_model,
    coalesce(
        {{ json_text('labels', 'exported_namespace') }},
        {{ json_text('labels', 'namespace') }},
        {{ json_text('labels', 'pod_namespace') }},
        ''
    ) as namespace,
    coalesce(
        {{ json_text('labels', 'exported_pod') }},
        {{ json_text('labels', 'pod') }},
        {{ json_text('labels', 'pod_name') }},
        ''
    ) as pod,
    coalesce({{ json_text('labels', 'hpc_job') }}, '') as slurm_job
from (
    select distinct cast(sample_at as date) as usage_date, labels
    from {{ source('landing', 'prometheus_samples') }}
    where metric like 'DCGM_FI_%'
)
