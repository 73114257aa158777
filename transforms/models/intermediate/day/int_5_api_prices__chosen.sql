{#
    What each type of token cost at each model API, in each service tier and step of the context that
    was logged, and which of the bill's pools it belongs to: its own meter's, or the one of what it is
    part of where the vendor has no meter of its own for it. Prices: the service tier's own, then
    the company's own before a list's, then of the largest step. `unit_weight` splits a pool whose bill
    does not tell its types, tiers and steps apart: the price in 10^-12 of the currency; where there
    is none, the standard tier's, then the dearest of the pool, so that nobody is served for nothing.
#}
with
deployments as (select * from {{ ref('int_5_api_deployments__named') }}),
prices as (select * from {{ ref('int_5_api_prices__in_force') }}),

meters as (
    select distinct
        deployments.usage_date,
        deployments.deployment,
        listed.token_type,
        listed.service_tier
    from deployments
    inner join {{ ref('stg_reference__model_meters') }} as listed  {# a model without meters is added below #}
        on
            deployments.gen_ai_provider_name = listed.gen_ai_provider_name
            and deployments.model = listed.model
            and {{ in_force('listed', 'deployments.usage_date') }}
),

{# What was logged, and what billed usage without a log is taken for: the meter's tier, no long context. #}
used as (
    select resolved.usage_date, resolved.deployment, summed.service_tier, summed.context_step
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as resolved  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)

    union distinct

    select usage_date, deployment, case when service_tier = 'all' then 'standard' else service_tier end, 0
    from meters
),

cells as (
    select
        used.usage_date,
        used.deployment,
        used.service_tier,
        used.context_step,
        coalesce(max(prices.context_tokens_over) filter (
            where prices.context_tokens_over <= used.context_step
        ), 0) as context_tokens_over,
        min(prices.context_tokens_over) filter (
            where prices.context_tokens_over > used.context_step
        ) as context_tokens_up_to
    from used
    inner join deployments using (usage_date, deployment)  {# only model APIs have prices #}
    left join prices using (usage_date, deployment)
    group by all
),

priced as (
    select
        cells.*,
        chains.token_type,
        prices.price_source,
        prices.price_quanta as nearest_quanta,
        case
            when prices.service_tier = cells.service_tier or chains.token_type in ('request', 'search')
            then prices.price_quanta
        end as price_quanta
    from cells
    cross join ({{ token_type_chains() }}) as chains
    left join prices
        on
            cells.usage_date = prices.usage_date
            and cells.deployment = prices.deployment
            and chains.priced_as = prices.token_type
            and prices.service_tier in (cells.service_tier, 'standard')
            and cells.context_tokens_over >= prices.context_tokens_over
            and prices.price_quanta is not null
    qualify row_number() over (
        partition by cells.usage_date, cells.deployment, cells.service_tier, cells.context_step, chains.token_type
        order by
            case
                when prices.service_tier = cells.service_tier then 1
                when prices.service_tier is not null then 2
                else 3
            end asc,
            chains.depth asc,
            prices.is_imported asc,
            prices.context_tokens_over desc
    ) = 1
),

placed as (
    select
        priced.*,
        coalesce(meters.token_type, priced.token_type) as pool_type,
        coalesce(meters.service_tier, 'all') as pool_tier
    from priced
    inner join ({{ token_type_chains() }}) as chains using (token_type)  {# every type is in a chain #}
    left join meters
        on
            priced.usage_date = meters.usage_date
            and priced.deployment = meters.deployment
            and chains.priced_as = meters.token_type
            and meters.service_tier in (priced.service_tier, 'all')
    qualify row_number() over (
        partition by priced.usage_date, priced.deployment, priced.service_tier, priced.context_step, priced.token_type
        order by
            case when meters.token_type is null then 1 else 0 end,
            chains.depth,
            case when meters.service_tier = 'all' then 1 else 0 end
    ) = 1
)

select
    usage_date,
    deployment,
    service_tier,
    context_step,
    token_type,
    context_tokens_over,
    context_tokens_up_to,
    pool_type,
    pool_tier,
    price_quanta,
    case when price_quanta is not null then price_source end as price_source,
    {% set weight = floor_divide('nearest_quanta', 1000000) %}
    coalesce(
        nullif({{ weight }}, 0),
        max({{ weight }}) over (partition by usage_date, deployment, pool_type, pool_tier),
        1
    ) as unit_weight
from placed
