{# What the log says was used of each model API, with the price of one unit and what the bill came to. #}
with
costs as (
    select
        usage_date,
        deployment,
        rate_type as token_type,
        rate_tier as service_tier,
        context_tokens_over,
        sum(
            reporting_billed_cost_rate * quantity
            + case when takes_residual then reporting_billed_cost_residual else 0 end
        ) as billed_quanta
    from {{ ref('int_5_pool_charges__rated') }}
    group by all
)

select
    rated.usage_date,
    rated.deployment,
    rated.token_type,
    rated.service_tier,
    cast(rated.context_tokens_over as bigint) as context_tokens_over,
    rated.pool_type,
    rated.pool_tier,
    cast(sum(rated.quantity) as decimal(38, 0)) as logged_quantity,
    {{ from_quanta('rated.price_quanta') }} as unit_price,
    {{ from_quanta('sum(rated.quantity) * rated.price_quanta') }} as rated_cost,
    {{ from_quanta('coalesce(costs.billed_quanta, 0)') }} as reporting_billed_cost,
    rated.price_source
from {{ ref('int_5_api_usage__rated') }} as rated
left join costs using (usage_date, deployment, token_type, service_tier, context_tokens_over)
group by
    rated.usage_date, rated.deployment, rated.token_type, rated.service_tier, rated.context_tokens_over,
    rated.pool_type, rated.pool_tier, rated.price_quanta, rated.price_source, costs.billed_quanta
having sum(rated.quantity) <> 0
