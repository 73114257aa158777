select
    strftime(ledger.billing_period, '%Y-%m') || '-' || {{ slug('ledger.business_unit') }} as statement_id,
    ledger.billing_period,
    ledger.business_unit,
    ledger.cost_center,
    ledger.team,
    ledger.model,
    ledger.deployment,
    ledger.purpose,
    ledger.cost_class,
    ledger.provider,
    ledger.service_name,
    ledger.reporting_currency as currency,
    cast(sum(case
        when run.statement_measure = 'billed_cost' then ledger.reporting_billed_cost
        else ledger.reporting_effective_cost
    end) as decimal(38, 18)) as amount,
    cast(sum(ledger.reporting_billed_cost) as decimal(38, 18)) as billed_cost,
    cast(sum(ledger.reporting_effective_cost) as decimal(38, 18)) as effective_cost
from {{ ref('cost_ledger') }} as ledger
cross join {{ source('landing', 'run') }} as run
group by all
