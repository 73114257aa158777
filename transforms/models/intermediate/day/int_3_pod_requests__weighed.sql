{#
    Stage 3: the part of a GPU node's hour that pays for the CPU and memory which pods asked for. Of
    the CPU's part of the node's price a pod pays what it asked for of all that the node can give (or
    of all requests, where they are more), and of the memory's part likewise. What nobody asked for
    stays with the GPUs, and so does all of it where requests or capacities were not delivered.
#}
with
gpu_nodes as (select distinct usage_date, hour_start, node from {{ ref('int_2_gpu_time__integrated') }}),

requests as (
    select
        usage_date,
        date_trunc('hour', sample_at) as hour_start,
        node,
        namespace,
        pod,
        resource,
        sum(requested_units) as requested
    from {{ ref('stg_prometheus__container_requests') }}
    group by usage_date, date_trunc('hour', sample_at), node, namespace, pod, resource
),

capacities as (
    select
        usage_date,
        date_trunc('hour', sample_at) as hour_start,
        node,
        resource,
        sum(allocatable_units) as allocatable
    from {{ ref('stg_prometheus__node_capacities') }}
    group by usage_date, date_trunc('hour', sample_at), node, resource
),

weighed as (
    select
        requests.*,
        greatest(
            capacities.allocatable,
            sum(requests.requested) over (
                partition by requests.usage_date, requests.hour_start, requests.node, requests.resource
            )
        ) as capacity
    from requests
    inner join gpu_nodes using (usage_date, hour_start, node)  {# other nodes have no part to split #}
    inner join capacities  {# without a capacity the GPUs stand for the whole node #}
        using (usage_date, hour_start, node, resource)
)

select
    usage_date,
    hour_start,
    node,
    namespace,
    pod,
    sum({{ floor_divide(
        '1000 * requested * case resource when \'cpu\' then ' ~ var('node_price_permille')['cpu']
        ~ ' else ' ~ var('node_price_permille')['memory'] ~ ' end',
        'capacity'
    ) }}) as request_millionths
from weighed
group by usage_date, hour_start, node, namespace, pod
