{# Numbers for devices and holders: what follows counts millions of instants, and integers are small. #}
select
    usage_date,
    labels,
    node,
    gpu_uuid,
    gpu_instance_id,
    gpu_model,
    namespace,
    pod,
    slurm_job,
    coalesce(cast(nullif({{ regexp_part('gpu_instance_profile', '^[0-9]+') }}, '') as integer), 7) as sevenths,
    gpu_instance_id = ''
    and bool_or(gpu_instance_id <> '') over (partition by usage_date, gpu_uuid) as is_parent_of_slices,
    dense_rank() over (order by node, gpu_uuid, gpu_instance_id) as device_id,
    case
        when pod = '' and slurm_job = '' then 0
        else dense_rank() over (order by namespace, pod, slurm_job)
    end as holder_id
from {{ ref('stg_prometheus__gpu_series') }}
where node is not null and gpu_uuid is not null
