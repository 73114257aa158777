{#
    A row here means that the costs of a pool's requests would not add up to what the ledger gives to
    the teams behind them: rates times everything the requests used, plus the residual, against the
    split of the pool's charges.
#}
{{ config(tags=['day']) }}

with
usage as (
    select
        deployments.deployment,
        case
            when deployments.hosting = 'api' then cast(usage_date as timestamp) else summed.hour_start
        end as pool_start,
        case when deployments.hosting = 'api' then summed.service_tier else 'all' end as service_tier,
        case when deployments.hosting = 'api' then summed.context_step else 0 end as context_step,
        {% for token_type, parent, kind in token_types() %}
        sum(summed.{{ token_type }}_quantity) as {{ token_type }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_5_request_usage__summed') }} as summed
    inner join {{ ref('int_5_request_deployments__resolved') }} as deployments  {# resolved from these very keys #}
        using (usage_date, gen_ai_provider_name, gen_ai_request_model, gen_ai_response_model, deployment_id)
    inner join {{ ref('int_5_request_methods__chosen') }} as methods  {# residency has a test of its own #}
        using (usage_date, deployment)
    where methods.allocation_method <> 'residency'
    group by all
),

requests as (
    select
        rates.deployment,
        rates.pool_start,
        {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
        sum(
            {% for token_type, parent, kind in token_types() %}
            cast(rates.{{ measure }}_per_{{ token_type }} as {{ integer_type() }}) * usage.{{ token_type }}
            {{ '+' if not loop.last }}
            {% endfor %}
        ) as {{ measure }}_quanta{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('day_request_rates') }} as rates
    inner join usage  {# a rate exists only where requests do #}
        on
            rates.deployment = usage.deployment
            and rates.pool_start = usage.pool_start
            and rates.service_tier = usage.service_tier
            and rates.context_tokens_over <= usage.context_step
            and (rates.context_tokens_up_to is null or rates.context_tokens_up_to > usage.context_step)
    group by all
),

residuals as (
    select
        deployment,
        pool_start,
        {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
        sum(cast({{ measure }}_residual as {{ integer_type() }})) as {{ measure }}_quanta{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('day_request_rates') }}
    group by deployment, pool_start
),

entries as (
    select deployment, pool_start, {{ sum_quanta() }}
    from {{ ref('int_5_pool_charges__split') }}
    where allocation_method not in ('unlogged_usage', 'residency')
    group by all
)

select
    deployment,
    pool_start,
    requests.effective_cost_quanta as requests_effective_cost_quanta,
    entries.effective_cost_quanta as entries_effective_cost_quanta
from requests
inner join residuals using (deployment, pool_start)  {# of the same rates #}
full outer join entries using (deployment, pool_start)
where
    {% for measure in ['billed_cost', 'effective_cost', 'reporting_billed_cost', 'reporting_effective_cost'] %}
    requests.{{ measure }}_quanta + residuals.{{ measure }}_quanta is distinct from entries.{{ measure }}_quanta
    {{ 'or' if not loop.last }}
    {% endfor %}
