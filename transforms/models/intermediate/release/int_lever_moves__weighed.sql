{#
    The carbon of the same work elsewhere: what a workload's GPUs drew on a day, times PUE and grid intensity of
    where it ran, less the same of the place whose offer is compared. Only where both are known.
#}
with
energy as (
    select
        energy.usage_date,
        {{ workload_pool('energy') }} as cost_pool,
        energy.team,
        energy.model,
        energy.purpose,
        sum(cast({{ milliseconds('energy.energy_joules') }} as {{ integer_type() }})) as millijoules,
        sum({{ milliseconds('energy.energy_joules') }} * {{ milligrams_per_machine_kwh('here') }}) as weighed
    from {{ ref('day_workload_energy') }} as energy
    left join {{ ref('int_energy_factors__chosen') }} as here
        on
            energy.usage_date = here.usage_date
            and energy.provider = here.provider
            and energy.region_id = here.region_id
    where energy.workload <> 'none'
    group by all
    having count(here.pue_millionths) = count(*)
)

select
    case when offers.pricing_category = 'Dynamic' then 'spot' else 'region' end as lever,
    workloads.scope_type || ' ' || workloads.scope_name || ' at ' || offers.place as scope,
    workloads.team,
    cast(sum({{ floor_divide(
        'energy.weighed - energy.millijoules * ' ~ milligrams_per_machine_kwh('there'), 3600000000
    ) }}) as {{ integer_type() }}) as carbon_saving_milligrams
from {{ ref('int_lever_gpu_workloads__summed') }} as workloads
inner join energy using (usage_date, cost_pool, team, model, purpose)  {# work without a meter emits nothing known #}
inner join {{ ref('int_lever_gpu_offers__priced') }} as offers  {# without an offer nothing moves #}
    on workloads.usage_date = offers.usage_date and workloads.gpu_model = offers.gpu_model
inner join {{ ref('int_energy_factors__chosen') }} as there  {# a place that nobody knows cannot be weighed #}
    on
        offers.usage_date = there.usage_date
        and offers.service_provider_name = there.provider
        and offers.region_id = there.region_id
group by all
