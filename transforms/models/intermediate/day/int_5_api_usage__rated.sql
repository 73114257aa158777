{#
    What each team used of each model API, by token type, service tier and step of the context, with
    the price of one unit and the pool of the bill that it belongs to.
#}
with
usage as (
    select
        summed.usage_date,
        resolved.deployment,
        summed.service_tier,
        summed.context_step,
        owners.team,
        owners.owner_rule,
        min(summed.first_request_id) as first_request_id,
        {% for token_type, parent, kind in token_types() %}
        sum(summed.{{ token_type }}_quantity) as {{ token_type }}_quantity{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as resolved  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
    where resolved.hosting = 'api'
    group by all
),

quantities as (
    {% for token_type, parent, kind in token_types() %}
    select
        usage_date,
        deployment,
        service_tier,
        context_step,
        team,
        owner_rule,
        first_request_id,
        '{{ token_type }}' as token_type,
        {{ token_type }}_quantity as quantity
    from usage
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    quantities.usage_date,
    quantities.deployment,
    quantities.token_type,
    quantities.service_tier,
    prices.context_tokens_over,
    prices.context_tokens_up_to,
    prices.pool_type,
    prices.pool_tier,
    prices.unit_weight,
    prices.price_quanta,
    prices.price_source,
    quantities.team,
    quantities.owner_rule,
    min(quantities.first_request_id) as first_request_id,
    cast(sum(quantities.quantity) as {{ integer_type() }}) as quantity
from quantities
inner join {{ ref('int_5_api_prices__chosen') }} as prices  {# chosen for this very usage #}
    using (usage_date, deployment, service_tier, context_step, token_type)
group by all
