select
    costs.usage_date,
    costs.user_name,
    coalesce(teams.business_unit, 'unallocated') as business_unit,
    coalesce(teams.cost_center, 'unallocated') as cost_center,
    costs.team,
    costs.scheduler,
    costs.purpose,
    costs.model,
    costs.cost_class,
    costs.billing_currency,
    costs.reporting_currency,
    cast(count(distinct costs.cluster || '/' || costs.job_id) as bigint) as job_count,
    {{ sum_amounts('costs') }}
from {{ ref('day_job_costs') }} as costs
left join {{ ref('stg_reference__teams') }} as teams
    on costs.team = teams.team and {{ in_force('teams', 'costs.usage_date') }}
group by
    costs.usage_date, costs.user_name, coalesce(teams.business_unit, 'unallocated'),
    coalesce(teams.cost_center, 'unallocated'), costs.team, costs.scheduler, costs.purpose, costs.model,
    costs.cost_class, costs.billing_currency, costs.reporting_currency
