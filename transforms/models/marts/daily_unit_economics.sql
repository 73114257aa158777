{# Cost of the requests of a team, model and deployment; costs come from the ledger's request stages. #}
with
usage as (select * from {{ ref('day_request_usage') }}),

costs as (
    select
        charge_date as usage_date,
        team,
        model,
        deployment,
        reporting_currency,
        sum(reporting_effective_cost) as reporting_effective_cost,
        coalesce(sum(reporting_effective_cost) filter (where cost_class = 'direct'), 0) as reporting_direct_cost
    from {{ ref('cost_ledger') }}
    where allocation_method in ('residency', 'weighted_tokens', 'metered_tokens')
    group by all
),

per_team as (
    select
        usage_date,
        team,
        model,
        deployment,
        sum(request_count) as request_count,
        sum(failed_count) as failed_count,
        sum(input_tokens) as input_tokens,
        sum(cache_read_input_tokens) as cache_read_input_tokens,
        sum(output_tokens) as output_tokens
    from usage
    group by all
)

select
    per_team.usage_date,
    per_team.team,
    per_team.model,
    per_team.deployment,
    cast(per_team.request_count as bigint) as request_count,
    cast(per_team.failed_count as bigint) as failed_count,
    cast(per_team.input_tokens as bigint) as input_tokens,
    cast(per_team.cache_read_input_tokens as bigint) as cache_read_input_tokens,
    cast(per_team.output_tokens as bigint) as output_tokens,
    coalesce(costs.reporting_currency, run.reporting_currency) as reporting_currency,
    cast(costs.reporting_effective_cost as decimal(38, 18)) as reporting_effective_cost,
    cast(costs.reporting_direct_cost as decimal(38, 18)) as reporting_direct_cost,
    {{ unit_cost('costs.reporting_effective_cost', 'per_team.request_count', 1) }} as cost_per_request,
    {{ unit_cost('costs.reporting_effective_cost', 'per_team.request_count', 1000) }} as cost_per_1k_requests,
    {{ unit_cost('costs.reporting_effective_cost', 'per_team.input_tokens + per_team.output_tokens', 1000000) }}
        as cost_per_million_tokens,
    {{ unit_cost('costs.reporting_direct_cost', 'per_team.request_count', 1000) }} as marginal_cost_per_1k_requests
from per_team
cross join {{ source('landing', 'run') }} as run
left join costs
    on
        per_team.usage_date = costs.usage_date
        and per_team.team = costs.team
        and per_team.model = costs.model
        and per_team.deployment = costs.deployment
