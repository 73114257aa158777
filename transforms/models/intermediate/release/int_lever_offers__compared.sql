{#
    Replay: the tokens of a model bought from a provider that sells the same one, at its list price of the day.
    `serverless` is against what a self-hosted deployment's GPUs cost; tokens are those of the log or of the
    engine's own counters, whichever are more, and what only the counters know was not read from a cache.
    `provider_mix` is against what each team was charged for its tokens at a model API. Only days with
    tokens count: one without a log is unknown. The offer is the cheapest over the window among those
    that are known on most days.
#}
with
logged as (
    select
        usage_date,
        deployment,
        model,
        hosting,
        case when hosting = 'api' then team else '' end as team,
        sum(request_count) as request_count,
        sum(input_tokens) as input_tokens,
        sum(cache_read_input_tokens) as cache_read_tokens,
        sum(cache_creation_input_tokens) as cache_creation_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('day_request_usage') }}
    where hosting in ('api', 'self_hosted')
    group by all
),

tokens as (
    select
        logged.* exclude (input_tokens, output_tokens),
        greatest(logged.input_tokens, coalesce(engines.engine_input_tokens, 0))
        - logged.cache_read_tokens - logged.cache_creation_tokens as input_tokens,
        greatest(logged.output_tokens, coalesce(engines.engine_output_tokens, 0)) as output_tokens
    from logged
    left join {{ ref('day_engine_tokens') }} as engines  {# engines that say nothing, and model APIs #}
        on
            logged.hosting = 'self_hosted'
            and logged.usage_date = engines.usage_date
            and logged.deployment = engines.deployment
    where logged.input_tokens + logged.output_tokens > 0
),

costs as (
    select
        usage_date,
        deployment,
        'self_hosted' as hosting,
        '' as team,
        sum(reporting_effective_cost) as cost
    from {{ ref('day_workload_costs') }}
    group by usage_date, deployment

    union all

    select
        usage_date,
        deployment,
        'api' as hosting,
        team,
        sum(input_cost + cache_read_cost + cache_creation_cost + output_cost) as cost
    from {{ ref('day_request_token_costs') }}
    group by usage_date, deployment, team
),

sellers as (
    select distinct
        deployment,
        hosting,
        gen_ai_provider_name
    from {{ ref('stg_reference__deployments') }}
),

bought as (
    select
        tokens.usage_date,
        tokens.deployment,
        tokens.hosting,
        tokens.team,
        tokens.request_count,
        costs.cost,
        offers.gen_ai_provider_name,
        tokens.input_tokens * cast(offers.input_price_quanta as {{ integer_type() }})
        + tokens.cache_read_tokens * coalesce(offers.cache_read_price_quanta, offers.input_price_quanta)
        + tokens.cache_creation_tokens * coalesce(offers.cache_creation_price_quanta, offers.input_price_quanta)
        + tokens.output_tokens * coalesce(offers.output_price_quanta, 0) as quanta
    from tokens
    inner join costs using (usage_date, deployment, hosting, team)  {# without a cost there is nothing to compare #}
    inner join {{ ref('int_lever_offers__priced') }} as offers  {# nobody sells the others #}
        on tokens.usage_date = offers.usage_date and tokens.model = offers.model
    left join sellers
        on
            offers.gen_ai_provider_name = sellers.gen_ai_provider_name
            and (sellers.hosting = 'self_hosted' or tokens.deployment = sellers.deployment)
    where
        sellers.deployment is null
        and (offers.output_price_quanta is not null or tokens.output_tokens = 0)
),

chosen as (
    select
        deployment,
        hosting,
        gen_ai_provider_name
    from bought
    group by deployment, hosting, gen_ai_provider_name
    qualify row_number() over (
        partition by deployment, hosting
        order by count(distinct usage_date) desc, sum(quanta) asc, gen_ai_provider_name asc
    ) = 1
),

owners as (
    select
        deployment,
        max(team) as team
    from {{ ref('day_workload_costs') }}
    group by deployment
)

select
    case when bought.hosting = 'api' then 'provider_mix' else 'serverless' end as lever,
    'deployment' as scope_type,
    bought.deployment || ' at ' || bought.gen_ai_provider_name as scope_name,
    case when bought.hosting = 'api' then bought.team else owners.team end as team,
    'deployment ' || bought.deployment as cost_pool,
    bought.usage_date,
    cast(bought.cost as decimal(38, 18)) as baseline_cost,
    cast(bought.cost - {{ from_quanta('bought.quanta') }} as decimal(38, 18)) as saving,
    cast(bought.request_count as bigint) as evidence_row_count
from bought
inner join chosen using (deployment, hosting, gen_ai_provider_name)  {# the others are dearer #}
left join owners on bought.deployment = owners.deployment
