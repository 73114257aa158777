{#
    What each vendor billed against what the log says, for everything that the bill tells apart. Where
    a meter is for all service tiers, or for types that the vendor bills as one, so is the row.
#}
with
billed as (
    select
        usage_date,
        deployment,
        token_type,
        service_tier,
        max(model) as model,
        max(gen_ai_provider_name) as gen_ai_provider_name,
        sum(billed_quantity) as billed_quantity,
        sum(reporting_billed_cost_quanta) as billed_quanta
    from {{ ref('int_5_pool_charges__gathered') }}
    where token_type not in ('weighted', 'residency')
    group by usage_date, deployment, token_type, service_tier
),

unlogged as (
    select
        usage_date,
        deployment,
        token_type,
        service_tier,
        sum(reporting_billed_cost_quanta) as unlogged_quanta
    from {{ ref('int_5_pool_charges__split') }}
    where allocation_method = 'unlogged_usage'
    group by usage_date, deployment, token_type, service_tier
),

logged as (
    select
        rated.usage_date,
        rated.deployment,
        rated.pool_type as token_type,
        rated.pool_tier as service_tier,
        models.model,
        models.gen_ai_provider_name,
        sum(rated.quantity) as logged_quantity,
        coalesce(sum(rated.quantity) filter (where rated.price_quanta is null), 0) as unpriced_quantity,
        sum(rated.quantity * rated.price_quanta) as rated_quanta,
        max(rated.price_source) as price_source
    from {{ ref('int_5_api_usage__rated') }} as rated
    inner join (
        select usage_date, deployment, max(model) as model, max(gen_ai_provider_name) as gen_ai_provider_name
        from {{ ref('int_5_request_deployments__resolved') }}
        group by usage_date, deployment
    ) as models  {# what was rated was resolved #}
        using (usage_date, deployment)
    group by
        rated.usage_date, rated.deployment, rated.pool_type, rated.pool_tier, models.model, models.gen_ai_provider_name
)

select
    usage_date,
    coalesce(logged.gen_ai_provider_name, billed.gen_ai_provider_name) as gen_ai_provider_name,
    deployment,
    coalesce(billed.model, logged.model) as model,
    token_type,
    service_tier,
    billed.deployment is not null as is_billed,
    {{ from_quanta('coalesce(billed.billed_quanta, 0)') }} as reporting_billed_cost,
    {{ from_quanta('coalesce(unlogged.unlogged_quanta, 0)') }} as reporting_unlogged_cost,
    cast(coalesce(billed.billed_quantity, 0) as decimal(38, 0)) as billed_quantity,
    cast(coalesce(logged.logged_quantity, 0) as decimal(38, 0)) as logged_quantity,
    cast(coalesce(logged.unpriced_quantity, 0) as decimal(38, 0)) as unpriced_quantity,
    {{ from_quanta('logged.rated_quanta') }} as rated_cost,
    logged.price_source
from billed
full outer join logged using (usage_date, deployment, token_type, service_tier)
left join unlogged using (usage_date, deployment, token_type, service_tier)
where
    coalesce(billed.billed_quantity, 0) <> 0
    or billed.billed_quanta <> 0
    {# Most vendors do not bill by the request: a count of requests without a price says nothing. #}
    or (coalesce(logged.logged_quantity, 0) <> 0 and (token_type <> 'request' or logged.rated_quanta is not null))
