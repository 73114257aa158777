{#
    A row here means that the classes of tokens of a team at a deployment would not add up to what its
    requests cost there.
#}
{{ config(tags=['day']) }}

with
classes as (
    select
        usage_date,
        team,
        deployment,
        sum(reporting_effective_cost_quanta) as classes_quanta
    from {{ ref('int_5_token_costs__split') }}
    group by usage_date, team, deployment
),

requests as (
    select
        usage_date,
        team,
        deployment,
        sum(reporting_effective_cost_quanta) as requests_quanta
    from {{ ref('int_5_pool_charges__split') }}
    where allocation_method <> 'unlogged_usage'
    group by usage_date, team, deployment
)

select *
from classes
full outer join requests using (usage_date, team, deployment)
where classes.classes_quanta is distinct from requests.requests_quanta
