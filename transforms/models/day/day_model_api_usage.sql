with
billed as (
    select
        usage_date,
        deployment,
        model,
        token_type,
        sum(billed_quantity) as billed_quantity,
        sum(reporting_billed_cost_quanta) as billed_quanta
    from {{ ref('int_5_pool_charges__gathered') }}
    where token_type not in ('weighted', 'residency')
    group by all
),

logged as (
    select
        basis.usage_date,
        basis.deployment,
        models.model,
        models.gen_ai_provider_name,
        basis.token_type,
        sum(basis.basis) as logged_quantity
    from {{ ref('int_5_request_basis__weighed') }} as basis
    inner join (
        select usage_date, deployment, max(model) as model, max(gen_ai_provider_name) as gen_ai_provider_name
        from {{ ref('int_5_request_deployments__resolved') }}
        where hosting = 'api'
        group by usage_date, deployment
    ) as models  {# only model APIs have token pools #}
        using (usage_date, deployment)
    where basis.token_type not in ('weighted', 'residency')
    group by all
)

select
    coalesce(billed.usage_date, logged.usage_date) as usage_date,
    coalesce(billed.deployment, logged.deployment) as deployment,
    coalesce(billed.model, logged.model) as model,
    coalesce(billed.token_type, logged.token_type) as token_type,
    {{ from_quanta('coalesce(billed.billed_quanta, 0)') }} as reporting_billed_cost,
    cast(coalesce(billed.billed_quantity, 0) as decimal(38, 0)) as billed_quantity,
    cast(coalesce(logged.logged_quantity, 0) as decimal(38, 0)) as logged_quantity,
    {{ from_quanta('logged.logged_quantity * prices.price_quanta_per_token') }} as rated_cost,
    prices.price_source
from billed
full outer join logged using (usage_date, deployment, token_type)
left join {{ ref('stg_reference__model_prices') }} as prices
    on
        coalesce(billed.deployment, logged.deployment) = prices.gen_ai_provider_name || '/' || prices.model
        and coalesce(billed.token_type, logged.token_type) = prices.token_type
        and prices.service_tier = 'standard'
        and prices.context_tokens_over = 0
        and {{ in_force('prices', 'coalesce(billed.usage_date, logged.usage_date)') }}
where coalesce(billed.billed_quantity, 0) <> 0 or coalesce(logged.logged_quantity, 0) <> 0 or billed.billed_quanta <> 0
