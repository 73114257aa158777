{#
    What calibration looks at: the active GPU time of each self-hosted deployment in each hour, and
    the tokens and requests that it served. Hours on several types of GPU tell nothing about one.
#}
with
gpus as (
    select
        gpu_time.usage_date,
        gpu_time.hour_start,
        workloads.deployment,
        max(coalesce(gpu_time.gpu_model, 'unknown')) as gpu_model,
        sum(gpu_time.activity_ms) as active_gpu_ms
    from {{ ref('int_2_gpu_time__integrated') }} as gpu_time
    inner join {{ ref('int_4_workloads__owned') }} as workloads  {# unheld time serves nobody #}
        using (usage_date, namespace, pod, slurm_job)
    where workloads.deployment <> 'none'
    group by gpu_time.usage_date, gpu_time.hour_start, workloads.deployment
    having count(distinct coalesce(gpu_time.gpu_model, 'unknown')) = 1
),

served as (
    select
        usage_date,
        hour_start,
        deployment,
        model,
        sum(served_input_tokens + served_cache_creation_tokens) as input_tokens,
        sum(served_cache_read_tokens) as cache_read_tokens,
        sum(served_output_tokens) as output_tokens,
        sum(served_count) as request_count
    from {{ ref('int_5_request_usage__summed') }}
    inner join {{ ref('int_5_request_deployments__resolved') }}  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    where hosting <> 'api'
    group by all
)

select
    usage_date,
    model,
    gpu_model,
    deployment,
    hour_start,
    cast(active_gpu_ms as bigint) as active_gpu_ms,
    cast(input_tokens as bigint) as input_tokens,
    cast(cache_read_tokens as bigint) as cache_read_tokens,
    cast(output_tokens as bigint) as output_tokens,
    cast(request_count as bigint) as request_count
from served
inner join gpus using (usage_date, hour_start, deployment)  {# an hour without telemetry shows nothing #}
where request_count > 0
