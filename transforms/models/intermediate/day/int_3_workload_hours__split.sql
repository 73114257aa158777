{#
    Stage 3: each node-hour split to the workloads that held its GPUs. Held and busy time is the
    workload's direct cost, held but inactive time its idle_held; time that nobody held is
    idle_unheld. An hour without a single sample is a telemetry gap. A row that the provider split goes
    to the workload that it names; telemetry only says how much of it was idle. Pods that asked for CPU
    and memory pay the millionths of the hour that those are worth, GPU holders share the others.
#}
with
charge_hours as (select * from {{ ref('int_2_charge_hours__spread') }}),
gpu_time as (select * from {{ ref('int_2_gpu_time__integrated') }}),

requests as (select * from {{ ref('int_3_pod_requests__weighed') }}),

holders as (
    select
        usage_date,
        hour_start,
        node,
        namespace,
        pod,
        slurm_job,
        case
            when pod = '' and slurm_job = '' then 'idle_unheld'
            when part.is_busy then 'direct'
            else 'idle_held'
        end as cost_class,
        cast(sum(case when part.is_busy then busy_ms else held_ms - busy_ms end) as {{ integer_type() }}) as held_basis
    from gpu_time
    cross join (values (true), (false)) as part (is_busy)
    group by all
    having held_basis > 0
),

node_hours as (
    select node, hour_start, sum(held_basis) as held_basis from holders group by node, hour_start
),

requested as (
    select node, hour_start, sum(request_millionths) as request_millionths from requests group by node, hour_start
),

recipients as (
    select
        {% for column in ['usage_date', 'hour_start', 'node', 'namespace', 'pod', 'slurm_job', 'cost_class'] %}
        holders.{{ column }},
        {% endfor %}
        'gpu_seconds_held' as allocation_method,
        (1000000 - coalesce(requested.request_millionths, 0)) * holders.held_basis as basis
    from holders
    left join requested using (node, hour_start)

    union all

    select
        requests.usage_date,
        requests.hour_start,
        requests.node,
        requests.namespace,
        requests.pod,
        '',
        'direct',
        'pod_requests',
        requests.request_millionths * node_hours.held_basis
    from requests
    inner join node_hours using (node, hour_start)  {# the hours that have GPU time #}
    where requests.request_millionths > 0
),

accumulated as (
    select
        *,
        sum(basis) over (
            partition by node, hour_start
            order by cost_class, namespace, pod, slurm_job, allocation_method
            rows unbounded preceding
        ) as running,
        sum(basis) over (partition by node, hour_start) as total,
        sum(basis) over (
            partition by node, hour_start, namespace, pod
            order by cost_class, slurm_job, allocation_method
            rows unbounded preceding
        ) as pod_running,
        sum(basis) over (partition by node, hour_start, namespace, pod) as pod_total
    from recipients
),

pairs as (
    select
        charge_hours.*,
        coalesce(accumulated.namespace, '') as namespace,
        coalesce(accumulated.pod, '') as pod,
        coalesce(accumulated.slurm_job, '') as slurm_job,
        coalesce(accumulated.cost_class, 'telemetry_gap') as cost_class,
        coalesce(accumulated.allocation_method, 'telemetry_gap') as allocation_method,
        coalesce(accumulated.basis, 1) as basis,
        coalesce(accumulated.running, 1) as running,
        coalesce(accumulated.total, 1) as total
    from charge_hours
    left join accumulated
        on charge_hours.node = accumulated.node and charge_hours.hour_start = accumulated.hour_start
    where not charge_hours.is_provider_split

    union all

    select
        charge_hours.*,
        charge_hours.allocated_namespace,
        charge_hours.allocated_pod,
        coalesce(accumulated.slurm_job, ''),
        case
            when charge_hours.allocated_pod = '' then 'idle_unheld'
            else coalesce(accumulated.cost_class, 'direct')
        end,
        'provider_split',
        coalesce(accumulated.basis, 1),
        coalesce(accumulated.pod_running, 1),
        coalesce(accumulated.pod_total, 1)
    from charge_hours
    left join accumulated
        on
            charge_hours.node = accumulated.node
            and charge_hours.hour_start = accumulated.hour_start
            and charge_hours.allocated_namespace = accumulated.namespace
            and charge_hours.allocated_pod = accumulated.pod
            and accumulated.pod <> ''
    where charge_hours.is_provider_split
)

select
    charge_key,
    usage_date,
    hour_start,
    node,
    namespace,
    pod,
    slurm_job,
    cost_class,
    allocation_method,
    {{ shares('basis', 'running', 'total') }}
from pairs
