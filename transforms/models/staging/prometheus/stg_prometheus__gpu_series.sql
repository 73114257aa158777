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
    coalesce(
        {{ json_text('labels', 'UUID') }},
        {{ json_text('labels', 'gpu_uuid') }},
        {{ json_text('labels', 'uuid') }},
        {{ json_text('labels', 'serial_number') }} || '/' || {{ json_text('labels', 'gpu_id') }}
    ) as gpu_uuid,
    coalesce({{ json_text('labels', 'GPU_I_ID') }}, '') as gpu_instance_id,
    coalesce({{ json_text('labels', 'GPU_I_PROFILE') }}, '') as gpu_instance_profile,
    coalesce(
        {{ json_text('labels', 'modelName') }},
        {{ json_text('labels', 'model_name') }},
        {{ json_text('labels', 'card_model') }}
    ) as gpu_model,
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
    coalesce(
        {{ json_text('labels', 'hpc_job') }},
        case when {{ json_text('labels', 'card_model') }} is not null then {{ json_text('labels', 'job_id') }} end,
        ''
    ) as slurm_job
from (
    select distinct cast(sample_at as date) as usage_date, labels
    from {{ source('landing', 'prometheus_samples') }}
    where {{ is_gpu_metric('metric') }}
)
{# A partition of an AMD GPU repeats its device; only the first one is measured. #}
where coalesce({{ json_text('labels', 'gpu_partition_id') }}, '') in ('', '0')
