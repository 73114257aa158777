{#
    How many GPUs to own, by model: each one that is needed in more hours than the share at which owning costs as
    much as renting, owned over cloud cost of a GPU hour (newsvendor). The cloud's is what the company's own
    hours cost, net of its discounts and commitments.
#}
with
rented as (
    select
        gpu_model,
        sum({{ quanta('cost') }}) as cost_quanta,
        sum(held_ms) as held_ms
    from {{ ref('int_lever_gpu_workloads__summed') }}
    group by gpu_model
    having sum(held_ms) > 0
),

compared as (
    select
        owned.*,
        rented.held_ms,
        {{ floor_divide('rented.cost_quanta * 3600000', 'rented.held_ms') }} as hour_quanta,
        {{ billionths('owned.owned_quanta', floor_divide(
            'greatest(rented.cost_quanta, 1) * 3600000 * ' ~ hours_of_a_month(), 'rented.held_ms'
        )) }} as break_even_billionths
    from {{ ref('int_owned_gpus__priced') }} as owned
    inner join rented on owned.gpu_model = rented.gpu_model  {# a model that nobody rents has nothing to replace #}
),

ranked as (
    select
        gpu_model,
        {{ floor_divide('held_ms', 3600000) }} as whole_gpus,
        max(held_ms) over (partition by gpu_model) as peak_ms,
        row_number() over (partition by gpu_model order by held_ms desc, hour_start asc) as place,
        count(*) over (partition by gpu_model) as hour_count
    from {{ ref('int_gpu_demand__hourly') }}
)

select
    compared.*,
    cast(max(ranked.hour_count) as bigint) as hour_count,
    cast(max(ranked.peak_ms) as bigint) as peak_ms,
    {# The GPUs of the first hour beyond that share: all hours before it need at least as many. #}
    cast(coalesce(max(case
        when ranked.place * 1000000000 > compared.break_even_billionths * ranked.hour_count then ranked.whole_gpus
    end), 0) as bigint) as owned_gpu_count
from compared
inner join ranked on compared.gpu_model = ranked.gpu_model  {# demand has every model that is rented #}
group by all
