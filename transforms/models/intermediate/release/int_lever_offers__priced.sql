{#
    What each provider that sells a model asks for its tokens, day by day, at the standard list price in the
    reporting currency; the company's own price before an imported one. An offer that is dearer in a
    long context, or that has prices of another kind (audio, requests), cannot be told from tokens and is left out.
#}
with
days as (select distinct usage_date from {{ ref('day_request_usage') }}),

models as (
    select
        usage_date,
        model
    from {{ ref('day_request_usage') }}

    union distinct

    select
        days.usage_date,
        evaluations.model
    from days
    inner join {{ ref('stg_reference__model_evaluations') }} as evaluations  {# only those of the day #}
        on {{ in_force('evaluations', 'days.usage_date') }}
),

prices as (
    select
        models.usage_date,
        models.model,
        listed.gen_ai_provider_name,
        listed.token_type,
        listed.context_tokens_over,
        {{ in_reporting_currency('listed.currency', 'listed.price_quanta_per_token') }} as price_quanta
    from models
    inner join {{ ref('stg_reference__model_prices') }} as listed  {# nobody sells the others #}
        on models.model = listed.model and {{ in_force('listed', 'models.usage_date') }}
    cross join {{ source('landing', 'run') }} as run
    {{ join_exchange_rates('listed.currency', 'models.usage_date') }}
    where listed.service_tier = 'standard'
    qualify row_number() over (
        partition by models.usage_date, models.model, listed.gen_ai_provider_name, listed.token_type,
            listed.context_tokens_over
        order by listed.is_imported
    ) = 1
)

select
    usage_date,
    model,
    gen_ai_provider_name,
    {% for token_type in ['input', 'cache_read', 'cache_creation', 'output'] %}
    max(case when token_type = '{{ token_type }}' then price_quanta end) as {{ token_type }}_price_quanta
    {{- ',' if not loop.last }}
    {% endfor %}
from prices
group by usage_date, model, gen_ai_provider_name
having
    max(context_tokens_over) = 0
    and max(case when token_type like '%audio%' or token_type = 'request' then 1 else 0 end) = 0
    and max(case when token_type = 'input' then price_quanta end) is not null
