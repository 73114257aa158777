{#
    How much the company depends on single suppliers: each one's share, and the sum of the squares of all (the index of
    Herfindahl and Hirschman; 1 is a single supplier). Bands are those of the merger guidelines of the United States.
#}
with
amounts as (
    select
        'provider' as concentration_of,
        provider as name,
        'effective cost' as measured_in,
        {{ quanta('reporting_effective_cost') }} as amount
    from {{ ref('cost_ledger') }}

    union all

    select
        'model_seller' as concentration_of,
        gen_ai_provider_name as name,
        'effective cost' as measured_in,
        {{ quanta('reporting_effective_cost') }} as amount
    from {{ ref('day_request_hours') }}

    union all

    select
        'model_seller' as concentration_of,
        'own GPUs' as name,
        'effective cost' as measured_in,
        {{ quanta('reporting_effective_cost') }} as amount
    from {{ ref('workload_costs') }}
    where deployment <> 'none'

    union all

    select
        'accelerator_vendor' as concentration_of,
        {{ regexp_part('gpu_model', '^[A-Za-z]+') }} as name,
        'GPU hours' as measured_in,
        cast({{ milliseconds('capacity_gpu_seconds') }} as {{ integer_type() }}) as amount
    from {{ ref('gpu_utilization_daily') }}
    where gpu_model <> 'unknown'
),

names as (
    select
        concentration_of,
        name,
        max(measured_in) as measured_in,
        sum(amount) as amount
    from amounts
    group by concentration_of, name
    having sum(amount) > 0
),

shares as (
    select
        *,
        {{ floor_divide('amount * 1000000', 'sum(amount) over (partition by concentration_of)') }} as share_millionths
    from names
),

indexed as (
    select
        *,
        {{ floor_divide(
            'sum(share_millionths * share_millionths) over (partition by concentration_of)', 1000000
        ) }} as index_millionths
    from shares
)

select
    concentration_of,
    name,
    measured_in,
    cast(cast(share_millionths as decimal(18, 0)) * 0.000001 as decimal(18, 6)) as cost_share,
    cast(cast(index_millionths as decimal(18, 0)) * 0.000001 as decimal(18, 6)) as concentration_index,
    case
        when index_millionths > 250000 then 'high by the guidelines of 2010 and 2023'
        when index_millionths > 180000 then 'high by the guidelines of 2023'
        else 'not high'
    end as concentration_band
from indexed
