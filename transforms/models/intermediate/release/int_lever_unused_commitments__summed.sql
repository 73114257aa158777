{# Commitments that were paid and not used: the saving of selling, exchanging or filling them. #}
with
days as (
    select
        charge_date,
        team,
        provider,
        service_name,
        sum(reporting_effective_cost) as unused
    from {{ ref('cost_ledger') }}
    where cost_class = 'commitment_unused'
    group by all
)

select
    'unused_commitments' as lever,
    provider || ' ' || service_name as scope,
    team,
    cast(sum(unused) as decimal(38, 18)) as baseline_cost,
    cast(least(quantile_disc(unused, 0.1) * count(*), sum(unused)) as decimal(38, 18)) as saving_low,
    cast(sum(unused) as decimal(38, 18)) as saving_expected,
    cast(sum(unused) as decimal(38, 18)) as saving_high,
    case when count(*) >= 28 then 'high' else 'medium' end as confidence,
    'select * from cost_ledger where cost_class = ''commitment_unused'' order by charge_date' as evidence_query,
    cast(count(*) as bigint) as evidence_row_count,
    '{"counterfactual": "the unused part of the commitment is filled or given back"}' as assumptions,
    'Move eligible usage under the commitment, or let it lapse at renewal.' as action,
    'S' as effort,
    'none until renewal' as risk
from days
group by team, provider, service_name
