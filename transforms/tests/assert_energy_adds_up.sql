{# Energy that is shared among workloads and callers is what the meters saw, to the last millijoule. #}
{{ config(tags=['release']) }}

with
metered as (select usage_date, sum(energy_joules) as joules from {{ ref('gpu_energy_daily') }} group by usage_date),

shared as (
    select usage_date, sum(energy_joules) as joules from {{ ref('energy_and_carbon_daily') }} group by usage_date
)

select
    coalesce(metered.usage_date, shared.usage_date) as usage_date,
    metered.joules as metered_joules,
    shared.joules as shared_joules
from metered
full outer join shared on metered.usage_date = shared.usage_date
where metered.joules is distinct from shared.joules
