select
    charges.usage_date,
    charges.source_charge_key,
    charges.billing_period,
    charges.workload,
    charges.scheduler,
    charges.cluster,
    charges.job_id,
    coalesce(teams.business_unit, 'unallocated') as business_unit,
    coalesce(teams.cost_center, 'unallocated') as cost_center,
    charges.team,
    charges.owner_rule,
    charges.model,
    charges.deployment,
    charges.purpose,
    charges.cost_class,
    charges.billing_currency,
    charges.reporting_currency,
    charges.billed_cost,
    charges.effective_cost,
    charges.reporting_billed_cost,
    charges.reporting_effective_cost
from {{ ref('day_workload_charges') }} as charges
left join {{ ref('stg_reference__teams') }} as teams
    on charges.team = teams.team and {{ in_force('teams', 'charges.usage_date') }}
