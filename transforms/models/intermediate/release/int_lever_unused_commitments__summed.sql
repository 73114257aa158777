{# Commitments that were paid and not used: the saving of selling, exchanging or filling them. #}
select
    'unused_commitments' as lever,
    'commitments' as scope_type,
    provider || ' ' || service_name as scope_name,
    team,
    'unused commitments of ' || provider || ' ' || service_name as cost_pool,
    usage_date,
    cast(sum(reporting_effective_cost) as decimal(38, 18)) as baseline_cost,
    cast(sum(reporting_effective_cost) as decimal(38, 18)) as saving,
    count(*) as evidence_row_count
from {{ ref('cost_ledger') }}
where cost_class = 'commitment_unused'
group by provider, service_name, team, usage_date
