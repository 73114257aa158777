{#
    What each class of tokens cost each team at each deployment. A vendor bills them apart. The hour of
    a self-hosted deployment is one amount: it is split by the deployment's token weights, to the
    last quantum; what weighs nothing at all is the cost of the requests as such.
#}
{% set classes = request_token_weights() | map(attribute=0) | list %}
{% set counts = {
    'input': 'served_input_tokens', 'cache_read': 'served_cache_read_tokens',
    'cache_creation': 'served_cache_creation_tokens', 'output': 'served_output_tokens', 'request': 'served_count',
} %}
with
usage as (
    select
        summed.usage_date,
        owners.team,
        deployments.deployment,
        {% for token_class, weight in request_token_weights() %}
        sum(cast(summed.{{ counts[token_class] }} as {{ integer_type() }}) * deployments.{{ weight }})
            as {{ token_class }}_basis{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join {{ ref('int_5_request_owners__resolved') }} as owners  {# resolved from these very keys #}
        using (usage_date, gateway_team, api_key_alias)
    group by summed.usage_date, owners.team, deployments.deployment
),

costs as (
    select
        usage_date,
        team,
        model,
        deployment,
        cost_class,
        token_type,
        case token_type
            {% for token_type, parent, kind in token_types() %}
            when '{{ token_type }}' then '{{ kind }}'
            {% endfor %}
        end as billed_class,
        sum(reporting_effective_cost_quanta) as quanta
    from {{ ref('int_5_pool_charges__split') }}
    where allocation_method <> 'unlogged_usage'
    group by all
),

weighed as (
    select
        costs.*,
        {% for token_class in classes %}
        coalesce(usage.{{ token_class }}_basis, 0) as {{ token_class }}_basis,
        {% endfor %}
        coalesce(
            {% for token_class in classes %}
            usage.{{ token_class }}_basis{{ ' +' if not loop.last }}
            {% endfor %},
            0
        ) as total
    from costs
    left join usage using (usage_date, team, deployment)
)

{% for token_class in classes %}
{% set running = '(' ~ (classes[:loop.index] | join('_basis + ')) ~ '_basis)' %}
select
    usage_date,
    team,
    model,
    deployment,
    cost_class,
    '{{ token_class }}' as token_class,
    sum(case
        when billed_class is not null then case when billed_class = '{{ token_class }}' then quanta else 0 end
        when total = 0 then {{ 'quanta' if token_class == 'request' else '0' }}
        else {{ share('quanta', token_class ~ '_basis', running, 'greatest(total, 1)') }}
    end) as reporting_effective_cost_quanta
from weighed
group by all
{{ 'union all' if not loop.last }}
{% endfor %}
