{# A row here means that a workload's bill lines are not what it cost, hour by hour. #}
{{ config(tags=['release']) }}

with
charges as (
    select
        usage_date,
        workload,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from {{ ref('workload_charges') }}
    group by usage_date, workload
),

hours as (
    select
        usage_date,
        workload,
        sum(reporting_billed_cost) as billed_cost,
        sum(reporting_effective_cost) as effective_cost
    from {{ ref('workload_costs') }}
    where workload <> 'none'
    group by usage_date, workload
)

select *
from charges
full outer join hours using (usage_date, workload)
where
    charges.billed_cost is distinct from hours.billed_cost
    or charges.effective_cost is distinct from hours.effective_cost
