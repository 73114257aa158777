{# One metric's samples carry the same label text again and again: read each text once. #}
with
samples as (select * from {{ source('landing', 'prometheus_samples') }}),

series as (
    select
        metric,
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
    from (select distinct metric, labels from samples where metric like 'DCGM_FI_%')
)

select
    cast(samples.sample_at as date) as usage_date,
    samples.sample_at,
    samples.metric,
    samples.value,
    series.node,
    series.gpu_uuid,
    series.gpu_instance_id,
    series.gpu_instance_profile,
    series.gpu_model,
    series.namespace,
    series.pod,
    series.slurm_job
from samples
inner join series  {# keeps every GPU metric; other metrics have their own staging model #}
    on samples.metric = series.metric and samples.labels = series.labels
where series.node is not null and series.gpu_uuid is not null
