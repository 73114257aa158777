{#
    Replay: the tokens of a self-hosted deployment bought from a provider that sells the same model, at the
    list price of the day, against what the deployment's GPUs cost. Tokens are those of the log or of the
    engine's own counters, whichever are more; what only the counters know is not read from a cache.
    Only days with tokens count: one without a log is unknown. The offer is the cheapest over the
    window among those that are known on most days; one that is dearer in a long context is left out.
#}
with
logged as (
    select
        usage_date,
        deployment,
        model,
        sum(request_count) as request_count,
        sum(input_tokens) as input_tokens,
        sum(cache_read_input_tokens) as cache_read_tokens,
        sum(output_tokens) as output_tokens
    from {{ ref('day_request_usage') }}
    where hosting = 'self_hosted'
    group by usage_date, deployment, model
),

tokens as (
    select
        logged.usage_date,
        logged.deployment,
        logged.model,
        logged.request_count,
        greatest(logged.input_tokens, coalesce(engines.engine_input_tokens, 0)) - logged.cache_read_tokens
            as input_tokens,
        logged.cache_read_tokens,
        greatest(logged.output_tokens, coalesce(engines.engine_output_tokens, 0)) as output_tokens
    from logged
    left join {{ ref('day_engine_tokens') }} as engines using (usage_date, deployment)
    where logged.input_tokens + logged.output_tokens > 0
),

prices as (
    select
        tokens.usage_date,
        tokens.deployment,
        listed.gen_ai_provider_name,
        listed.token_type,
        listed.context_tokens_over,
        case
            when listed.currency = run.reporting_currency then listed.price_quanta_per_token
            else {{ divide_half_even('listed.price_quanta_per_token * rates.rate_billionths', 1000000000) }}
        end as price_quanta
    from tokens
    inner join {{ ref('stg_reference__model_prices') }} as listed  {# nobody sells the others #}
        on tokens.model = listed.model and {{ in_force('listed', 'tokens.usage_date') }}
    cross join {{ source('landing', 'run') }} as run
    left join {{ ref('stg_reference__exchange_rates') }} as rates
        on
            listed.currency = rates.currency
            and run.reporting_currency = rates.reporting_currency
            and {{ in_force('rates', 'tokens.usage_date') }}
    where
        listed.service_tier = 'standard'
        and listed.gen_ai_provider_name not in (
            select gen_ai_provider_name from {{ ref('stg_reference__deployments') }}
            where hosting = 'self_hosted' and gen_ai_provider_name is not null
        )
    qualify row_number() over (
        partition by tokens.usage_date, tokens.deployment, listed.gen_ai_provider_name, listed.token_type,
            listed.context_tokens_over
        order by listed.is_imported
    ) = 1
),

offers as (
    select
        usage_date,
        deployment,
        gen_ai_provider_name,
        {% for token_type in ['input', 'cache_read', 'output'] %}
        max(case when token_type = '{{ token_type }}' then price_quanta end) as {{ token_type }}_quanta,
        {% endfor %}
        max(context_tokens_over) as context_tokens_over
    from prices
    group by usage_date, deployment, gen_ai_provider_name
),

bought as (
    select
        tokens.usage_date,
        tokens.deployment,
        tokens.request_count,
        offers.gen_ai_provider_name,
        tokens.input_tokens * cast(offers.input_quanta as {{ integer_type() }})
        + tokens.cache_read_tokens * coalesce(offers.cache_read_quanta, offers.input_quanta)
        + tokens.output_tokens * coalesce(offers.output_quanta, 0) as quanta
    from tokens
    inner join offers using (usage_date, deployment)  {# nobody sells the others #}
    where
        offers.context_tokens_over = 0
        and offers.input_quanta is not null
        and (offers.output_quanta is not null or tokens.output_tokens = 0)
),

chosen as (
    select
        deployment,
        gen_ai_provider_name
    from bought
    group by deployment, gen_ai_provider_name
    qualify row_number() over (
        partition by deployment order by count(*) desc, sum(quanta) asc, gen_ai_provider_name asc
    ) = 1
),

owners as (
    select
        deployment,
        max(team) as team
    from {{ ref('day_workload_costs') }}
    group by deployment
),

costs as (
    select
        usage_date,
        deployment,
        sum(reporting_effective_cost) as cost
    from {{ ref('day_workload_costs') }}
    where deployment <> 'none'
    group by usage_date, deployment
)

select
    'serverless' as lever,
    'deployment' as scope_type,
    bought.deployment || ' at ' || bought.gen_ai_provider_name as scope_name,
    owners.team,
    'deployment ' || bought.deployment as cost_pool,
    bought.usage_date,
    cast(costs.cost as decimal(38, 18)) as baseline_cost,
    cast(costs.cost - {{ from_quanta('bought.quanta') }} as decimal(38, 18)) as saving,
    cast(bought.request_count as bigint) as evidence_row_count
from bought
inner join chosen using (deployment, gen_ai_provider_name)  {# the others are dearer #}
inner join costs using (usage_date, deployment)  {# what no GPU was billed for has no cost to compare #}
inner join owners using (deployment)  {# every deployment with a cost has one #}
