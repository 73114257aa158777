{# Each team's thousandths of the owned spend that carries an attribute. #}
with
evidence as (
    select match_field, match_key, match_value, team, sum({{ quanta('reporting_effective_cost') }}) as cost_quanta
    from {{ ref('day_owner_evidence') }}
    group by match_field, match_key, match_value, team

    union all

    select 'sub_account_id', '', lower(sub_account_id), team, sum({{ quanta('reporting_effective_cost') }})
    from {{ ref('cost_ledger') }}
    where cost_class in ('direct', 'idle_held') and team <> 'unallocated' and sub_account_id <> 'none'
    group by sub_account_id, team

    union all

    select 'deployment', '', deployment, team, sum({{ quanta('reporting_effective_cost') }})
    from {{ ref('cost_ledger') }}
    where cost_class in ('direct', 'idle_held') and team <> 'unallocated' and deployment <> 'none'
    group by deployment, team
),

weighed as (
    select
        *,
        sum(cost_quanta) over (partition by match_field, match_key, match_value) as total_quanta
    from evidence
    where cost_quanta > 0
)

select
    match_field,
    match_key,
    match_value,
    team,
    {{ from_quanta('cost_quanta') }} as evidence_cost,
    cast({{ floor_divide('1000 * cost_quanta', 'total_quanta') }} as bigint) as support_permille
from weighed
