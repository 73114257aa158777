{#
    Stage 2: the charges of GPU nodes, and those that the provider split itself, spread over the hours
    of their charge period by the milliseconds that fall into each hour.
#}
with
charges as (select * from {{ ref('int_1_charges__classified') }} where cost_class = 'direct'),

nodes as (
    select
        gpu_nodes.usage_date,
        gpu_nodes.node,
        coalesce(nodes.resource_key, {{ resource_key('gpu_nodes.node') }}) as resource_key
    from (select distinct usage_date, node from {{ ref('int_2_gpu_time__integrated') }}) as gpu_nodes
    left join {{ ref('stg_prometheus__nodes') }} as nodes
        on gpu_nodes.usage_date = nodes.usage_date and gpu_nodes.node = nodes.node
),

located as (
    select charges.*, coalesce(nodes.node, charges.resource_key, 'none') as node
    from charges
    left join nodes on charges.usage_date = nodes.usage_date and charges.resource_key = nodes.resource_key
    where nodes.node is not null or charges.allocated_method_id is not null
),

hours as (
    select
        charges.charge_key,
        charges.usage_date,
        charges.node,
        charges.allocated_method_id is not null as is_provider_split,
        charges.allocated_namespace,
        charges.allocated_pod,
        {{ quanta_columns('charges') }},
        charges.charge_period_start,
        charges.charge_period_end,
        {{ instants(
            "date_trunc('hour', charges.charge_period_start)",
            "date_trunc('hour', " ~ add_milliseconds('charges.charge_period_end', -1) ~ ")",
            'hour'
        ) }} as hour_start
    from located as charges
),

weighed as (
    select
        *,
        {{ milliseconds_between(
            'greatest(charge_period_start, hour_start)',
            "least(charge_period_end, hour_start + interval 1 hour)"
        ) }} as basis
    from hours
),

accumulated as (
    select
        *,
        sum(basis) over (
            partition by charge_key order by hour_start rows unbounded preceding
        ) as running,
        sum(basis) over (partition by charge_key) as total
    from weighed
)

select
    charge_key,
    usage_date,
    hour_start,
    node,
    is_provider_split,
    allocated_namespace,
    allocated_pod,
    {{ shares('basis', 'running', 'total') }}
from accumulated
