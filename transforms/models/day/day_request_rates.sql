{#
    The integer price of one unit of everything a request uses, per pool, service tier and step of the
    context: quanta per token of each type and per request. A request's cost is the sum of its tokens
    times these rates, plus the residual for the first request; over a pool the requests add up to it
    exactly. Pools that residency splits have only a residual here; their rates are in
    day_request_residency_rates.
#}
with
rates as (
    select
        usage_date,
        deployment,
        pool_start,
        rate_tier,
        context_tokens_over,
        context_tokens_up_to,
        rate_type,
        max(residual_request_id) as residual_request_id,
        {% for name, column, condition in request_measures() %}
        {% set measure = column | replace('_quanta', '') %}
        coalesce(sum({{ measure }}_rate) filter (where {{ condition }}), 0) as {{ name }}_rate,
        coalesce(sum({{ measure }}_residual) filter (where takes_residual and {{ condition }}), 0)
            as {{ name }}_residual{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_pool_charges__rated') }}
    where rate_type <> 'unlogged'
    group by all
)

select
    rates.usage_date,
    rates.deployment,
    rates.pool_start,
    rates.rate_tier as service_tier,
    cast(rates.context_tokens_over as bigint) as context_tokens_over,
    cast(rates.context_tokens_up_to as bigint) as context_tokens_up_to,
    max(rates.residual_request_id) as residual_request_id,
    {% set weights = dict(request_token_weights()) %}
    {% for name, column, condition in request_measures() %}
    {% for token_type, parent, kind in token_types() %}
    cast(sum(case
        when rates.rate_type = '{{ token_type }}' then rates.{{ name }}_rate
        {% if token_type != 'search' %}
        when rates.rate_type = 'weighted' then weights.{{ weights[kind] }} * rates.{{ name }}_rate
        {% endif %}
        else 0
    end) as decimal(38, 0)) as {{ name }}_per_{{ token_type }},
    {% endfor %}
    cast(sum(rates.{{ name }}_residual) as decimal(38, 0)) as {{ name }}_residual{{ ',' if not loop.last }}
    {% endfor %}
from rates
inner join {{ ref('int_5_token_weights__chosen') }} as weights  {# every pool with requests has resolved weights #}
    using (usage_date, deployment)
group by all
