{#
    Stage 2: the charges of GPU nodes, and those that the provider split itself, spread over the hours
    of their charge period by the milliseconds that fall into each hour. A charge that says that fewer
    hours were used than its period has goes to the hours in which telemetry saw the node; of used hours
    that nothing saw, the rest of the period bears as much evenly.
#}
{% set hour_ms = 3600000 %}
with
charges as (select * from {{ ref('int_1_charges__classified') }} where cost_class = 'direct'),
seen as (select distinct node, hour_start from {{ ref('int_2_gpu_time__integrated') }}),

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
        case
            when lower(charges.consumed_unit) in ('hours', 'hour', 'hrs', 'h')
            then cast(least(abs(charges.consumed_quantity), 24) * {{ hour_ms }} as bigint)
        end as used_ms,
        {{ instants(
            "date_trunc('hour', charges.charge_period_start)",
            "date_trunc('hour', " ~ add_milliseconds('charges.charge_period_end', -1) ~ ")",
            'hour'
        ) }} as hour_start
    from located as charges
),

timed as (
    select
        hours.*,
        seen.node is not null as is_seen,
        {{ milliseconds_between(
            'greatest(hours.charge_period_start, hours.hour_start)',
            "least(hours.charge_period_end, hours.hour_start + interval 1 hour)"
        ) }} as span_ms
    from hours
    left join seen on hours.node = seen.node and hours.hour_start = seen.hour_start
),

totalled as (
    select
        *,
        sum(span_ms) over (partition by charge_key) as period_ms,
        sum(case when is_seen then span_ms else 0 end) over (partition by charge_key) as seen_ms
    from timed
),

weighed as (
    select
        *,
        case
            when seen_ms in (0, period_ms) or coalesce(used_ms, period_ms) >= period_ms then span_ms
            when is_seen then span_ms * greatest({{ floor_divide('period_ms - seen_ms', 1000) }}, 1)
            else span_ms * greatest({{ floor_divide('used_ms - seen_ms', 1000) }}, 0)
        end as basis
    from totalled
),

accumulated as (
    select
        *,
        sum(basis) over (
            partition by charge_key order by hour_start rows unbounded preceding
        ) as running,
        sum(basis) over (partition by charge_key) as total
    from weighed
    where basis > 0
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
