{#
    When each pod first and last held a GPU on a day, and how it ended. A container that ended before
    its pod was last seen was started again: the pod had not ended.
#}
with
holders as (
    select distinct holder_id, namespace, pod
    from {{ ref('int_2_gpu_series__numbered') }}
    where pod <> ''
),

seen as (
    select
        observed.usage_date,
        holders.namespace,
        holders.pod,
        min(observed.sample_at) as started_at,
        max(observed.sample_at) as ended_at
    from {{ ref('int_2_gpu_instants__observed') }} as observed
    inner join holders using (holder_id)  {# Slurm jobs have an accounting of their own #}
    group by observed.usage_date, holders.namespace, holders.pod
)

select
    seen.usage_date,
    seen.namespace,
    seen.pod,
    seen.started_at,
    seen.ended_at,
    case when endings.last_sample_at >= seen.ended_at then endings.reason else 'none' end as state
from seen
left join {{ ref('stg_prometheus__pod_endings') }} as endings using (usage_date, namespace, pod)
