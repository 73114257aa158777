{# A row here means that unallocated spend is listed that is none, or missing from the list. #}
{{ config(tags=['release']) }}

select
    listed.reporting_billed_cost as listed_billed_cost,
    ledger.reporting_billed_cost as ledger_billed_cost,
    listed.reporting_effective_cost as listed_effective_cost,
    ledger.reporting_effective_cost as ledger_effective_cost
from (
    select
        coalesce(sum(reporting_billed_cost), 0) as reporting_billed_cost,
        coalesce(sum(reporting_effective_cost), 0) as reporting_effective_cost
    from {{ ref('unallocated_costs') }}
) as listed
cross join (
    select
        coalesce(sum(reporting_billed_cost), 0) as reporting_billed_cost,
        coalesce(sum(reporting_effective_cost), 0) as reporting_effective_cost
    from {{ ref('cost_ledger') }}
    where team = 'unallocated'
) as ledger
where
    listed.reporting_billed_cost <> ledger.reporting_billed_cost
    or listed.reporting_effective_cost <> ledger.reporting_effective_cost
